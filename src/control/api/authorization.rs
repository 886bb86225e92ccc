//! Checks the parameters and the grant of a route before its handler runs, and gives an answer again if the request is a
//! repetition.

use std::time::Duration;
use std::time::Instant;

use axum::Extension;
use axum::body;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use serde_json::Value;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::access::Verb;
use crate::control::api::ApiContext;
use crate::control::api::handler::MAX_BODY;
use crate::control::api::native::route::Needs;
use crate::control::api::native::route::Route;
use crate::control::api::problem::Problem;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::entity_tag;
use crate::control::api::request::idempotency::RepeatableRequest;
use crate::control::api::request::rate_limit::Remaining;
use crate::control::environment::Environment;
use crate::control::environment::now_ms;
use crate::control::revision::Revision;
use crate::control::store::RecordKind;

/// The longest wait for a revision.
const REVISION_WAIT: Duration = Duration::from_secs(2);
/// The longest wait for the store to find an earlier answer, or to take the answer of a change that needed no event.
const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// In the extensions of an answer whose record is in the store.
#[derive(Debug, Clone, Copy)]
pub struct AnswerRecorded;

/// Lets a request pass whose caller has the grant of the route, and gives the handler its parameters.
pub async fn authorize(
    State((context, route)): State<(ApiContext, &'static Route)>,
    Extension(caller): Extension<Caller>,
    path: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let remaining = if route.needs.is_protective() {
        None
    } else {
        context.rate_limits.take(&caller.token_id, Instant::now())
    };
    let passed = pass(&context, route, &caller, &path, remaining, request, next).await;
    let mut response = passed.unwrap_or_else(Problem::into_response);
    if let Some(remaining) = remaining {
        remaining.add_headers(response.headers_mut());
    }
    response
}

async fn pass(
    context: &ApiContext,
    route: &Route,
    caller: &Caller,
    path: &RawPathParams,
    remaining: Option<Remaining>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    remaining.map_or(Ok(()), |remaining| remaining.check())?;
    check(context, route, caller, path)?;
    let query = QueryParameters::parse(request.uri().query(), &route.all_parameters())?;
    if let Some(number) = query.number("minRevision")? {
        wait_for_revision(context, text_of(path, "environment"), number).await?;
    }
    request.extensions_mut().insert(query);
    if route.method == Method::GET {
        let headers = request.headers().clone();
        let response = next.run(request).await;
        return Ok(match route.needs {
            Needs::Events => response,
            _ => entity_tag::tag(&headers, response).await,
        });
    }
    carry_out_once(context, caller, request, next).await
}

/// Carries a change out, or gives the answer of an earlier request with the same `Idempotency-Key`.
async fn carry_out_once(
    context: &ApiContext,
    caller: &Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = body::to_bytes(body, MAX_BODY).await;
    let body = body.map_err(|error| Problem::bad_request(error.to_string()))?;
    let url = parts.uri.to_string();
    let reason = parts.headers.get("x-reason").map(HeaderValue::as_bytes);
    let method = parts.method.as_str().as_bytes();
    let whole: [&[u8]; 4] = [method, url.as_bytes(), &body, reason.unwrap_or_default()];
    let repeatable = RepeatableRequest::parse(&parts.headers, &caller.token_id, &whole, now_ms())?;
    let mut request = Request::from_parts(parts, Body::from(body));
    let Some(repeatable) = repeatable else {
        return Ok(next.run(request).await);
    };
    let _in_progress = context.in_progress.begin(&repeatable)?;
    let (reader, key) = (context.reader.clone(), repeatable.record_key.clone());
    let read = move || reader.record(RecordKind::Answer, &key);
    let earlier = tokio::time::timeout(ANSWER_WAIT, tokio::task::spawn_blocking(read)).await;
    // Without an answer of the store, a kill must still be possible.
    if let Ok(Ok(Ok(Some(earlier)))) = earlier
        && let Some(answer) = repeatable.replay(&earlier)?
    {
        return Ok(answer);
    }
    request.extensions_mut().insert(repeatable.clone());
    let response = next.run(request).await;
    let is_recorded = response.extensions().get::<AnswerRecorded>().is_some();
    if is_recorded || !response.status().is_success() {
        return Ok(response);
    }
    record_answer(context, &repeatable, response).await
}

/// Records the answer of a request that wrote no event with it.
async fn record_answer(
    context: &ApiContext,
    repeatable: &RepeatableRequest,
    response: Response,
) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let body = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    // The secret of a token is not kept.
    if let Some(members) = answer.as_object_mut() {
        members.remove("token");
    }
    let record = repeatable.record(parts.status, &answer);
    let written = context.write_records(vec![record]);
    if !matches!(tokio::time::timeout(ANSWER_WAIT, written).await, Ok(Ok(()))) {
        tracing::warn!("the store has not taken the answer of a request with an idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Waits until an environment has a revision, or a newer one: a caller reads what it has written.
async fn wait_for_revision(
    context: &ApiContext,
    environment: &str,
    number: u64,
) -> Result<(), Problem> {
    let mut revisions = context.environment(environment)?.subscribe();
    let reached = revisions.wait_for(|revision| revision.number >= number);
    let reached = tokio::time::timeout(REVISION_WAIT, reached).await;
    if matches!(reached, Ok(Ok(_))) {
        return Ok(());
    }
    drop(reached);
    let newest = revisions.borrow().number;
    let why = format!("the environment is at revision {newest}, not at {number} yet");
    Err(Problem::not_found("unknown-revision", why))
}

fn text_of<'p>(path: &'p RawPathParams, wanted: &str) -> &'p str {
    let mut parts = path.iter();
    let found = parts.find(|(name, _)| *name == wanted);
    found.map(|(_, text)| text).unwrap_or_default()
}

fn check(
    context: &ApiContext,
    route: &Route,
    caller: &Caller,
    path: &RawPathParams,
) -> Result<(), Problem> {
    let (environment, key) = (text_of(path, "environment"), text_of(path, "key"));
    if caller.kind == CallerKind::Publishable && !route.needs.is_open_to_pages() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "publishable-key",
            "a publishable key can only evaluate flags and follow changes: send a token in the header `authorization`",
        ));
    }
    let flag = |verb| context.require_flag(caller, verb, environment, key);
    match route.needs {
        Needs::Token => {}
        Needs::Environment(verb) => caller.require(verb, environment, None, None)?,
        Needs::Flag(verb) => flag(verb)?,
        Needs::Evaluation => flag(Verb::Read)?,
        Needs::Definition if context.has_flag(environment, key) => flag(Verb::Write)?,
        // Of a new flag, the handler checks the owner that its definition names.
        Needs::AnyGrant | Needs::Events | Needs::Definition => caller.require_any(environment)?,
    }
    Ok(())
}

