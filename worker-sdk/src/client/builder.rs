//! From an address and credentials to a client.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::Client;
use crate::{Error, SettingsError};

/// Settings of a [`Client`].
///
/// ```
/// use flowstone_worker::Client;
///
/// let client = Client::builder("https://flow.example.com/").bearer_token("secret").build()?;
/// assert_eq!(client.base_url(), "https://flow.example.com/engine-rest");
/// # Ok::<(), flowstone_worker::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientBuilder {
    url: String,
    authorization: Option<String>,
    connect_timeout: Duration,
}

/// The header that goes with every call; marked sensitive so that no debug output shows it.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    None,
    Header(HeaderValue),
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        ClientBuilder {
            url: url.trim().to_owned(),
            authorization: None,
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// Authenticates with an API token.
    pub fn bearer_token(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// Authenticates with user and password (HTTP Basic). `http://user:password@host` does the same.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.authorization = Some(basic(user, password));
        self
    }

    /// How long to try to reach the server; 10 seconds unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Checks the settings. Does not connect.
    pub fn build(self) -> Result<Client, Error> {
        let (base, from_url) = normalize(&self.url)?;
        let credentials = match self.authorization.or(from_url) {
            None => Credentials::None,
            Some(text) => {
                let mut header = HeaderValue::from_str(&text).map_err(|_| SettingsError::Credentials)?;
                header.set_sensitive(true);
                Credentials::Header(header)
            }
        };
        let http = reqwest::Client::builder()
            .user_agent(concat!("flowstone-worker/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .build()
            .map_err(|error| SettingsError::Transport(error.to_string()))?;
        Ok(Client {
            http,
            base,
            credentials,
        })
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The address of the API and the credentials that stood in it.
fn normalize(text: &str) -> Result<(Url, Option<String>), SettingsError> {
    let refused = |reason: &str| SettingsError::Url {
        // Whatever stands before an `@` may be a password.
        url: text.rsplit('@').next().unwrap_or_default().to_owned(),
        reason: reason.to_owned(),
    };
    let mut url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refused("it must start with http:// or https://"));
    }
    let authorization = (!url.username().is_empty()).then(|| {
        // Escapes in the user part stand for the characters themselves.
        let [user, password] = [url.username(), url.password().unwrap_or_default()].map(unescape);
        basic(&user, &password)
    });
    // Neither call can fail on a URL with a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let has_api = path.split('/').any(|segment| segment == "engine-rest");
    url.set_path(&if has_api { path } else { format!("{path}/engine-rest") });
    Ok((url, authorization))
}

/// Resolves `%41` to `A`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => {
                let digits = [char::from(*high), char::from(*low)].map(|digit| digit.to_digit(16));
                match digits {
                    [Some(high), Some(low)] => u8::try_from(high * 16 + low).ok(),
                    _ => None,
                }
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_the_api() {
        for (given, base) in [
            ("http://host:8080", "http://host:8080/engine-rest"),
            (" http://host:8080/ ", "http://host:8080/engine-rest"),
            ("http://host:8080/engine-rest/", "http://host:8080/engine-rest"),
            ("https://host/flow", "https://host/flow/engine-rest"),
            (
                "http://host/engine-rest/engine/default",
                "http://host/engine-rest/engine/default",
            ),
            ("http://u:p%40w@host", "http://host/engine-rest"),
        ] {
            assert_eq!(Client::new(given).unwrap().base_url(), base, "{given}");
        }
    }

    #[test]
    fn credentials_in_the_address_become_a_header() {
        let (_, authorization) = normalize("http://ada:p%40w@host").unwrap();
        assert_eq!(authorization, Some(basic("ada", "p@w")));
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_the_password() {
        for given in ["host:8080", "ftp://host", "", "http://", "http://ada:secret@"] {
            let error = Client::new(given).unwrap_err().to_string();
            assert!(
                error.contains("http://localhost:8080") && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn credentials_never_show_in_debug_output() {
        let client = Client::builder("http://ada:secret@host")
            .bearer_token("topsecret")
            .build()
            .unwrap();
        assert!(!format!("{client:?}").contains("secret"));
        assert!(
            Client::builder("http://host")
                .bearer_token("line\nbreak")
                .build()
                .is_err()
        );
    }
}
