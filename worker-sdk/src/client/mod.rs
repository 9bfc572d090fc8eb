//! A typed client of the REST API: what workers and the applications around them need.

mod builder;
mod external_task;
mod process;

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use builder::ClientBuilder;
pub(crate) use builder::Credentials;
pub use external_task::{FailureReport, FetchRequest, FetchTopic, Fetched, Lock, LockedTask};
pub use process::{Deployment, DeploymentReceipt, MessageCorrelation, ProcessInstance, ProcessStart};

use crate::Error;

/// How long a call may take that the server is not meant to hold.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to one server. Cloning is cheap and shares the connection pool.
///
/// ```no_run
/// # async fn example() -> Result<(), flowstone_worker::Error> {
/// use flowstone_worker::{Client, Deployment, Variables};
///
/// let client = Client::new("http://localhost:8080")?;
/// client.deploy(Deployment::new("orders").file("models/order.bpmn")?).await?;
/// let order = client.start_process("order", Variables::new().with("amount", 12.5)?, Some("order-17")).await?;
/// println!("started {}", order.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    credentials: Credentials,
}

impl Client {
    /// A client without credentials. `http://host:8080` means `http://host:8080/engine-rest`;
    /// an address that already contains `/engine-rest` is taken as it is.
    pub fn new(url: &str) -> Result<Self, Error> {
        Client::builder(url).build()
    }

    /// Sets credentials first.
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// The address of the API, without credentials.
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// A call to the resource named by `path`, whose segments are escaped here.
    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.request_with(method, path, None)
    }

    /// The same with a query.
    fn request_with(&self, method: Method, path: &[&str], query: Option<&str>) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.set_query(query);
        let request = self.http.request(method, url).timeout(CALL_TIMEOUT);
        match &self.credentials {
            Credentials::None => request,
            Credentials::Header(header) => request.header(reqwest::header::AUTHORIZATION, header.clone()),
        }
    }

    fn post<B: Serialize + ?Sized>(&self, path: &[&str], body: &B) -> RequestBuilder {
        self.request(Method::POST, path).json(body)
    }

    /// Sends the call; an error status becomes [`Error::Refused`].
    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|source| self.connection(source))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let retry_after = retry_after(&response);
        let text = response.text().await.unwrap_or_default();
        let body = serde_json::from_str::<ErrorBody>(&text).unwrap_or_default();
        Err(Error::Refused {
            status: status.as_u16(),
            kind: body
                .kind
                .unwrap_or_else(|| status.canonical_reason().unwrap_or("Error").to_owned()),
            message: body.message.unwrap_or_else(|| text.chars().take(200).collect()),
            code: body.code.as_ref().and_then(Value::as_i64),
            retry_after,
        })
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = self.send(request).await?;
        self.body(response).await
    }

    async fn body<T: DeserializeOwned>(&self, response: Response) -> Result<T, Error> {
        let bytes = response.bytes().await.map_err(|source| self.connection(source))?;
        serde_json::from_slice(&bytes).map_err(|error| Error::Answer {
            reason: error.to_string(),
        })
    }

    fn connection(&self, source: reqwest::Error) -> Error {
        // The URL of a request may carry ids and business data that do not belong into a log.
        Error::Connection {
            server: self.base.origin().ascii_serialization(),
            source: source.without_url(),
        }
    }
}

/// The wait a server asks for, when given in seconds.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// Contract section 3.1.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
    code: Option<Value>,
}
