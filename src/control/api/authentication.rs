//! Finds the caller of a request: by the bearer token of its header, or by the publishable key of its URL.

use std::sync::Arc;

use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::Uri;
use http::header;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::access::secret::PUBLISHABLE_PREFIX;
use crate::control::access::token_registry::LiveToken;
use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::environment::now_ms;
use crate::serve::http::auth::bearer_token;

/// The parameter of publishable keys.
const KEY: &str = "key";

/// Lets a request pass that has a valid token or publishable key. The `Caller` is in its extensions, and the key is no
/// longer in its URL.
pub async fn require_caller(
    State(context): State<ApiContext>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match caller_of(&context, request.headers(), request.uri()) {
        Ok(caller) => caller,
        Err(problem) => return challenge(problem),
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let origin = origin.filter(|_| caller.kind == CallerKind::Publishable);
    if let Some(uri) = without_key(request.uri()) {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

/// The response of a problem; one without valid credentials says which scheme is needed.
fn challenge(problem: Problem) -> Response {
    let mut response = problem.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// Returns the caller of a request.
///
/// # Errors
/// If it has no valid token and no publishable key: 401, with the way to mend it. 403 if a publishable key is used by a
/// page of another origin.
pub fn caller_of(context: &ApiContext, headers: &HeaderMap, uri: &Uri) -> Result<Caller, Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        let secret = bearer_token::from_headers(headers).map_err(unauthenticated)?;
        return caller_with(context, secret, headers);
    }
    match key_of(uri) {
        Some(key) if key.starts_with(PUBLISHABLE_PREFIX) => {
            caller_with(context, key.as_bytes(), headers)
        }
        Some(_) => Err(unauthenticated(
            "`key` takes publishable keys, which begin with `fan_pub_`: a token in a URL ends up in logs; send it as `authorization: Bearer TOKEN`",
        )),
        None => Err(unauthenticated(
            "a bearer token is required: send the header `authorization: Bearer TOKEN`",
        )),
    }
}

fn caller_with(
    context: &ApiContext,
    secret: &[u8],
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    let bootstrap = context.bootstrap_token.as_ref();
    if bootstrap.is_some_and(|file| file.matches(secret)) {
        return Ok(context.tokens.bootstrap());
    }
    let found = context.tokens.authenticate(secret, now_ms());
    let (caller, live) = found.map_err(|why| unauthenticated(why.to_string()))?;
    if caller.kind == CallerKind::Publishable {
        check_origin(&live, headers)?;
    }
    Ok(caller)
}

/// Checks that a page may use a publishable key. A request without `Origin` is not one of a page of another site.
fn check_origin(live: &Arc<LiveToken>, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origins = &live.token.origins;
    let is_named = origins
        .iter()
        .any(|named| named.as_bytes() == origin.as_bytes());
    if is_named {
        return Ok(());
    }
    let named = origins.join(", ");
    let given = String::from_utf8_lossy(origin.as_bytes());
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "origin",
        format!("the publishable key is for pages of {named}, not of {given}"),
    ))
}

fn unauthenticated(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", why)
}

/// The value of `key` in a URL.
fn key_of(uri: &Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let (_, key) = parameters.find(|(name, _)| name == KEY)?;
    Some(key.into_owned())
}

/// The URL without `key`; `None` if it has none.
fn without_key(uri: &Uri) -> Option<Uri> {
    let query = uri.query()?;
    let is_key = |part: &&str| part.split('=').next() == Some(KEY);
    let kept: Vec<&str> = query.split('&').filter(|part| !is_key(part)).collect();
    let path = match kept.join("&") {
        all if all.len() == query.len() => return None,
        none if none.is_empty() => uri.path().to_owned(),
        rest => format!("{}?{rest}", uri.path()),
    };
    path.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_removed_from_the_url() {
        let shown =
            |uri: &'static str| without_key(&Uri::from_static(uri)).map(|uri| uri.to_string());
        assert_eq!(shown("/a"), None);
        assert_eq!(shown("/a?x=1"), None);
        assert_eq!(shown("/a?keys=1"), None);
        assert_eq!(shown("/a?key=fan_pub_x").as_deref(), Some("/a"));
        assert_eq!(shown("/a?x=1&key=k&y=2").as_deref(), Some("/a?x=1&y=2"));
    }
}
