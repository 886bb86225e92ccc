//! The OFREP port: evaluation over plain HTTP, for web and edge clients.

mod path;

use std::borrow::Cow;
use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::Either;
use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;
use tokio::sync::watch;

use crate::live::Live;
use crate::resolve;
use crate::resolve::Around;
use crate::resolve::Witness;
use crate::resolve::ofrep as resolve_ofrep;
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::answers::Answers;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::events;
use crate::serve::observe::Observer;
use crate::serve::ofrep::path::Path;
use crate::serve::patience::Patience;
use crate::serve::rpc;
use crate::serve::sse;
use crate::telemetry::trace::Recording;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::ofrep;
use crate::wire::ofrep::Failure;
use crate::wire::stream;

const BASE: &str = "/ofrep/v1/evaluate/flags";

/// What the OFREP port works with.
#[derive(Debug)]
pub struct Ofrep {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub settings: Arc<Settings>,
    /// Places for streams.
    pub streams: Arc<Semaphore>,
    /// Who watches the requests.
    pub observer: Observer,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Answers for Arc<Ofrep> {
    fn any(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let watched = self.observer.ofrep(&mut parts);
        watched.answer(self.clone().handle(parts, body))
    }

    fn prompt(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = self.route(request).ok()?;
        // What the client has already is not sent, and an answer without a body is not for there.
        let tagged = matches!(route, Route::All);
        let known = tagged && request.headers.contains_key(header::IF_NONE_MATCH);
        if known || !body::fits(body.len(), self.settings.max_body) {
            return None;
        }
        let watched = self.observer.ofrep(request);
        Some(watched.answered(self.whole(&route, request, Ok(body.clone()))))
    }
}

/// What a path asks for.
#[derive(Debug)]
pub enum Route {
    /// All flags.
    All,
    /// The flag with this key.
    One(String),
    /// The stream of changes of the flags that the text selects.
    Changes(String),
}

impl Ofrep {
    /// No `async fn`: it would hold the request twice, and hyper keeps room for that as long as a connection lasts.
    fn handle(
        self: Arc<Ofrep>,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        if let Some(response) = self.settings.cors.preflight(&parts) {
            return Either::Left(ready(response));
        }
        let route = self.route(&parts);
        let settings = &self.settings;
        let mut body = body::read(body, settings.max_body, settings.read_timeout);
        Either::Right(async move {
            match route {
                // Whatever may come of a body, the stream does not wait for it.
                Ok(route @ Route::Changes(_)) => self.whole(&route, &parts, Ok(Bytes::new())),
                Ok(route) => self.whole(&route, &parts, (&mut body).await),
                Err(response) => self.share(&parts, *response),
            }
        })
    }

    /// Answers a request that was read.
    fn whole(&self, route: &Route, parts: &Parts, body: Result<Bytes, RpcError>) -> Response<Body> {
        let response = match route {
            Route::Changes(text) => self.changes(text, &parts.headers),
            Route::All | Route::One(_) => self.reply(route, parts, body),
        };
        self.share(parts, response)
    }

    /// Lets the page that asked see the answer.
    fn share(&self, parts: &Parts, mut response: Response<Body>) -> Response<Body> {
        let origin = parts.headers.get(header::ORIGIN);
        self.settings.cors.allow(origin, response.headers_mut());
        response
    }

    /// What is to be evaluated.
    ///
    /// # Errors
    /// If nothing is; the answer that is due instead.
    fn route(&self, parts: &Parts) -> Result<Route, Box<Response<Body>>> {
        let path = match path::check(&parts.uri) {
            Path::Sound(path) => path,
            Path::Moved(location) => return Err(Box::new(moved(&location))),
            Path::Malformed => return Err(Box::new(status(StatusCode::BAD_REQUEST))),
        };
        let (route, allowed) = match route(path) {
            Some(Route::Changes(_)) if self.settings.changes.is_none() => {
                return Err(Box::new(rpc::not_found()));
            }
            None => return Err(Box::new(rpc::not_found())),
            Some(route @ Route::Changes(_)) => (route, "GET"),
            Some(route @ (Route::All | Route::One(_))) => (route, "POST"),
        };
        if parts.method.as_str() == allowed {
            Ok(route)
        } else {
            Err(Box::new(not_allowed(allowed)))
        }
    }

    fn reply(&self, route: &Route, parts: &Parts, body: Result<Bytes, RpcError>) -> Response<Body> {
        let evaluated = match body {
            Ok(body) => self.evaluate(route, parts, &readable(body)),
            Err(error) if error.code == Code::ResourceExhausted => Err(ofrep::too_large()),
            Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
        };
        match (evaluated, route) {
            (Ok((body, Freshness::Changed)), Route::All) => tagged(body, None),
            (Ok((body, Freshness::Unknown)), Route::All) => tagged(body, Some(&parts.headers)),
            (Ok((body, _)), _) => answer(200, body.into()),
            (Err(failure), _) => answer(failure.status, failure.body.into()),
        }
    }

