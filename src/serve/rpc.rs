//! The evaluation port: finds out what a request wants, asks, and wraps the answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Method as HttpMethod;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::sync::watch;

use crate::live::Live;
use crate::resolve;
use crate::resolve::Around;
use crate::resolve::Call;
use crate::resolve::Reply;
use crate::resolve::Witness;
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::connect;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::grpc;
use crate::serve::patience::Patience;
use crate::serve::protocol;
use crate::serve::protocol::Method;
use crate::serve::protocol::Protocol;
use crate::serve::protocol::Route;
use crate::serve::standing::Standing;
use crate::telemetry::trace::Recording;
use crate::wire::Codec;
use crate::wire::Contract;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::request;

/// What the evaluation port works with.
#[derive(Debug)]
pub struct Rpc {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub settings: Arc<Settings>,
    /// Places for streams.
    pub streams: Arc<Semaphore>,
    /// What else is served.
    pub standing: Arc<Standing>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Rpc {
    /// Answers a request, whatever it is.
    pub async fn handle(self: Arc<Rpc>, request: Request<Incoming>) -> Response<Body> {
        if let Some(response) = self.settings.cors.preflight(&request) {
            return response;
        }
        let settings = self.settings.clone();
        let origin = request.headers().get(header::ORIGIN).cloned();
        let native = is_native(request.headers());
        let mut response = self.route(request).await;
        if origin.is_some() || !native {
            settings.cors.allow(origin.as_ref(), response.headers_mut());
        }
        response
    }

    async fn route(self: Arc<Rpc>, request: Request<Incoming>) -> Response<Body> {
        let Some(route) = Route::of(request.uri().path()) else {
            let request = match Box::pin(self.standing.handle(request)).await {
                Ok(response) => return response,
                Err(request) => request,
            };
            let mut response = not_found();
            if is_native(request.headers()) {
                // Some gRPC clients would take the text for a broken message.
                response
                    .headers_mut()
                    .extend(grpc::trailers(Err(unimplemented())));
            }
            return response;
        };
        if request.method() != HttpMethod::POST {
            let allow = (header::ALLOW, HeaderValue::from_static("POST"));
            return refused(StatusCode::METHOD_NOT_ALLOWED, allow);
        }
        let streaming = route.method == Method::Events;
        let Some((content_type, protocol, codec)) = spoken(request.headers(), streaming) else {
            let types = if streaming {
                protocol::STREAM_TYPES
            } else {
                protocol::UNARY_TYPES
            };
            let accept = (ACCEPT_POST, HeaderValue::from_static(types));
            return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, accept);
        };
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        if streaming {
            return self
                .stream(route.contract, protocol, codec, headers, body, content_type)
                .await;
        }
        let outcome = self.answer(route, protocol, codec, &parts, body).await;
        match protocol {
            Protocol::Connect => {
                let gzip = envelope::accepts_gzip(headers, "accept-encoding");
                connect::unary(content_type, outcome, gzip)
            }
            Protocol::Grpc | Protocol::GrpcWeb => {
                let gzip = envelope::accepts_gzip(headers, grpc::ACCEPT_ENCODING);
                grpc::unary(protocol, content_type, outcome, gzip)
            }
        }
    }

    async fn answer(
        &self,
        route: Route,
        protocol: Protocol,
        codec: Codec,
        parts: &Parts,
        body: Incoming,
    ) -> Result<Reply, RpcError> {
        let headers = &parts.headers;
        let recording = self.settings.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<Recording>());
        let message = self.message(protocol, headers, body).await?;
        let selector = self.selector(headers)?;
        // As in flagd, headers become context only in the newer contracts.
        let headers = (route.contract != Contract::Schema1).then_some(headers);
        let overlay = self.settings.extra.overlay(headers);
        let call = Call {
            contract: route.contract,
            codec,
            around: Around {
                selector: &selector,
                overlay: &overlay,
                clock: resolve::system_clock,
                witness: recording.map(|recording| recording as &dyn Witness),
            },
        };
        let snapshot = self.live.load();
        let begun = Instant::now();
        let metrics = &self.settings.metrics;
        let (answer, histogram) = match route.method {
            Method::One(want) => {
                let answer = resolve::one(&snapshot, call, want, &message);
                (answer, &metrics.single)
            }
            Method::All | Method::Events => {
                let answer = resolve::all(&snapshot, call, &message);
                (answer, &metrics.bulk)
            }
        };
        histogram.time(begun.elapsed());
        answer
    }

    /// The message of a unary call, if its client still waits for the answer.
    async fn message(
        &self,
        protocol: Protocol,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<Bytes, RpcError> {
        let (limit, slowest) = (self.settings.max_body, self.settings.read_timeout);
        let (message, patience) = match protocol {
            Protocol::Connect => {
                let gzip = envelope::is_gzip(headers, "content-encoding")?;
                let patience = connect::check(headers)?;
                let body = body::read(body, limit, slowest).await?;
                let message = if gzip {
                    envelope::gunzip(&body, limit)?
                } else {
                    body
                };
                (message, patience)
            }
            Protocol::Grpc | Protocol::GrpcWeb => {
                let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
                let patience = grpc::timeout(headers)?;
                let body = body::read(body, limit, slowest).await?;
                let message = envelope::only_message(&body, gzip, limit, protocol)?;
                (message, patience)
            }
        };
        patience.check()?;
        Ok(message)
    }

    async fn stream(
        self: Arc<Rpc>,
        contract: Contract,
        protocol: Protocol,
        codec: Codec,
        headers: &HeaderMap,
        body: Incoming,
        content_type: HeaderValue,
    ) -> Response<Body> {
        let ending = events::Ending { protocol };
        let asked = self.asked(protocol, codec, headers, body).await;
        let opened = asked.and_then(|patience| {
            let selector = self.selector(headers)?;
            let place = events::place(&self.streams)?;
            let wish = events::Wish {
                contract,
                codec,
                selector,
                patience,
            };
            Ok(events::open(self, place, ending, wish))
        });
        ending.opening(content_type, opened)
    }
}

