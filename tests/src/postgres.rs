//! A throwaway Postgres cluster for tests.
//!
//! The cluster lives in a temporary directory, listens on a random port of 127.0.0.1 and does not
//! wait for the disk. A small supervisor shell owns it and holds a pipe to this process: when the
//! pipe closes, however this process ended, the supervisor stops the server and removes the
//! directory. Nothing is left behind, not even after a `kill -9`.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

/// Environment variable with the URL of a server to use instead of a private cluster. Its user
/// must be allowed to create databases.
pub const SERVER_VARIABLE: &str = "FLOWSTONE_TEST_POSTGRES";

/// How long a cluster may take to accept connections.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Waits for the end of its standard input, then stops the server and removes the cluster.
/// `$1` is the directory of the cluster, the rest is the server's command line.
const SUPERVISOR: &str = r#"
directory=$1; shift
"$@" >"$directory/log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$directory"
"#;

/// A running cluster, or the server that [`SERVER_VARIABLE`] names.
#[derive(Debug)]
pub struct PrivateCluster {
    /// URL without a database name, ending in `/`.
    base: String,
    /// Database to connect to for creating others.
    maintenance: String,
    supervisor: Option<Child>,
}

/// How a private cluster treats the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `fsync` off: fast, loses data when the machine stops; for tests.
    Fast,
    /// As a server in production: every commit reaches the disk; for crash tests and measurements.
    Durable,
}

impl PrivateCluster {
    /// The cluster of this test process, started on first use.
    ///
    /// # Panics
    /// When no cluster can be started: the message says what to install.
    pub fn shared() -> Arc<PrivateCluster> {
        static SHARED: OnceLock<std::result::Result<Arc<PrivateCluster>, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| {
            let cluster = match std::env::var(SERVER_VARIABLE) {
                Ok(url) => PrivateCluster::existing(&url),
                Err(_) => PrivateCluster::start(Durability::Fast),
            };
            cluster.map(Arc::new).map_err(|error| format!("{error:#}"))
        });
        match started {
            Ok(cluster) => cluster.clone(),
            Err(message) => panic!("no Postgres for the tests: {message}"),
        }
    }

    /// Starts a cluster of its own; it stops when the value is dropped or the process ends.
    ///
    /// # Errors
    /// When the binaries of Postgres are missing or the server does not start.
    pub fn start(durability: Durability) -> Result<PrivateCluster> {
        let binaries = find_binaries()?;
        let account = unprivileged_account()?;
        // The port is free when asked for; should another process take it first, ask again.
        let mut outcome = start_once(&binaries, account, durability);
        for _ in 0..2 {
            if outcome.is_ok() {
                break;
            }
            outcome = start_once(&binaries, account, durability);
        }
        outcome
    }

    /// Uses a server that runs already.
    fn existing(url: &str) -> Result<PrivateCluster> {
        let options =
            PgConnectOptions::from_str(url).with_context(|| format!("{SERVER_VARIABLE} is no Postgres URL"))?;
        let database = options.get_database().unwrap_or("postgres").to_owned();
        let (base, _) = url
            .split_once("://")
            .and_then(|(_, rest)| {
                rest.rfind('/')
                    .map(|slash| url.split_at(url.len() - rest.len() + slash + 1))
            })
            .with_context(|| format!("{SERVER_VARIABLE} must end in the name of a database"))?;
        Ok(PrivateCluster {
            base: base.to_owned(),
            maintenance: database,
            supervisor: None,
        })
    }

    /// URL of a database of this cluster.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.base)
    }

    /// Creates an empty database and answers its URL.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn create_database(&self) -> Result<String> {
        let name = format!("flowstone_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&self.url(&self.maintenance))
            .await
            .context("connecting to the test cluster")?;
        connection
            // The name is made here, of letters and digits only.
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .context("creating a database in the test cluster")?;
        connection
            .close()
            .await
            .context("closing the connection to the test cluster")?;
        Ok(self.url(&name))
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if let Some(mut supervisor) = self.supervisor.take() {
            drop(supervisor.stdin.take());
            drop(supervisor.wait());
        }
    }
}

fn start_once(binaries: &Path, account: Option<(u32, u32)>, durability: Durability) -> Result<PrivateCluster> {
    let directory = tempfile::Builder::new()
        .prefix("flowstone-postgres-")
        .tempdir()
        .context("a temporary directory for the cluster")?;
    if let Some((user, group)) = account {
        std::os::unix::fs::chown(directory.path(), Some(user), Some(group))
            .context("giving the directory of the cluster to the account that runs it")?;
    }
    let data = directory.path().join("data");
    let initialised = as_account(&mut Command::new(binaries.join("initdb")), account)
        .args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "-D",
        ])
        .arg(&data)
        .current_dir(directory.path())
        .output()
        .context("running initdb")?;
    if !initialised.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&initialised.stderr).trim());
    }
    let port = free_port()?;
    let supervisor = supervise(directory.path(), binaries, &data, port, account, durability)?;
    // From here on the supervisor removes the directory.
    let directory = directory.keep();
    let cluster = PrivateCluster {
        base: format!("postgres://postgres@127.0.0.1:{port}/"),
        maintenance: "postgres".to_owned(),
        supervisor: Some(supervisor),
    };
    wait_until_ready(&directory, port)?;
    Ok(cluster)
}

