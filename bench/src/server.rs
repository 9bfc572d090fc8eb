//! Servers that a program starts itself.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::http::{Connection, Target};

/// How long a server may take to become ready.
const READY: Duration = Duration::from_secs(60);

/// Which server a program starts.
#[derive(Debug, clap::Args)]
#[group(id = "server")]
pub struct Arguments {
    /// Database of the server: `sqlite://PATH` or `postgres://…`, empty; by default a new SQLite file.
    #[arg(long)]
    pub database_url: Option<String>,
    /// Binary of the server; by default the `flowstone` beside this program.
    #[arg(long)]
    pub binary: Option<PathBuf>,
}

impl Arguments {
    /// The database, a file in `directory` when none is named.
    pub fn database(&self, directory: &TempDir) -> String {
        let file = || format!("sqlite://{}", directory.path().join("bench.db").display());
        self.database_url.clone().unwrap_or_else(file)
    }

    /// Starts a server over a database and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(&self, database: &str) -> anyhow::Result<Server> {
        Server::start(self.binary.clone(), database).await
    }
}

/// A server process. Killed when dropped.
pub struct Server {
    child: Child,
    binary: PathBuf,
    database: String,
    port: u16,
    /// Root of its API.
    pub target: Target,
    /// From the start of the process to the first `/readyz` that said yes.
    pub took: Duration,
}

impl Server {
    /// Starts `binary` (`None`: the `flowstone` beside the running program) over a database and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(binary: Option<PathBuf>, database: &str) -> anyhow::Result<Self> {
        let binary = match binary {
            Some(binary) => binary,
            None => std::env::current_exe()?.with_file_name("flowstone"),
        };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let target = Target::parse(&format!("http://127.0.0.1:{port}/engine-rest"))?;
        let begun = Instant::now();
        let mut server = Server {
            child: spawn(&binary, port, database)?,
            binary,
            database: database.to_owned(),
            port,
            target,
            took: Duration::ZERO,
        };
        server.took = server.ready(begun).await?;
        Ok(server)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process as a crash does.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again, on the same port and database.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        self.child = spawn(&self.binary, self.port, &self.database)?;
        self.took = self.ready(begun).await?;
        Ok(())
    }

    async fn ready(&mut self, begun: Instant) -> anyhow::Result<Duration> {
        let root = Target {
            base: String::new(),
            ..self.target.clone()
        };
        while begun.elapsed() < READY {
            if let Ok(mut connection) = Connection::open(&root).await
                && let Ok((200, _)) = connection.get("/readyz").await
            {
                return Ok(begun.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the server did not become ready within {READY:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.kill();
    }
}

fn spawn(binary: &PathBuf, port: u16, database: &str) -> anyhow::Result<Child> {
    Command::new(binary)
        .args(["serve", "--log-level", "warn", "--job-execution", "off"])
        .args(["--listen", &format!("127.0.0.1:{port}"), "--database-url", database])
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("{} cannot be started; build it with --release", binary.display()))
}
