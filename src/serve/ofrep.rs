//! The OFREP port: evaluation over plain HTTP, for web and edge clients.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use crate::live::Live;
use crate::resolve;
use crate::resolve::Around;
use crate::resolve::Witness;
use crate::resolve::ofrep as resolve_ofrep;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::cors;
use crate::serve::rpc;
use crate::telemetry::trace::Recording;
use crate::wire::error::Code;
use crate::wire::ofrep;
use crate::wire::ofrep::Failure;

const BASE: &str = "/ofrep/v1/evaluate/flags";

/// What the OFREP port works with.
#[derive(Debug)]
pub struct Ofrep {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub settings: Settings,
}

/// What a path asks for.
#[derive(Debug)]
pub enum Route {
    /// All flags.
    All,
    /// The flag with this key.
    One(String),
}

impl Ofrep {
    /// Answers a request, whatever it is.
    pub async fn handle(self: Arc<Ofrep>, request: Request<Incoming>) -> Response<Body> {
        if let Some(response) = cors::preflight(&request) {
            return response;
        }
        let browser = request.headers().contains_key(header::ORIGIN);
        let mut response = self.route(request).await;
        cors::allow(browser, response.headers_mut());
        response
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        if path.contains("//") {
            return moved(path);
        }
        let Some(route) = route(path) else {
            return rpc::not_found();
        };
        if request.method() != Method::POST {
            return status(StatusCode::METHOD_NOT_ALLOWED);
        }
        let (parts, body) = request.into_parts();
        let evaluated = match body::read(body, self.settings.max_body).await {
            Ok(body) => self.evaluate(&route, &parts, &body),
            Err(error) if error.code == Code::ResourceExhausted => Err(ofrep::too_large()),
            Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
        };
        match (evaluated, route) {
            (Ok(body), Route::All) => tagged(body, &parts.headers),
            (Ok(body), Route::One(_)) => answer(200, body.into()),
            (Err(failure), _) => answer(failure.status, failure.body.into()),
        }
    }

    fn evaluate(&self, route: &Route, parts: &Parts, body: &Bytes) -> Result<String, Failure> {
        let key = match route {
            Route::All => None,
            Route::One(key) => Some(key.as_str()),
        };
        let headers = &parts.headers;
        let recording = self.settings.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<Recording>());
        let selector = rpc::selector(headers).map_err(|why| ofrep::bad_selector(key, &why))?;
        let overlay = self.settings.extra.overlay(Some(headers));
        let around = Around {
            selector: &selector,
            overlay: &overlay,
            clock: resolve::system_clock,
            witness: recording.map(|recording| recording as &dyn Witness),
        };
        let snapshot = self.live.load();
        let begun = Instant::now();
        let metrics = &self.settings.metrics;
        let (answer, histogram) = if let Some(key) = key {
            let answer = resolve_ofrep::one(&snapshot, around, key, body);
            (answer, &metrics.single)
        } else {
            let answer = resolve_ofrep::all(&snapshot, around, body);
            (answer, &metrics.bulk)
        };
        histogram.time(begun.elapsed());
        answer
    }
}

/// The route of a path. A key is one segment: an escaped slash does not make one.
pub fn route(path: &str) -> Option<Route> {
    let rest = path.strip_prefix(BASE)?;
    if matches!(rest, "" | "/") {
        return Some(Route::All);
    }
    let key = percent_decode_str(rest.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    (!key.contains('/')).then(|| Route::One(key.into_owned()))
}

/// A bulk answer with an entity tag: of its content alone, so that it is the same on every replica.
fn tagged(body: String, headers: &HeaderMap) -> Response<Body> {
    let hash = murmur3::murmur3_x64_128(&mut body.as_bytes(), 0).unwrap_or_default();
    let tag = format!("\"{hash:032x}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let known = known
        .unwrap_or("")
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"));
    let mut response = if known.into_iter().any(|known| known == tag || known == "*") {
        status(StatusCode::NOT_MODIFIED)
    } else {
        answer(200, body.into())
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn answer(status: u16, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Full(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

/// The answer to a path with empty segments: the same path without them.
fn moved(path: &str) -> Response<Body> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut cleaned: String = parts.flat_map(|part| ["/", part]).collect();
    if path.ends_with('/') || cleaned.is_empty() {
        cleaned.push('/');
    }
    let mut response = status(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(&cleaned) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
