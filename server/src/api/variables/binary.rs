//! Download and upload of variables that hold bytes (contract 3.11 "`…/data`").

use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flowstone_expression::{FileValue, TypedValue};

use crate::api::AppState;
use crate::api::body::{media_type, refuse_large};
use crate::api::deployment::attachment;
use crate::api::error::ApiError;
use crate::api::value::ValueError;

/// Media type of bytes whose type nobody said.
const UNKNOWN: &str = "application/octet-stream";

/// The content of a variable as a download; `id` stands in the message for one that has no such content.
///
/// # Errors
/// 400 for variables that are neither files nor bytes.
pub fn download(value: TypedValue, id: &str) -> Result<Response, ApiError> {
    let (bytes, media_type, disposition) = match value {
        TypedValue::Bytes(bytes) => (bytes, HeaderValue::from_static(UNKNOWN), None),
        TypedValue::File(file) => {
            let media_type = file_type(&file);
            (file.content, media_type, Some(attachment(&file.filename)))
        }
        _ => {
            return Err(ApiError::invalid(format!(
                "Value of variable with id {id} is not a binary value."
            )));
        }
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    // The bytes and their type come from clients; a browser must not make a page of them.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn file_type(file: &FileValue) -> HeaderValue {
    let text = match (&file.mime_type, &file.encoding) {
        (Some(mime_type), Some(encoding)) => format!("{mime_type}; charset={encoding}"),
        (Some(mime_type), None) => mime_type.clone(),
        (None, _) => UNKNOWN.to_owned(),
    };
    // Clients may have stored a text that no header can carry.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(UNKNOWN))
}

/// The variable that a form uploads; `refusal` begins the messages, as in `Cannot put task variable x`.
///
/// # Errors
/// 400 when the form or its `valueType` cannot be read, 413 when it is too large, 500 for a file without name.
pub async fn upload(state: &AppState, request: Request, refusal: &str) -> Result<TypedValue, ApiError> {
    let limit = state.options().max_body_bytes;
    if media_type(&request).as_deref() != Some("multipart/form-data") {
        return Err(ApiError::unsupported_media_type(
            "The content of a variable is sent as a form; use Content-Type: multipart/form-data",
        ));
    }
    let mut request = refuse_large(request, limit).await?;
    DefaultBodyLimit::max(limit).apply(&mut request);
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|_| ApiError::invalid("multipart/form-data cannot be processed"))?;
    let unreadable = |error: axum::extract::multipart::MultipartError| match error.status().as_u16() {
        413 => ApiError::too_large(limit),
        _ => ApiError::invalid("multipart/form-data cannot be processed"),
    };
    let mut value_type = "Bytes".to_owned();
    let mut data = None;
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        match part.name().unwrap_or_default() {
            "valueType" => value_type = part.text().await.map_err(unreadable)?,
            "data" => {
                let filename = part.file_name().map(str::to_owned);
                let content_type = part.content_type().map(str::to_owned);
                let content = part.bytes().await.map_err(unreadable)?.to_vec();
                data = Some((filename, content_type, content));
            }
            _ => {}
        }
    }
    let (filename, content_type, content) =
        data.ok_or_else(|| ApiError::invalid(format!("{refusal}: the form has no part named 'data'")))?;
    match value_type.trim() {
        "Bytes" | "bytes" => Ok(TypedValue::Bytes(content)),
        "File" | "file" => {
            let filename = filename
                .filter(|name| !name.is_empty())
                .ok_or_else(|| ValueError::FileWithoutName.within(refusal))?;
            let (mime_type, encoding) = split_type(content_type.as_deref().unwrap_or(UNKNOWN));
            Ok(TypedValue::File(FileValue {
                filename,
                mime_type: Some(mime_type),
                encoding,
                content,
            }))
        }
        other => Err(ValueError::UnsupportedType(other.to_owned()).within(refusal)),
    }
}

/// Splits `text/plain; charset=UTF-8` into type and encoding.
fn split_type(content_type: &str) -> (String, Option<String>) {
    let mut parts = content_type.split(';').map(str::trim);
    let mime_type = parts.next().unwrap_or(UNKNOWN).to_owned();
    let encoding = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_owned())
    });
    (mime_type, encoding)
}
