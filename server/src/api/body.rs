//! Reading of request bodies and parameters, as leniently as the reference server reads them
//! (contract 3.0 rules 4 and 5).

mod lenient;

use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::AppState;
use super::error::ApiError;

pub use lenient::from_value;

/// How much of a refused body is read to its end.
const DISCARDED_BYTES: u64 = 256 << 20;

/// How long that may take.
const DISCARD_TIME: Duration = Duration::from_secs(30);

/// Variables by name as they are sent, null when absent; [`crate::api::value`] gives them their types.
pub type WireVariables = Value;

/// A JSON body. Empty bodies and `null` count as `{}`, the content type may be missing, unknown
/// fields are ignored, null fields count as absent, and values are converted to the type that is
/// expected where that loses nothing.
///
/// # Errors
/// 400 `InvalidRequestException` naming the field that cannot be read, 413 for large bodies, 415
/// for forms.
#[derive(Clone, Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        refuse_forms(&request)?;
        let bytes = read(request, state.options().max_body_bytes).await?;
        parse(&bytes).map(JsonBody)
    }
}

/// Parses a JSON body leniently.
///
/// # Errors
/// 400 `InvalidRequestException` that says where the text stops being JSON or which field has the
/// wrong type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let value = if bytes.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        serde_json::from_slice(bytes)
            .map_err(|error| ApiError::invalid(format!("The request body is not valid JSON: {error}")))?
    };
    let value = if value.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        value
    };
    from_value(value)
}

/// The query parameters of a request, decoded, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// The first value of a parameter; the others of the same name do not count (contract 2).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A truth value: `default` when absent, true only for `true` in any case.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name)
            .map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }
}

impl FromRequestParts<AppState> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        serde_urlencoded_pairs(query).map(Parameters)
    }
}

fn serde_urlencoded_pairs(query: &str) -> Result<Vec<(String, String)>, ApiError> {
    let uri = format!("/?{query}")
        .parse()
        .map_err(|_| ApiError::invalid("The query string is not valid"))?;
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map(|query| query.0)
        .map_err(|_| ApiError::invalid("The query string is not valid"))
}

/// An id in a path: a text that is no uuid names nothing.
pub fn id(text: &str) -> Option<Uuid> {
    Uuid::from_str(text).ok()
}

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 when it is longer, 400 when the connection broke.
pub async fn read(request: Request, limit: usize) -> Result<bytes::Bytes, ApiError> {
    let request = refuse_large(request, limit).await?;
    read_body(request.into_body(), limit).await
}

async fn read_body(body: Body, limit: usize) -> Result<bytes::Bytes, ApiError> {
    to_bytes(body, limit).await.map_err(|error| {
        let too_long = std::error::Error::source(&error).is_some_and(|source| {
            // axum answers the limit error of http-body-util as the source of its own.
            source.to_string().contains("length limit")
        });
        if too_long {
            ApiError::too_large(limit)
        } else {
            ApiError::invalid("The request body ended before it was complete")
        }
    })
}

/// Refuses a body whose announced length is above the limit. The body is read and thrown away
/// first, as far as that is reasonable: clients that still send do not read the reply.
///
/// # Errors
/// 413.
pub async fn refuse_large(request: Request, limit: usize) -> Result<Request, ApiError> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    match announced {
        Some(length) if length > limit as u64 => {
            let waits_for_leave = request.headers().contains_key(header::EXPECT);
            if !waits_for_leave && length <= DISCARDED_BYTES {
                let discarded = request.into_body().into_data_stream().for_each(|_| async {});
                // Whoever is slower than this loses the connection instead.
                let _ = tokio::time::timeout(DISCARD_TIME, discarded).await;
            }
            Err(ApiError::too_large(limit))
        }
        _ => Ok(request),
    }
}

