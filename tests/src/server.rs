//! The `flowstone` binary as a process of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

/// How long a server may take to become ready. Generous: machines are slow and busy.
const READY: Duration = Duration::from_secs(60);

/// A running server process. Killed when dropped.
pub struct Server {
    child: Child,
    port: u16,
    database_url: String,
    settings: Vec<String>,
    client: reqwest::Client,
}

impl Server {
    /// Starts a server over a database and waits until it is ready.
    ///
    /// # Errors
    /// When the binary is missing or the server does not become ready.
    pub async fn start(database_url: &str) -> anyhow::Result<Self> {
        Self::start_with(database_url, &[]).await
    }

    /// Starts a server with further flags.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_with(database_url: &str, settings: &[&str]) -> anyhow::Result<Self> {
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Server {
            child: spawn(port, database_url, &settings)?,
            port,
            database_url: database_url.to_owned(),
            settings,
            client: reqwest::Client::new(),
        };
        server.ready().await?;
        Ok(server)
    }

    /// Ends the process as a crash would, and starts another on the same port and database.
    ///
    /// # Errors
    /// When the new one does not become ready.
    pub async fn crash_and_restart(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(self.port, &self.database_url, &self.settings)?;
        self.ready().await
    }

    /// Root of the API.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/engine-rest", self.port)
    }

    /// Address of the server.
    pub fn root(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers status and body of a request.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<(u16, Value)> {
        let method = reqwest::Method::from_bytes(method.as_bytes())?;
        let mut request = self.client.request(method, format!("{}{path}", self.url()));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Posts, and expects success.
    ///
    /// # Errors
    /// When there is no answer or it is a refusal.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        expect(self.send("POST", path, Some(body)).await?, path)
    }

    /// Gets, and expects success.
    ///
    /// # Errors
    /// When there is no answer or it is a refusal.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        expect(self.send("GET", path, None).await?, path)
    }

    /// Deploys one resource; answers status and body.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn deploy(&self, name: &str, bytes: impl Into<Vec<u8>>) -> anyhow::Result<(u16, Value)> {
        let part = reqwest::multipart::Part::bytes(bytes.into()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new()
            .text("deployment-name", name.to_owned())
            .part("data", part);
        let response = self
            .client
            .post(format!("{}/deployment/create", self.url()))
            .multipart(form)
            .send()
            .await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await.unwrap_or(Value::Null)))
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY;
        loop {
            let answer = self.client.get(format!("{}/readyz", self.root())).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the server at {} did not become ready", self.root());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn expect((status, body): (u16, Value), path: &str) -> anyhow::Result<Value> {
    if !(200..300).contains(&status) {
        bail!("{path} answered {status}: {body}");
    }
    Ok(body)
}

fn spawn(port: u16, database_url: &str, settings: &[String]) -> anyhow::Result<Child> {
    let binary = binary();
    Command::new(&binary)
        .args(["serve", "--job-execution", "off", "--log-level", "warn"])
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(["--database-url", database_url])
        .args(settings)
        // Those of the tests are no settings of the server, which refuses what it does not know.
        .env_remove("FLOWSTONE_BINARY")
        .env_remove(crate::postgres::SERVER_VARIABLE)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| {
            format!(
                "{} cannot be started; run 'cargo build -p flowstone-server' first",
                binary.display()
            )
        })
}

/// The binary under test: `FLOWSTONE_BINARY`, or the one beside the running test.
fn binary() -> PathBuf {
    std::env::var_os("FLOWSTONE_BINARY").map_or_else(|| binaries().join("flowstone"), PathBuf::from)
}

/// Where the binaries of this build lie.
pub fn binaries() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    // target/debug/deps/test -> target/debug
    let directory = test.parent().and_then(|deps| deps.parent()).map(PathBuf::from);
    directory.unwrap_or_default()
}
