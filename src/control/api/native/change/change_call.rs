//! `ChangeCall`: the parts of a request that every change has.

use std::sync::Arc;

use axum::body;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts as _;
use axum::extract::RawPathParams;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Caller;
use crate::control::api::ApiContext;
use crate::control::api::authorization::AnswerRecorded;
use crate::control::api::handler::MAX_BODY;
use crate::control::api::native::change::change_json::change_json;
use crate::control::api::native::change::flips::flips;
use crate::control::api::native::flag_json::flag_json;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::entity_tag::ExpectedVersion;
use crate::control::api::request::entity_tag::ResponseVersion;
use crate::control::api::request::entity_tag::expected_version;
use crate::control::api::request::idempotency::RepeatableRequest;
use crate::control::environment::AnswerRecorder;
use crate::control::environment::ChangeRequest;
use crate::control::environment::Changed;
use crate::control::environment::Environment;
use crate::control::environment::ExpectedFlag;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::Command;
use crate::control::model::flag_version::FlagVersion;

/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;

/// A request that changes something.
pub struct ChangeCall {
    /// Who asks.
    pub caller: Caller,
    /// The name of the environment.
    pub environment: String,
    /// The key of the flag; empty if the request is about the environment.
    pub key: String,
    context: ApiContext,
    query: QueryParameters,
    headers: HeaderMap,
    body: Bytes,
    /// Set if the request has an `Idempotency-Key`.
    repeatable: Option<RepeatableRequest>,
}

impl FromRequest<ApiContext> for ChangeCall {
    type Rejection = Problem;

    async fn from_request(request: Request, context: &ApiContext) -> Result<ChangeCall, Problem> {
        let (mut parts, body) = request.into_parts();
        let path = RawPathParams::from_request_parts(&mut parts, context).await;
        let path = path.map_err(|error| Problem::bad_request(error.to_string()))?;
        let text = |wanted: &str| {
            let mut parts = path.iter();
            let found = parts.find(|(name, _)| *name == wanted);
            found.map(|(_, text)| text.to_owned()).unwrap_or_default()
        };
        let body = body::to_bytes(body, MAX_BODY).await;
        let body = body.map_err(|error| Problem::bad_request(error.to_string()))?;
        let (Some(caller), Some(query)) = (parts.extensions.remove(), parts.extensions.remove())
        else {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Problem::new(
                status,
                "internal",
                "the route has no authorization",
            ));
        };
        Ok(ChangeCall {
            caller,
            environment: text("environment"),
            key: text("key"),
            context: context.clone(),
            query,
            repeatable: parts.extensions.remove(),
            headers: parts.headers,
            body,
        })
    }
}

impl ChangeCall {
    /// Parses the body, whatever its content type. An empty one has no members.
    ///
    /// # Errors
    /// If it is no JSON of this form.
    pub fn body<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        parse_body(&self.body)
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// If the command is refused, or the request is invalid.
    pub async fn run(self, command: Command, reason: Option<String>) -> Result<Response, Problem> {
        let environment = self.context.environment(&self.environment)?.clone();
        let expected = expected_version(&self.headers)?;
        let (reason, dry_run) = (self.reason(reason)?, self.query.flag("dryRun")?);
        let request = ChangeRequest {
            expected_revision: expected.revision,
            expected_flag: expected_flag(&expected),
            dry_run,
            answer: self.repeatable.map(|repeatable| {
                AnswerRecorder(Arc::new(move |changed| {
                    repeatable.record(StatusCode::OK, &change_json(changed, false))
                }))
            }),
            ..ChangeRequest::new(command, self.caller.actor, reason)
        };
        let is_repeatable = request.answer.is_some();
        let changed = match environment.change(request).await {
            Ok(changed) => changed,
            Err(error) => return Err(with_current(error, &environment, &self.key)),
        };
        let mut shown = change_json(&changed, dry_run);
        if dry_run {
            add_flips(&mut shown, &changed).await;
        }
        let mut response = json_response(&shown);
        let version = ResponseVersion::Revision(changed.after.number);
        response.extensions_mut().insert(version);
        let is_new = changed.before.number != changed.after.number;
        if is_repeatable && is_new && changed.journalled {
            response.extensions_mut().insert(AnswerRecorded);
        }
        Ok(response)
    }

    /// The reason of the body, or else of the header `X-Reason`.
    fn reason(&self, of_body: Option<String>) -> Result<Option<String>, Problem> {
        let of_header = header_text(&self.headers, "x-reason");
        for reason in [&of_body, &of_header].into_iter().flatten() {
            let length = reason.len();
            if length > MAX_REASON {
                return Err(Problem::bad_request(format!(
                    "`reason` has {length} bytes; at most {MAX_REASON} are allowed"
                )));
            }
        }
        let reason = of_body.or(of_header);
        Ok(reason.filter(|reason| !reason.trim().is_empty()))
    }
}

/// Parses a body, whatever its content type. An empty one has no members.
///
/// # Errors
/// If it is no JSON of this form.
pub fn parse_body<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is invalid: {error}")))
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn expected_flag(expected: &ExpectedVersion) -> ExpectedFlag {
    match expected.flag {
        Some(version) => ExpectedFlag::Version(version),
        None if expected.is_absent => ExpectedFlag::Absent,
        None if expected.exists => ExpectedFlag::Existing,
        None => ExpectedFlag::Any,
    }
}

/// The problem of an error; a conflict has what the caller should have seen.
fn with_current(error: ChangeError, environment: &Environment, key: &str) -> Problem {
    let is_conflict = matches!(
        error,
        ChangeError::RevisionConflict { .. } | ChangeError::FlagConflict { .. }
    );
    let problem = Problem::from(error);
    if !is_conflict {
        return problem;
    }
    let status = environment.status();
    let flag = status.revision.snapshot.ruleset.flag(key);
    let version = FlagVersion::of(&status.revision, &status.state.flag(key), key);
    problem
        .with_member("revision", json!(status.revision.number))
        .with_member("current", json!(flag.map(|flag| flag_json(flag, &status))))
        .with_member("version", json!(version.map(|version| version.to_string())))
}

/// Adds who gets another variant.
async fn add_flips(shown: &mut Value, changed: &Changed) {
    let (before, after) = (changed.before.clone(), changed.after.clone());
    let found = tokio::task::spawn_blocking(move || flips(&before, &after)).await;
    if let (Ok(found), Some(members)) = (found, shown.as_object_mut()) {
        members.insert("flips".to_owned(), found);
    }
}