/// The media type of a body without its parameters, in lower case.
pub fn media_type(request: &Request) -> Option<String> {
    let text = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn refuse_forms(request: &Request) -> Result<(), ApiError> {
    match media_type(request).as_deref() {
        Some(form @ ("application/x-www-form-urlencoded" | "multipart/form-data")) => {
            Err(ApiError::unsupported_media_type(format!(
                "Content type {form} is not supported here; send JSON with Content-Type: application/json"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Sample {
        text: Option<String>,
        number: i64,
        small: Option<i32>,
        fraction: f64,
        flag: bool,
        names: Vec<String>,
        nested: Vec<Sample>,
        anything: Option<Value>,
    }

    fn sample(body: &str) -> Result<Sample, String> {
        parse(body.as_bytes()).map_err(|error: ApiError| error.message)
    }

    #[test]
    fn values_are_converted_where_nothing_is_lost() {
        let number = |number| Sample {
            number,
            ..Sample::default()
        };
        let text = |text: &str| Sample {
            text: Some(text.into()),
            ..Sample::default()
        };
        let names = |names: &[&str]| Sample {
            names: names.iter().map(|name| (*name).into()).collect(),
            ..Sample::default()
        };
        let flag = |flag| Sample {
            flag,
            ..Sample::default()
        };
        for (body, expected) in [
            ("", Sample::default()),
            (" \n", Sample::default()),
            ("null", Sample::default()),
            ("{}", Sample::default()),
            (r#"{"unknown":{"a":[1]}}"#, Sample::default()),
            (
                r#"{"text":null,"number":null,"flag":null,"names":null,"nested":null}"#,
                Sample::default(),
            ),
            (r#"{"text":7}"#, text("7")),
            (r#"{"text":true}"#, text("true")),
            (r#"{"text":1.5}"#, text("1.5")),
            (r#"{"number":"12"}"#, number(12)),
            (r#"{"number":" 12 "}"#, number(12)),
            (r#"{"number":12.0}"#, number(12)),
            (r#"{"number":""}"#, number(0)),
            (r#"{"flag":"true"}"#, flag(true)),
            (r#"{"flag":"True"}"#, flag(true)),
            (r#"{"flag":"false"}"#, flag(false)),
            (r#"{"flag":1}"#, flag(true)),
            (r#"{"flag":0}"#, flag(false)),
            (r#"{"flag":""}"#, flag(false)),
            (r#"{"names":"a"}"#, names(&["a"])),
            (r#"{"names":["a",2]}"#, names(&["a", "2"])),
            (
                r#"{"nested":{"number":3}}"#,
                Sample {
                    nested: vec![number(3)],
                    ..Sample::default()
                },
            ),
            (
                r#"{"anything":{"kept":null}}"#,
                Sample {
                    anything: Some(serde_json::json!({"kept": null})),
                    ..Sample::default()
                },
            ),
        ] {
            assert_eq!(sample(body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_converted_is_named() {
        for (body, expected) in [
            ("{", "The request body is not valid JSON"),
            ("[]", "object"),
            (r#"{"number":"x"}"#, "number"),
            (r#"{"number":1.5}"#, "number"),
            (r#"{"number":{}}"#, "number"),
            (r#"{"small":3000000000}"#, "small"),
            (r#"{"text":{}}"#, "text"),
            (r#"{"flag":"maybe"}"#, "flag"),
            (r#"{"nested":[{"flag":[]}]}"#, "nested[0].flag"),
        ] {
            let message = sample(body).unwrap_err();
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn deeply_nested_bodies_are_refused() {
        let body = format!("{{\"anything\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(sample(&body).is_err());
    }

    #[test]
    fn only_the_first_value_of_a_parameter_counts() {
        let parameters = Parameters(serde_urlencoded_pairs("a=1&a=2&b=%2Bx+y&flag=TRUE&c").unwrap());
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), Some("+x y"));
        assert_eq!(parameters.get("c"), Some(""));
        assert_eq!(parameters.get("d"), None);
        assert!(parameters.flag("flag", false));
        assert!(parameters.flag("absent", true));
    }
}
