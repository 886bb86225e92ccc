//! Signing in with a token, and signing out.

use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use maud::Markup;
use maud::html;

use crate::control::page::context::PageContext;
use crate::control::page::html::response::PageError;
use crate::control::page::html::response::document;
use crate::control::page::html::response::html_response;
use crate::control::page::html::response::redirect;
use crate::control::page::session::access;
use crate::control::page::session::access::COOKIE;
use crate::control::page::session::form::Form;
use crate::control::page::session::form::FormFields;
use crate::control::page::session::table::LIFETIME;

/// `GET /sign-in`
pub async fn show(RawQuery(query): RawQuery) -> Response {
    let query = FormFields::parse(query.unwrap_or_default().as_bytes());
    let page = form(local_path(query.text("next")), None);
    html_response(StatusCode::OK, &page)
}

/// `POST /sign-in`: begins a session.
///
/// # Errors
/// If the form came from another site.
pub async fn sign_in(
    State(context): State<PageContext>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    if !access::is_same_origin(&headers) {
        let text = "This form was not sent from this page. If a proxy is in front of it, the proxy must pass the header Host on.";
        return Err(PageError::new(StatusCode::FORBIDDEN, text.to_owned()));
    }
    let fields = FormFields::parse(&body);
    let (token, next) = (fields.text("token"), local_path(fields.text("next")));
    if access::authenticate(&context, token.as_bytes()).is_none() {
        tracing::warn!("somebody tried to sign in with a token that is not valid");
        let why = "This token is not valid. Copy it again, without spaces, or ask for a new one.";
        return Ok(html_response(
            StatusCode::UNAUTHORIZED,
            &form(next, Some(why)),
        ));
    }
    let id = context.sessions.begin(token.as_bytes()).ok_or_else(|| {
        let text = "The system has no random numbers.".to_owned();
        PageError::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    })?;
    let seconds = LIFETIME.as_secs();
    Ok(with_cookie(redirect(next), &headers, &id, seconds))
}

/// `POST /sign-out`: ends the session.
pub async fn sign_out(
    State(context): State<PageContext>,
    headers: HeaderMap,
    Form(_): Form,
) -> Response {
    if let Some(id) = access::session_id(&headers) {
        context.sessions.end(id);
    }
    with_cookie(redirect("/sign-in"), &headers, "", 0)
}

/// Sets the cookie. It is sent over TLS only if the browser used TLS, perhaps to a proxy: `Origin` says so.
fn with_cookie(mut response: Response, headers: &HeaderMap, id: &str, seconds: u64) -> Response {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let is_tls = origin.is_some_and(|origin| origin.starts_with(b"https://"));
    let secure = if is_tls { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={id}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The path if it is one of this site, otherwise the first page: a link must not lead to another site.
fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local && is_plain { path } else { "/" }
}

fn form(next: &str, error: Option<&str>) -> Markup {
    let body = html! { main #content.narrow {
        h1 { "Sign in to fanion" }
        @if let Some(error) = error { p.error role="alert" { (error) } }
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            label for="token" { "Your token" }
            input #token type="password" name="token" required autocomplete="current-password" autofocus;
            p.hint { "It begins with fan_. Whoever runs fanion gives it to you." }
            button.primary { "Sign in" }
        }
        @if next != "/" {
            p { "Did you come by a link and are signed in already? " a href=(next) { "Continue" } }
        }
    } };
    document("Sign in", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_leads_to_this_site_only() {
        for path in ["/", "/environments/prod/log?flag=a"] {
            assert_eq!(local_path(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\r\nx: y",
        ] {
            assert_eq!(local_path(path), "/", "{path:?}");
        }
    }
}
