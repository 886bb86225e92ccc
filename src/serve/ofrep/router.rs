//! The OFREP port: evaluation over plain HTTP, for web and edge clients.

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
use crate::resolve::DecisionObserver;
use crate::resolve::RequestScope;
use crate::resolve::ofrep as resolve_ofrep;
use crate::selector::Selector;
use crate::serve::ServeConfig;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::ofrep::change_stream;
use crate::serve::ofrep::normalize_path;
use crate::serve::ofrep::normalize_path::NormalizedPath;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::router;
use crate::telemetry::trace::RequestSpan;
use crate::wire::ofrep;
use crate::wire::ofrep::OfrepErrorResponse;
use crate::wire::ofrep::sse_events;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

const EVALUATE_PATH: &str = "/ofrep/v1/evaluate/flags";

/// What the OFREP port works with.
#[derive(Debug)]
pub struct OfrepService {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub config: Arc<ServeConfig>,
    /// Places for streams.
    pub stream_slots: Arc<Semaphore>,
    /// Who watches the requests.
    pub instrumentation: Instrumentation,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Handler for Arc<OfrepService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let watched = self.instrumentation.begin_ofrep(&mut parts);
        watched.instrument_future(self.clone().dispatch(parts, body))
    }

    fn try_handle_now(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = self.match_route(request).ok()?;
        // What the client has already is not sent, and an answer without a body is not for there.
        let tagged = matches!(route, OfrepRoute::AllFlags);
        let known = tagged && request.headers.contains_key(header::IF_NONE_MATCH);
        if known || !body::is_within_limit(body.len(), self.config.max_body) {
            return None;
        }
        let watched = self.instrumentation.begin_ofrep(request);
        Some(watched.instrument_response(self.handle_buffered(&route, request, Ok(body.clone()))))
    }
}

/// What a path asks for.
#[derive(Debug)]
pub enum OfrepRoute {
    /// All flags.
    AllFlags,
    /// The flag with this key.
    Flag(String),
    /// The stream of changes of the flags that the text selects.
    ChangeStream(String),
}

impl OfrepService {
    /// No `async fn`: it would hold the request twice, and hyper keeps room for that as long as a connection lasts.
    fn dispatch(
        self: Arc<OfrepService>,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        if let Some(response) = self.config.cors.preflight_response(&parts) {
            return Either::Left(ready(response));
        }
        let route = self.match_route(&parts);
        let settings = &self.config;
        let mut body = body::read(body, settings.max_body, settings.read_timeout);
        Either::Right(async move {
            match route {
                // Whatever may come of a body, the stream does not wait for it.
                Ok(route @ OfrepRoute::ChangeStream(_)) => {
                    self.handle_buffered(&route, &parts, Ok(Bytes::new()))
                }
                Ok(route) => self.handle_buffered(&route, &parts, (&mut body).await),
                Err(response) => self.add_cors(&parts, *response),
            }
        })
    }

    /// Answers a request that was read.
    fn handle_buffered(
        &self,
        route: &OfrepRoute,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let response = match route {
            OfrepRoute::ChangeStream(text) => self.change_stream(text, &parts.headers),
            OfrepRoute::AllFlags | OfrepRoute::Flag(_) => {
                self.evaluation_response(route, parts, body)
            }
        };
        self.add_cors(parts, response)
    }

    /// Lets the page that asked see the answer.
    fn add_cors(&self, parts: &Parts, mut response: Response<Body>) -> Response<Body> {
        let origin = parts.headers.get(header::ORIGIN);
        self.config
            .cors
            .add_response_headers(origin, response.headers_mut());
        response
    }

    /// What is to be evaluated.
    ///
    /// # Errors
    /// If nothing is; the answer that is due instead.
    fn match_route(&self, parts: &Parts) -> Result<OfrepRoute, Box<Response<Body>>> {
        let path = match normalize_path::normalize(&parts.uri) {
            NormalizedPath::Valid(path) => path,
            NormalizedPath::Redirect(location) => return Err(Box::new(redirect(&location))),
            NormalizedPath::Malformed => {
                return Err(Box::new(empty_response(StatusCode::BAD_REQUEST)));
            }
        };
        let (route, allowed) = match parse_route(path) {
            Some(OfrepRoute::ChangeStream(_)) if self.config.change_stream.is_none() => {
                return Err(Box::new(router::plain_text_not_found()));
            }
            None => return Err(Box::new(router::plain_text_not_found())),
            Some(route @ OfrepRoute::ChangeStream(_)) => (route, "GET"),
            Some(route @ (OfrepRoute::AllFlags | OfrepRoute::Flag(_))) => (route, "POST"),
        };
        if parts.method.as_str() == allowed {
            Ok(route)
        } else {
            Err(Box::new(method_not_allowed(allowed)))
        }
    }

