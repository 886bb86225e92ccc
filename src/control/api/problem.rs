//! `Problem`: an error response, `application/problem+json`.

use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use http::Uri;
use http::header;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Denial;
use crate::control::environment::error::ChangeError;
use crate::control::model::refusal::Refusal;
use crate::control::store::StoreError;

/// An error response.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// A name of the kind of error, which does not change between releases.
    code: &'static str,
    /// The fault, and the way to mend it.
    detail: String,
    /// Further members.
    extra: Value,
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            code,
            detail: detail.into(),
            extra: Value::Null,
        }
    }

    /// The problem with another status.
    pub fn with_status(mut self, status: StatusCode) -> Problem {
        self.status = status;
        self
    }

    /// The problem with a further member.
    pub fn with_member(mut self, name: &str, value: Value) -> Problem {
        let members = self.extra.as_object_mut();
        match members {
            Some(members) => drop(members.insert(name.to_owned(), value)),
            None => self.extra = json!({ name: value }),
        }
        self
    }

    /// Something does not exist.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// The problem with further members.
    pub fn with(mut self, extra: Value) -> Problem {
        self.extra = extra;
        self
    }

    /// The request is malformed.
    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Problem {
        let mut problem = Problem::new(StatusCode::FORBIDDEN, "forbidden", denial.to_string());
        problem.extra = json!({
            "missing": {
                "verb": denial.verb.name(),
                "environment": denial.environment,
                "key": denial.key,
            },
            "grantableBy": denial.grantable_by,
        });
        problem
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Problem {
        let detail = error.to_string();
        let (status, code) = match &error {
            ChangeError::Refused(refusal) => (refusal_status(refusal), refusal.code()),
            ChangeError::RevisionConflict { .. } => {
                (StatusCode::PRECONDITION_FAILED, "revision-conflict")
            }
            ChangeError::FlagConflict { .. } => (StatusCode::PRECONDITION_FAILED, "flag-conflict"),
            ChangeError::FilesNotRead(_) => (StatusCode::SERVICE_UNAVAILABLE, "files-not-read"),
            ChangeError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            ChangeError::Store(StoreError::TooLarge { .. } | StoreError::Event(_)) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "too-large")
            }
            ChangeError::Store(error) => (StatusCode::SERVICE_UNAVAILABLE, store_code(error)),
            ChangeError::StoreTimeout => (StatusCode::GATEWAY_TIMEOUT, "store-timeout"),
            ChangeError::Unjournalled(_) => (StatusCode::SERVICE_UNAVAILABLE, "unjournalled-kill"),
            ChangeError::Ended(_) => (StatusCode::INTERNAL_SERVER_ERROR, "ended"),
        };
        let mut problem = Problem::new(status, code, detail);
        if let ChangeError::RevisionConflict { found, .. } = error {
            problem.extra = json!({ "revision": found });
        }
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let code = store_code(&error);
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string())
    }
}

fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownFlag { .. } => StatusCode::NOT_FOUND,
        Refusal::Paused { .. } | Refusal::Frozen(_) | Refusal::FileOwned { .. } => {
            StatusCode::CONFLICT
        }
        Refusal::NoRollout { .. } | Refusal::WhichRollout { .. } | Refusal::Invalid { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full { .. } => "store-full",
        StoreError::ReadOnly { .. } => "store-read-only",
        StoreError::Corrupt { .. } => "store-corrupt",
        StoreError::TooLarge { .. } => "too-large",
        _ => "store",
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("https://fanion.dev/problems/{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), self.extra) {
            body.extend(extra);
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let media_type = HeaderValue::from_static("application/problem+json");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
        response
    }
}

/// Returns a JSON response that no cache may store.
pub fn json_response(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response to a path that does not exist.
pub async fn unknown_path(uri: Uri) -> Problem {
    Problem::not_found(
        "unknown-path",
        format!("there is nothing at {}", uri.path()),
    )
}

/// The response to a method that a path does not have.
pub async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "this path has no such method: read with GET, change with POST",
    )
}
