//! A whole server inside the calling process, for tests and for programs that embed one.

use std::io;

use flowstone_engine::{Engine, Options};
use flowstone_store::SharedStore;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{ServerOptions, serve};

/// A server on a free port of the loopback interface. It stops when told to, and, less gently,
/// when it is dropped.
pub struct LocalServer {
    url: String,
    engine: Engine,
    stopping: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl LocalServer {
    /// Starts an engine over a store and serves it.
    ///
    /// # Errors
    /// When no port can be opened, or the engine does not start.
    pub async fn start(store: SharedStore, options: Options) -> io::Result<Self> {
        let engine = Engine::start(store, options).await.map_err(io::Error::other)?;
        Self::serve(engine, ServerOptions::default()).await
    }

    /// Serves an engine that runs already.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn serve(engine: Engine, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let stopping = CancellationToken::new();
        let task = tokio::spawn(serve(listener, engine.clone(), options, stopping.clone()));
        Ok(LocalServer {
            url,
            engine,
            stopping,
            task,
        })
    }

    /// Root of the server, such as `http://127.0.0.1:40123`, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Root of the API.
    pub fn api_url(&self) -> String {
        format!("{}{}", self.url, crate::api::base_uri::ROOT)
    }

    /// The engine that is served.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Stops: requests that are being answered get their replies.
    ///
    /// # Errors
    /// When the listener had failed.
    pub async fn stop(mut self) -> io::Result<()> {
        self.stopping.cancel();
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}