    fn evaluation_response(
        &self,
        route: &OfrepRoute,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let evaluated = match body {
            Ok(body) => self.evaluate(route, parts, &lossy_utf8(body)),
            Err(error) if error.code == RpcCode::ResourceExhausted => Err(ofrep::body_too_large()),
            Err(_) => return empty_response(StatusCode::REQUEST_TIMEOUT),
        };
        match (evaluated, route) {
            (Ok((body, Freshness::Changed)), OfrepRoute::AllFlags) => with_etag(body, None),
            (Ok((body, Freshness::Unknown)), OfrepRoute::AllFlags) => {
                with_etag(body, Some(&parts.headers))
            }
            (Ok((body, _)), _) => json_response(200, body.into()),
            (Err(failure), _) => json_response(failure.status, failure.body.into()),
        }
    }

    fn evaluate(
        &self,
        route: &OfrepRoute,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<(String, Freshness), OfrepErrorResponse> {
        let key = match route {
            OfrepRoute::Flag(key) => Some(key.as_str()),
            OfrepRoute::AllFlags | OfrepRoute::ChangeStream(_) => None,
        };
        let headers = &parts.headers;
        let recording = self.config.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<RequestSpan>());
        let selector = router::selector_from_headers(headers)
            .and_then(|selector| router::enforce_selector(&self.config, selector))
            .map_err(|why| ofrep::invalid_selector(key, &why))?;
        let overlay = self.config.added_context.overlay(Some(headers));
        let around = RequestScope {
            selector: &selector,
            overlay: &overlay,
            clock: resolve::system_clock,
            observer: recording.map(|recording| recording as &dyn DecisionObserver),
        };
        let snapshot = self.live.load();
        let (begun, metrics) = (Instant::now(), &self.config.metrics);
        if let Some(key) = key {
            let answer = resolve_ofrep::resolve_flag(&snapshot, around, key, body);
            metrics.single_duration.observe_duration(begun.elapsed());
            return Ok((answer?, Freshness::Unknown));
        }
        let advert = self.config.change_stream.as_ref();
        let streams = advert.map(|advert| advert.event_streams_member(&selector));
        let answer =
            resolve_ofrep::resolve_all(&snapshot, around, body, &streams.unwrap_or_default());
        metrics.bulk_duration.observe_duration(begun.elapsed());
        let body = answer?;
        let told = etag_from_query(parts.uri.query().unwrap_or(""));
        let changed = told.is_some_and(|told| told != *snapshot.fingerprints(&selector).etag());
        let freshness = if changed {
            Freshness::Changed
        } else {
            Freshness::Unknown
        };
        Ok((body, freshness))
    }

    fn change_stream(&self, text: &str, headers: &HeaderMap) -> Response<Body> {
        let selector =
            Selector::parse(text).and_then(|s| router::enforce_selector(&self.config, s));
        let selector = match selector {
            Ok(selector) => selector,
            Err(why) => {
                return change_stream::plain_text_error(
                    StatusCode::BAD_REQUEST,
                    format!("invalid selector: {why}\n"),
                );
            }
        };
        match event_stream::acquire_stream_slot(&self.stream_slots) {
            Ok(place) => {
                let stream = change_stream::ChangeStream {
                    live: self.live.clone(),
                    selector,
                    keep_alive_interval: self.config.keep_alive_interval,
                    deadline: event_stream::stream_deadline(&self.config, Deadline::after(None)),
                    shutdown: self.shutdown.clone(),
                };
                change_stream::open(stream, place, headers)
            }
            Err(error) => change_stream::plain_text_error(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{}\n", error.message),
            ),
        }
    }
}

/// The route of a path. A key is one segment: an escaped slash does not make one.
pub fn parse_route(path: &str) -> Option<OfrepRoute> {
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    match path.strip_prefix(sse_events::PATH) {
        Some("") => return Some(OfrepRoute::ChangeStream(String::new())),
        Some(rest) => {
            let text = rest.strip_prefix('/').filter(|text| !text.contains('/'))?;
            return decoded(text).map(OfrepRoute::ChangeStream);
        }
        None => {}
    }
    let rest = path.strip_prefix(EVALUATE_PATH)?;
    if matches!(rest, "" | "/") {
        return Some(OfrepRoute::AllFlags);
    }
    let key = decoded(rest.strip_prefix('/')?)?;
    (!key.contains('/')).then_some(OfrepRoute::Flag(key))
}

/// A body with U+FFFD in the place of what is no UTF-8, as Go's JSON has it.
fn lossy_utf8(body: Bytes) -> Bytes {
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
fn etag_from_query(query: &str) -> Option<String> {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("flagConfigEtag="))?;
    let value = percent_decode_str(value).decode_utf8_lossy();
    let bare = value.strip_prefix("W/").unwrap_or(&value).trim_matches('"');
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// A bulk answer with an entity tag: of its content alone, so that it is the same on every replica. With a request's
/// headers it is left out where the client has it already.
fn with_etag(body: String, headers: Option<&HeaderMap>) -> Response<Body> {
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
        empty_response(StatusCode::NOT_MODIFIED)
    } else {
        json_response(200, body.into())
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn json_response(status: u16, body: Bytes) -> Response<Body> {
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

fn empty_response(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

/// The answer to another method than `allowed`.
fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = empty_response(StatusCode::METHOD_NOT_ALLOWED);
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// The answer to a path that should be written otherwise.
fn redirect(location: &str) -> Response<Body> {
    let mut response = empty_response(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
