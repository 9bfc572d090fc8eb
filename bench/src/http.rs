//! A frugal HTTP/1.1 client: load generator and server share the machine, so it must cost little.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where requests go.
#[derive(Clone, Debug)]
pub struct Target {
    /// Host and port.
    pub authority: String,
    /// Path before that of the request.
    pub base: String,
}

impl Target {
    /// Reads a base URL such as `http://127.0.0.1:8080/engine-rest`.
    ///
    /// # Errors
    /// When it is not plain HTTP.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://").context("the URL must begin with http://")?;
        let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Target {
            authority: authority.to_owned(),
            base: format!("/{}", base.trim_end_matches('/')),
        })
    }
}

/// One connection that is kept alive.
pub struct Connection {
    target: Target,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&target.authority).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            target: target.clone(),
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Posts a JSON body; answers status and body.
    ///
    /// # Errors
    /// When the connection breaks or the reply is not understood.
    pub async fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.post_as(path, "application/json", body).await
    }

    /// Posts a body of the given type; answers status and body.
    ///
    /// # Errors
    /// When the connection breaks or the reply is not understood.
    pub async fn post_as(&mut self, path: &str, content_type: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut request = format!(
            "POST {}{path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.target.base,
            self.target.authority,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.reply().await
    }

    /// Gets a resource; answers status and body.
    ///
    /// # Errors
    /// When the connection breaks or the reply is not understood.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<(u16, Vec<u8>)> {
        let (base, authority) = (&self.target.base, &self.target.authority);
        let request = format!("GET {base}{path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.reply().await
    }

    async fn reply(&mut self) -> anyhow::Result<(u16, Vec<u8>)> {
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status = text.get(9..12).context("no status")?.parse()?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(Ok(0), |length| length.trim().parse::<usize>())?;
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok((status, self.buffer[head..head + length].to_vec()))
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}
