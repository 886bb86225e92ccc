//! Lets requests with a session pass, and tells the pages whose it is.

use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::Uri;
use http::header;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::api::authentication;
use crate::control::page::context::PageContext;
use crate::control::page::html::response::redirect;
use crate::control::page::html::text;
use crate::control::page::session::signed_in::SignedIn;

/// The name of the cookie.
pub const COOKIE: &str = "fanion-session";

/// Lets a request pass that has a session; others are led to the form that begins one.
pub async fn require_session(
    State(context): State<PageContext>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(signed_in) = signed_in(&context, request.headers()) {
        request.extensions_mut().insert(signed_in);
        return next.run(request).await;
    }
    // The script reads the status; a form that it followed would be useless to it.
    if request.uri().path().ends_with("/receipts") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let target = request.uri().path_and_query();
    let target = target.filter(|_| request.method() == Method::GET);
    let target = target.map_or("/", http::uri::PathAndQuery::as_str);
    redirect(&format!("/sign-in?next={}", text::encode(target)))
}

fn signed_in(context: &PageContext, headers: &HeaderMap) -> Option<SignedIn> {
    let session = context.sessions.find(session_id(headers)?)?;
    let caller = authenticate(context, &session.token)?;
    Some(SignedIn { caller, session })
}

/// Returns the caller who has a token, if it is valid. Publishable keys are no secret, so they open no session.
pub fn authenticate(context: &PageContext, token: &[u8]) -> Option<Caller> {
    let mut headers = HeaderMap::new();
    let value = [b"Bearer ", token].concat();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_bytes(&value).ok()?);
    let caller = authentication::caller_of(&context.api, &headers, &Uri::default()).ok()?;
    (caller.kind != CallerKind::Publishable).then_some(caller)
}

/// The id of the session in the cookies of a request.
pub fn session_id(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter();
    let cookies = values.filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// Returns true if the browser says that a form came from this site. Every browser sends `Origin` with a form; only its
/// scheme is unknown here, because a proxy may have ended TLS.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else {
        return false;
    };
    let origin = origin.split_once("://").map(|(_, host)| host);
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn session_is_found_among_other_cookies() {
        for (cookies, id) in [
            (&[("cookie", "fanion-session=abc")][..], Some("abc")),
            (&[("cookie", "a=b; fanion-session=abc;c=d")], Some("abc")),
            (
                &[("cookie", "a=b"), ("cookie", "fanion-session=abc")],
                Some("abc"),
            ),
            (&[("cookie", "xfanion-session=abc; fanion-session")], None),
            (&[], None),
        ] {
            assert_eq!(session_id(&headers(cookies)), id, "{cookies:?}");
        }
    }

    #[test]
    fn form_of_another_site_is_not_of_the_same_origin() {
        for (origin, host, is_same) in [
            ("http://localhost:8020", "localhost:8020", true),
            ("https://Flags.example", "flags.example", true),
            ("https://evil.example", "flags.example", false),
            ("https://flags.example:8443", "flags.example", false),
            ("null", "flags.example", false),
        ] {
            let headers = headers(&[("origin", origin), ("host", host)]);
            assert_eq!(is_same_origin(&headers), is_same, "{origin} {host}");
        }
        assert!(!is_same_origin(&headers(&[("host", "flags.example")])));
    }
}
