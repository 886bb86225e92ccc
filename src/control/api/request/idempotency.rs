//! Repeated requests: `Idempotency-Key`, as in <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>.
//!
//! The answer of a successful change is kept, in the transaction of the change itself, and is given again to a request
//! with the same key. A refused request has changed nothing, so its repetition is carried out anew.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use axum::body::Body;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde_json::Value;
use serde_json::json;

use crate::control::api::problem::Problem;
use crate::control::store::Record;
use crate::control::store::RecordChange;
use crate::control::store::RecordKind;
use crate::wire::content_hash::ContentHash;

/// The header of the key.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header that an answer has which was given before.
const REPLAYED: &str = "idempotency-replayed";
/// The longest key, in bytes.
const MAX_KEY: usize = 255;
/// How long an answer is kept, in milliseconds.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest answer that is kept whole, in bytes. Of a longer one, the list of changes is dropped.
const MAX_ANSWER: usize = 32 * 1024;

/// A request that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatableRequest {
    /// The key of the record: a hash of the caller and of its key.
    pub record_key: String,
    /// A hash of method, URL and body.
    fingerprint: String,
    at_ms: u64,
}

/// The requests that are being carried out.
#[derive(Debug, Default)]
pub struct RequestsInProgress(Mutex<HashSet<String>>);

/// A request in progress, until this is dropped.
#[derive(Debug)]
pub struct InProgress {
    all: Arc<RequestsInProgress>,
    record_key: String,
}

impl RepeatableRequest {
    /// Parses the key of a request; `None` if it has none.
    ///
    /// # Errors
    /// If the key is empty or too long.
    pub fn parse(
        headers: &HeaderMap,
        caller: &str,
        request: &[&[u8]],
        at_ms: u64,
    ) -> Result<Option<RepeatableRequest>, Problem> {
        let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
            return Ok(None);
        };
        // The draft writes the key as a string in quotes; clients often leave them out.
        let key = value.as_bytes().trim_ascii();
        let key = key
            .strip_prefix(b"\"")
            .and_then(|key| key.strip_suffix(b"\""))
            .unwrap_or(key);
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(Problem::bad_request(format!(
                "`Idempotency-Key` has {} bytes: 1 to {MAX_KEY} are allowed",
                key.len()
            )));
        }
        Ok(Some(RepeatableRequest {
            record_key: hash(&[caller.as_bytes(), key]),
            fingerprint: hash(request),
            at_ms,
        }))
    }

    /// The record of an answer.
    pub fn record(&self, status: StatusCode, body: &Value) -> RecordChange {
        let mut text = body.to_string();
        if text.len() > MAX_ANSWER {
            let mut short = body.clone();
            if let Some(members) = short.as_object_mut() {
                members.insert("changes".to_owned(), json!([]));
            }
            text = short.to_string();
        }
        let value = json!({
            "request": self.fingerprint,
            "status": status.as_u16(),
            "body": text,
        });
        let record = Record {
            key: self.record_key.clone(),
            value: value.to_string(),
            at_ms: self.at_ms,
            expires_ms: Some(self.at_ms.saturating_add(LIFETIME_MS)),
        };
        RecordChange::Put(RecordKind::Answer, record)
    }

    /// The answer that was given before; `None` if the record has expired or is damaged.
    ///
    /// # Errors
    /// If the request before was another one.
    pub fn replay(&self, record: &Record) -> Result<Option<Response>, Problem> {
        if record
            .expires_ms
            .is_some_and(|expires| expires <= self.at_ms)
        {
            return Ok(None);
        }
        let stored: Option<Value> = serde_json::from_str(&record.value).ok();
        let Some(stored) = stored else {
            return Ok(None);
        };
        let text = |name: &str| stored.get(name).and_then(Value::as_str);
        if text("request") != Some(&self.fingerprint) {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "`Idempotency-Key` was used for another request: make a new key for each change",
            ));
        }
        let status = stored
            .get("status")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok());
        let status = status.and_then(|code| StatusCode::from_u16(code).ok());
        let (Some(status), Some(body)) = (status, text("body")) else {
            return Ok(None);
        };
        let mut response = Response::new(Body::from(body.to_owned()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(Some(response))
    }
}

fn hash(parts: &[&[u8]]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    let mut text = String::new();
    for byte in ContentHash::of(&bytes).0 {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl RequestsInProgress {
    /// Notes that a request is being carried out.
    ///
    /// # Errors
    /// If one with the same key is.
    pub fn begin(self: &Arc<Self>, request: &RepeatableRequest) -> Result<InProgress, Problem> {
        if !self.lock().insert(request.record_key.clone()) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "idempotency-in-progress",
                "a request with this `Idempotency-Key` is being carried out: repeat it later",
            ));
        }
        Ok(InProgress {
            all: self.clone(),
            record_key: request.record_key.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.all.lock().remove(&self.record_key);
    }
}