impl ApiContext {
    /// Checks that a caller may do what `verb` names to a flag, whose owner is looked up.
    ///
    /// # Errors
    /// If it lacks the grant.
    pub fn require_flag(
        &self,
        caller: &Caller,
        verb: Verb,
        environment: &str,
        key: &str,
    ) -> Result<(), Problem> {
        let found = self.environments.get(environment);
        let owner = found.and_then(|found| owner_of(&found.revision(), key));
        Ok(caller.require(verb, environment, Some(key), owner.as_deref())?)
    }

    fn has_flag(&self, environment: &str, key: &str) -> bool {
        let found = self.environments.get(environment);
        found.is_some_and(|found| found.revision().definitions.contains_key(key))
    }
}

/// The flags of an environment that a caller may read.
pub struct FlagReader<'c> {
    caller: &'c Caller,
    environment: &'c str,
    revision: &'c Revision,
    /// True if it may read all.
    pub reads_all: bool,
}

impl<'c> FlagReader<'c> {
    /// The flags of an environment at a revision.
    pub fn new(
        caller: &'c Caller,
        environment: &'c Environment,
        revision: &'c Revision,
    ) -> FlagReader<'c> {
        let environment = &*environment.name;
        FlagReader {
            reads_all: caller.may(Verb::Read, environment, None, None),
            caller,
            environment,
            revision,
        }
    }

    /// Returns true if the caller may read the flag.
    pub fn may_read(&self, key: &str) -> bool {
        let owner = || owner_of(self.revision, key);
        self.reads_all
            || self
                .caller
                .may(Verb::Read, self.environment, Some(key), owner().as_deref())
    }
}

/// The owner of a flag, as its definition names it.
pub fn owner_of(revision: &Revision, key: &str) -> Option<String> {
    let text = revision.definitions.get(key)?;
    owner_in(&serde_json::from_str(text).ok()?)
}

/// The owner that a definition names.
pub fn owner_in(definition: &Value) -> Option<String> {
    let of = |group: &str| definition.get(group)?.get("owner")?.as_str();
    of("lifecycle")
        .or_else(|| of("metadata"))
        .map(ToOwned::to_owned)
}