    fn evaluate(
        &self,
        route: &Route,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<(String, Freshness), Failure> {
        let key = match route {
            Route::One(key) => Some(key.as_str()),
            Route::All | Route::Changes(_) => None,
        };
        let headers = &parts.headers;
        let recording = self.settings.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<Recording>());
        let selector = rpc::selector(headers)
            .and_then(|selector| rpc::required(&self.settings, selector))
            .map_err(|why| ofrep::bad_selector(key, &why))?;
        let overlay = self.settings.extra.overlay(Some(headers));
        let around = Around {
            selector: &selector,
            overlay: &overlay,
            clock: resolve::system_clock,
            witness: recording.map(|recording| recording as &dyn Witness),
        };
        let snapshot = self.live.load();
        let (begun, metrics) = (Instant::now(), &self.settings.metrics);
        if let Some(key) = key {
            let answer = resolve_ofrep::one(&snapshot, around, key, body);
            metrics.single.time(begun.elapsed());
            return Ok((answer?, Freshness::Unknown));
        }
        let advert = self.settings.changes.as_ref();
        let streams = advert.map(|advert| advert.member(&selector));
        let answer = resolve_ofrep::all(&snapshot, around, body, &streams.unwrap_or_default());
        metrics.bulk.time(begun.elapsed());
        let body = answer?;
        let told = told(parts.uri.query().unwrap_or(""));
        let changed = told.is_some_and(|told| told != *snapshot.prints(&selector).tag());
        let freshness = if changed {
            Freshness::Changed
        } else {
            Freshness::Unknown
        };
        Ok((body, freshness))
    }

    fn changes(&self, text: &str, headers: &HeaderMap) -> Response<Body> {
        let selector = Selector::parse(text).and_then(|s| rpc::required(&self.settings, s));
        let selector = match selector {
            Ok(selector) => selector,
            Err(why) => {
                return sse::refused(
                    StatusCode::BAD_REQUEST,
                    format!("invalid selector: {why}\n"),
                );
            }
        };
        match events::place(&self.streams) {
            Ok(place) => {
                let stream = sse::Stream {
                    live: self.live.clone(),
                    selector,
                    keep_alive: self.settings.keep_alive,
                    deadline: events::deadline(&self.settings, Patience::begin(None)),
                    shutdown: self.shutdown.clone(),
                };
                sse::open(stream, place, headers)
            }
            Err(error) => sse::refused(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{}\n", error.message),
            ),
        }
    }
}

/// The route of a path. A key is one segment: an escaped slash does not make one.
pub fn route(path: &str) -> Option<Route> {
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    match path.strip_prefix(stream::PATH) {
        Some("") => return Some(Route::Changes(String::new())),
        Some(rest) => {
            let text = rest.strip_prefix('/').filter(|text| !text.contains('/'))?;
            return decoded(text).map(Route::Changes);
        }
        None => {}
    }
    let rest = path.strip_prefix(BASE)?;
    if matches!(rest, "" | "/") {
        return Some(Route::All);
    }
    let key = decoded(rest.strip_prefix('/')?)?;
    (!key.contains('/')).then_some(Route::One(key))
}

/// A body with U+FFFD in the place of what is no UTF-8, as Go's JSON has it.
fn readable(body: Bytes) -> Bytes {
    match String::from_utf8_lossy(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(text) => text.into(),
    }
}

/// What a client that asks for all flags knows from the change stream.
#[derive(Clone, Copy)]
enum Freshness {
    /// That there is news: it gets all of it, whatever its entity tag.
    Changed,
    Unknown,
}

/// The tag that an event of the change stream told a client, which asks because of it.
fn told(query: &str) -> Option<String> {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("flagConfigEtag="))?;
    let value = percent_decode_str(value).decode_utf8_lossy();
    let bare = value.strip_prefix("W/").unwrap_or(&value).trim_matches('"');
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// A bulk answer with an entity tag: of its content alone, so that it is the same on every replica. With a request's
/// headers it is left out where the client has it already.
fn tagged(body: String, headers: Option<&HeaderMap>) -> Response<Body> {
    let hash = murmur3::murmur3_x64_128(&mut body.as_bytes(), 0).unwrap_or_default();
    let tag = format!("\"{hash:032x}\"");
    let known = headers
        .and_then(|headers| headers.get(header::IF_NONE_MATCH))
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

/// The answer to another method than `allowed`.
fn not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// The answer to a path that should be written otherwise.
fn moved(location: &str) -> Response<Body> {
    let mut response = status(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
