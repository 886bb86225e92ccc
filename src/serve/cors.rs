//! Cross-origin requests: which pages may ask.

use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;

use crate::serve::body::Body;

const METHODS: HeaderValue = HeaderValue::from_static("HEAD, GET, POST, PUT, PATCH, DELETE");
const ANY: HeaderValue = HeaderValue::from_static("*");
const VARY: HeaderValue = HeaderValue::from_static("Origin");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept, Accept-Encoding, Accept-Post, Connect-Accept-Encoding, Connect-Content-Encoding, \
     Content-Encoding, ETag, Grpc-Accept-Encoding, Grpc-Encoding, Grpc-Message, Grpc-Status, \
     Grpc-Status-Details-Bin",
);

/// The pages that may ask, by their origin.
#[derive(Debug, Clone, Default)]
pub enum Origins {
    /// All of them, as in flagd without `--cors-origin`.
    #[default]
    Any,
    /// Those that fit one of these.
    Some(Box<[Pattern]>),
}

/// An origin in lower case, of which a part may stand open.
#[derive(Debug, Clone)]
pub struct Pattern {
    before: Box<str>,
    /// What follows the open part, if there is one.
    after: Option<Box<str>>,
}

impl Pattern {
    fn of(name: &str) -> Pattern {
        let name = name.to_ascii_lowercase();
        let (before, after) = match name.split_once('*') {
            Some((before, after)) => (before, Some(after)),
            None => (&*name, None),
        };
        Pattern {
            before: before.into(),
            after: after.map(Into::into),
        }
    }

    fn fits(&self, origin: &str) -> bool {
        match (&self.after, origin.strip_prefix(&*self.before)) {
            (Some(after), Some(rest)) => rest.ends_with(&**after),
            (None, Some(rest)) => rest.is_empty(),
            (_, None) => false,
        }
    }
}

impl Origins {
    /// The origins that an operator names. No name at all, or a bare `*`, is every origin.
    pub fn of(names: &[String]) -> Origins {
        if names.is_empty() || names.iter().any(|name| name == "*") {
            return Origins::Any;
        }
        Origins::Some(names.iter().map(|name| Pattern::of(name)).collect())
    }

    /// What a page is told of itself; `None` if it may not ask.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        let Origins::Some(names) = self else {
            return Some(ANY);
        };
        let asked = origin.to_str().ok()?.to_ascii_lowercase();
        names
            .iter()
            .any(|name| name.fits(&asked))
            .then(|| origin.clone())
    }

    /// The answer to a browser that asks before it sends.
    pub fn preflight(&self, request: &Parts) -> Option<Response<Body>> {
        let headers = &request.headers;
        let origin = headers.get(header::ORIGIN)?;
        let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if request.method != Method::OPTIONS || !asks {
            return None;
        }
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NO_CONTENT;
        let out = response.headers_mut();
        let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        out.insert(header::VARY, HeaderValue::from_static(vary));
        let Some(allowed) = self.allowed(origin) else {
            return Some(response);
        };
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        Some(response)
    }

    /// Adds what a browser needs in order to show the answer to the page that asked.
    pub fn allow(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(header::VARY, VARY);
        if let Some(allowed) = origin.and_then(|origin| self.allowed(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}
