//! `Call`: the caller, the environment and the parameters of a request.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::control::access::Caller;
use crate::control::access::Verb;
use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::api::query::QueryParameters;
use crate::control::environment::ChangeRequest;
use crate::control::environment::Changed;
use crate::control::environment::Environment;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::Command;

/// The environment of a request that names none, if there are several.
const DEFAULT_ENVIRONMENT: &str = "default";
/// The parameter that names the environment.
pub const ENVIRONMENT: &str = "environment";
/// How long a view waits after a start until the files were read.
const FILES_WAIT: Duration = Duration::from_secs(2);
/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;

/// The parts of a request that all routes have.
pub struct Call {
    /// The context.
    pub context: ApiContext,
    /// The environment that the request concerns.
    pub environment: Arc<Environment>,
    /// Who asks.
    pub caller: Caller,
    /// The headers.
    pub headers: HeaderMap,
    query: Option<String>,
}

impl FromRequestParts<ApiContext> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &ApiContext) -> Result<Call, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Problem::bad_request("the caller is unknown"))?;
        let query = parts.uri.query();
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut named = pairs.filter(|(name, _)| name == ENVIRONMENT);
        let named = named.next().map(|(_, value)| value.into_owned());
        let environment = environment(context, named.as_deref())?;
        Ok(Call {
            environment,
            context: context.clone(),
            caller,
            headers: parts.headers.clone(),
            query: query.map(ToOwned::to_owned),
        })
    }
}

/// The environment of this name; without one, the default environment or the only one.
fn environment(context: &ApiContext, named: Option<&str>) -> Result<Arc<Environment>, Problem> {
    let all = &context.environments;
    let only = all.keys().next().filter(|_| all.len() == 1);
    let name = match (named, only) {
        (Some(name), _) => name,
        (None, Some(only)) => only,
        (None, None) if all.contains_key(DEFAULT_ENVIRONMENT) => DEFAULT_ENVIRONMENT,
        (None, None) => {
            let known: Vec<&str> = all.keys().map(|name| &**name).collect();
            let known = known.join(", ");
            return Err(Problem::bad_request(format!(
                "name the environment: `?{ENVIRONMENT}=NAME`; there are {known}"
            )));
        }
    };
    context.environment(name).cloned()
}

impl Call {
    /// The parameters of the URL, which may be `environment` and those of `known`.
    ///
    /// # Errors
    /// If one is unknown or given twice.
    pub fn parameters(&self, known: &[&str]) -> Result<QueryParameters, Problem> {
        let known: Vec<&str> = known.iter().copied().chain([ENVIRONMENT]).collect();
        QueryParameters::parse(self.query.as_deref(), &known)
    }

    /// Checks that the caller has the grant for a flag.
    ///
    /// # Errors
    /// If it lacks it.
    pub fn require(&self, verb: Verb, key: &str) -> Result<(), Problem> {
        let environment = &self.environment.name;
        self.context
            .require_flag(&self.caller, verb, environment, key)
    }

    /// Waits after a start until the files were read. A kill does not wait.
    pub async fn wait_for_files(&self) {
        self.environment.wait_until_files_read(FILES_WAIT).await;
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// The entity tags in `If-Match`.
    pub fn if_match(&self) -> Option<String> {
        self.header(header::IF_MATCH.as_str())
    }

    /// Carries out a command. The reason comes from the body, or else from the header `x-reason`.
    ///
    /// # Errors
    /// If it is refused, or the environment has another revision than the expected one.
    pub async fn change(
        &self,
        command: Command,
        reason: Option<String>,
        expected_revision: Option<u64>,
    ) -> Result<Result<Changed, ChangeError>, Problem> {
        let reason = reason.or_else(|| self.header("x-reason"));
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        if let Some(reason) = reason.as_ref().filter(|reason| reason.len() > MAX_REASON) {
            return Err(Problem::bad_request(format!(
                "`reason` has {} bytes; at most {MAX_REASON} are allowed",
                reason.len()
            )));
        }
        let request = ChangeRequest {
            expected_revision,
            ..ChangeRequest::new(command, self.caller.actor.clone(), reason)
        };
        Ok(self.environment.change(request).await)
    }
}

/// Parses a body, whatever its content type says.
///
/// # Errors
/// If it is not the expected JSON.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = if body.trim_ascii().is_empty() {
        b"{}"
    } else {
        body
    };
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is invalid: {error}")))
}

/// A problem with the document as it now reads.
pub fn conflict(problem: Problem, current: &str) -> Problem {
    let current: serde_json::Value = serde_json::from_str(current).unwrap_or_default();
    problem.with(json!({ "current": current }))
}
