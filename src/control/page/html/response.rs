//! Documents, the headers of responses, and error pages.

use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use maud::DOCTYPE;
use maud::Markup;
use maud::html;

use crate::control::access::Denial;
use crate::control::page::html::asset;

/// Nothing is loaded from elsewhere, and nothing inline runs: markup that would get into a page by a fault does nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers of every page. Without a referrer of the same origin, browsers send `Origin: null` with forms.
const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Returns a document with this title and body.
pub fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – fanion" }
                link rel="icon" href=(asset::ICON.path());
                link rel="stylesheet" href=(asset::STYLE.path());
                script src=(asset::SCRIPT.path()) defer {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                (body)
            }
        }
    }
}

/// Returns a response with the headers of pages.
pub fn html_response(status: StatusCode, content: &Markup) -> Response {
    let mut response = Response::new(Body::from(content.0.clone()));
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// Returns a response that leads to another page, also after a form.
pub fn redirect(path: &str) -> Response {
    let mut response = html_response(StatusCode::SEE_OTHER, &Markup::default());
    // Paths are percent-encoded, so they are valid header values.
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// An error page.
#[derive(Debug)]
pub struct PageError {
    status: StatusCode,
    text: String,
}

impl PageError {
    /// An error with a sentence for the reader.
    pub fn new(status: StatusCode, text: String) -> PageError {
        PageError { status, text }
    }

    /// The error as a notice on a page that shows the rest.
    pub fn notice(&self) -> Markup {
        html! { p.notice { (self.text) } }
    }
}

impl From<Denial> for PageError {
    fn from(denial: Denial) -> PageError {
        PageError::new(StatusCode::FORBIDDEN, format!("{denial}."))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = html! { main #content {
            h1 { (title) }
            p { (self.text) }
            p { a href="/" { "To the flags" } }
        } };
        html_response(self.status, &document(title, &body))
    }
}
