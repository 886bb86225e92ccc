//! CORS: allowed origins, preflight responses and response headers.

use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;

use crate::serve::http::body::Body;

const ALLOW_METHODS: HeaderValue = HeaderValue::from_static("HEAD, GET, POST, PUT, PATCH, DELETE");
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static(
    "Accept, Accept-Encoding, Accept-Post, Connect-Accept-Encoding, Connect-Content-Encoding, \
     Content-Encoding, ETag, Grpc-Accept-Encoding, Grpc-Encoding, Grpc-Message, Grpc-Status, \
     Grpc-Status-Details-Bin",
);

/// The origins of pages that may send requests.
#[derive(Debug, Clone, Default)]
pub enum AllowedOrigins {
    /// All origins, as in flagd without `--cors-origin`.
    #[default]
    Any,
    /// The origins that match one of these patterns.
    Only(Box<[OriginPattern]>),
}

/// An origin in lower case, with at most one wildcard.
#[derive(Debug, Clone)]
pub struct OriginPattern {
    prefix: Box<str>,
    /// The text after the wildcard, if there is one.
    suffix: Option<Box<str>>,
}

impl OriginPattern {
    fn parse(name: &str) -> OriginPattern {
        let name = name.to_ascii_lowercase();
        let (before, after) = match name.split_once('*') {
            Some((before, after)) => (before, Some(after)),
            None => (&*name, None),
        };
        OriginPattern {
            prefix: before.into(),
            suffix: after.map(Into::into),
        }
    }

    fn matches(&self, origin: &str) -> bool {
        match (&self.suffix, origin.strip_prefix(&*self.prefix)) {
            (Some(after), Some(rest)) => rest.ends_with(&**after),
            (None, Some(rest)) => rest.is_empty(),
            (_, None) => false,
        }
    }
}

impl AllowedOrigins {
    /// The origins that the operator configured. An empty list or a bare `*` allows all origins.
    pub fn from_names(names: &[String]) -> AllowedOrigins {
        if names.is_empty() || names.iter().any(|name| name == "*") {
            return AllowedOrigins::Any;
        }
        AllowedOrigins::Only(
            names
                .iter()
                .map(|name| OriginPattern::parse(name))
                .collect(),
        )
    }

    /// The value of `Access-Control-Allow-Origin`; `None` if the origin is not allowed.
    fn allow_origin_value(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        let AllowedOrigins::Only(names) = self else {
            return Some(ANY_ORIGIN);
        };
        let lower = origin.to_str().ok()?.to_ascii_lowercase();
        names
            .iter()
            .any(|name| name.matches(&lower))
            .then(|| origin.clone())
    }

    /// The response to a preflight request; `None` if the request is not a preflight request.
    pub fn preflight_response(&self, request: &Parts) -> Option<Response<Body>> {
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
        let Some(allowed) = self.allow_origin_value(origin) else {
            return Some(response);
        };
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOW_METHODS);
        if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        Some(response)
    }

    /// Adds the headers without which a browser hides the response from the page that sent the request.
    pub fn add_response_headers(&self, request: &HeaderMap, response: &mut Response<Body>) {
        let headers = response.headers_mut();
        headers.insert(header::VARY, VARY_ORIGIN);
        let origin = request.get(header::ORIGIN);
        if let Some(allowed) = origin.and_then(|origin| self.allow_origin_value(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
        }
    }
}