fn supervise(
    directory: &Path,
    binaries: &Path,
    data: &Path,
    port: u16,
    account: Option<(u32, u32)>,
    durability: Durability,
) -> Result<Child> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SUPERVISOR, "supervisor"])
        .arg(directory)
        .arg(binaries.join("postgres"))
        .arg("-D")
        .arg(data);
    let port = format!("port={port}");
    let sockets = format!("unix_socket_directories={}", directory.display());
    let mut settings = vec![
        port.as_str(),
        sockets.as_str(),
        "listen_addresses=127.0.0.1",
        "max_connections=300",
        "shared_buffers=256MB",
        "max_wal_size=2GB",
        "timezone=UTC",
        "log_min_messages=warning",
    ];
    if durability == Durability::Fast {
        settings.extend(["fsync=off", "full_page_writes=off", "synchronous_commit=off"]);
    }
    for setting in settings {
        command.args(["-c", setting]);
    }
    as_account(&mut command, account)
        .current_dir(directory)
        // Out of reach of a Ctrl-C at the terminal: the closed pipe is the only signal.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting the supervisor of the test cluster")
}

fn wait_until_ready(directory: &Path, port: u16) -> Result<()> {
    let started = Instant::now();
    let pid_file = directory.join("data/postmaster.pid");
    while started.elapsed() < START_LIMIT {
        // The last line of the file says `ready` once connections are accepted.
        let mut status = String::new();
        if let Ok(mut file) = fs::File::open(&pid_file) {
            drop(file.read_to_string(&mut status));
        }
        let mut lines = status.lines();
        let is_ours = lines.nth(3).is_some_and(|line| line.trim() == port.to_string());
        if is_ours && status.trim_end().ends_with("ready") {
            return Ok(());
        }
        let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
        if log.contains("FATAL") {
            bail!("the server did not start: {}", log.trim());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("the server did not accept connections within {START_LIMIT:?}")
}

/// Runs a command as the account, when one is given.
fn as_account(command: &mut Command, account: Option<(u32, u32)>) -> &mut Command {
    match account {
        Some((user, group)) => command.uid(user).gid(group).env("HOME", "/"),
        None => command,
    }
}

/// The account that runs Postgres when this process is root, which Postgres refuses to be.
fn unprivileged_account() -> Result<Option<(u32, u32)>> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .context("asking for the user id")?;
    if String::from_utf8_lossy(&output.stdout).trim() != "0" {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").context("reading the accounts of this machine")?;
    for wanted in ["postgres", "nobody"] {
        for line in accounts.lines() {
            let mut fields = line.split(':');
            if fields.next() != Some(wanted) {
                continue;
            }
            let user = fields.nth(1).and_then(|id| id.parse().ok());
            let group = fields.next().and_then(|id| id.parse().ok());
            if let (Some(user), Some(group)) = (user, group) {
                return Ok(Some((user, group)));
            }
        }
    }
    bail!("Postgres does not run as root and there is no account `postgres` or `nobody` to run it as")
}

/// The directory with `initdb` and `postgres`.
fn find_binaries() -> Result<PathBuf> {
    let mut candidates: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    for parent in [
        "/usr/lib/postgresql",
        "/usr/local/lib/postgresql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
    ] {
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let version = name.trim_start_matches("postgresql@").parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        candidates.extend(versions.into_iter().map(|(_, path)| path));
    }
    candidates.push(PathBuf::from("/usr/local/pgsql/bin"));
    candidates
        .into_iter()
        .find(|path| path.join("initdb").is_file() && path.join("postgres").is_file())
        // A link to the binary does not find the libraries beside it on every system.
        .and_then(|path| fs::canonicalize(path.join("postgres")).ok())
        .and_then(|binary| binary.parent().map(Path::to_owned))
        .with_context(|| {
            format!(
                "`initdb` and `postgres` are neither in PATH nor in /usr/lib/postgresql/*/bin; install the Postgres \
                 server (Debian, Ubuntu: `apt install postgresql`; macOS: `brew install postgresql@17`) or set \
                 {SERVER_VARIABLE} to the URL of a server whose user may create databases"
            )
        })
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("asking for a free port")?;
    Ok(listener.local_addr().context("asking for a free port")?.port())
}