impl Rpc {
    /// Reads a request for a stream, of which nothing counts but that it is one. How long the client waits.
    async fn asked(
        &self,
        protocol: Protocol,
        codec: Codec,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<Patience, RpcError> {
        let encoding = match protocol {
            Protocol::Connect => connect::STREAM_ENCODING,
            Protocol::Grpc | Protocol::GrpcWeb => grpc::ENCODING,
        };
        let gzip = envelope::is_gzip(headers, encoding)?;
        let patience = match protocol {
            Protocol::Connect => connect::check(headers)?,
            Protocol::Grpc | Protocol::GrpcWeb => grpc::timeout(headers)?,
        };
        let limit = self.settings.max_body;
        let body = body::read(body, limit, self.settings.read_timeout).await?;
        let message = envelope::only_message(&body, gzip, limit, protocol)?;
        request::check_empty(codec, &message)?;
        Ok(patience)
    }

    fn selector(&self, headers: &HeaderMap) -> Result<Selector, RpcError> {
        let selector = selector(headers).map_err(RpcError::bad_selector)?;
        required(&self.settings, selector).map_err(RpcError::bad_selector)
    }
}

/// A selector, unless it selects nothing in particular where that is not allowed.
///
/// # Errors
/// A sentence for the caller.
pub fn required(settings: &Settings, selector: Selector) -> Result<Selector, String> {
    match selector {
        Selector::All if settings.require_selector => Err(NO_SELECTOR.to_owned()),
        selector => Ok(selector),
    }
}

const NO_SELECTOR: &str = "a selector is required: send the header Flagd-Selector with \"flagSetId=ID\" or \"source=NAME\"";
const ACCEPT_POST: header::HeaderName = header::HeaderName::from_static("accept-post");

/// The content type of a request as answers repeat it, and what it means.
fn spoken(headers: &HeaderMap, streaming: bool) -> Option<(HeaderValue, Protocol, Codec)> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let text = content_type.to_str().ok()?;
    let (protocol, codec) = protocol::of(text, streaming)?;
    let echoed = match protocol::canonical(text) {
        None => content_type.clone(),
        Some(canonical) => HeaderValue::from_str(&canonical).ok()?,
    };
    Some((echoed, protocol, codec))
}

/// The flags that a request's headers select.
///
/// # Errors
/// A sentence for the caller, if the header is no selector.
pub fn selector(headers: &HeaderMap) -> Result<Selector, String> {
    let Some(text) = headers.get("flagd-selector") else {
        return Ok(Selector::All);
    };
    Selector::parse(&String::from_utf8_lossy(text.as_bytes()))
}

/// Whether a request is plain gRPC, which no browser can send.
pub fn is_native(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| {
        let bytes = value.as_bytes();
        bytes.starts_with(b"application/grpc") && !bytes.starts_with(b"application/grpc-web")
    })
}

/// The answer for a path that leads nowhere.
pub fn not_found() -> Response<Body> {
    let body = Body::Full("404 page not found\n".into());
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::NOT_FOUND;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The error of a call to what is not there.
pub fn unimplemented() -> RpcError {
    RpcError::new(Code::Unimplemented, "404 page not found")
}

fn refused(status: StatusCode, hint: (header::HeaderName, HeaderValue)) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response.headers_mut().insert(hint.0, hint.1);
    response
}
