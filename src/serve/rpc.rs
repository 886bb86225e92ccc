//! The evaluation port: finds out what a request wants, and lets it be answered.

mod call;

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::Either;
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
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::answers::Answers;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::grpc;
use crate::serve::observe::Observer;
use crate::serve::protocol;
use crate::serve::protocol::Protocol;
use crate::serve::protocol::Route;
use crate::serve::standing::Standing;
use crate::wire::Codec;
use crate::wire::error::Code;
use crate::wire::error::RpcError;

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
    /// Who watches the requests.
    pub observer: Observer,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Answers for Arc<Rpc> {
    fn any(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let watched = self.observer.rpc(&mut parts);
        watched.answer(self.clone().handle(parts, body))
    }

    fn prompt(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = Route::of(request.uri.path())?;
        // gRPC has trailers, which follow the body.
        if is_native(&request.headers) || !body::fits(body.len(), self.settings.max_body) {
            return None;
        }
        let watched = self.observer.rpc(request);
        Some(watched.answered(self.whole(route, request, body)))
    }
}

impl Rpc {
    fn handle(
        self: Arc<Rpc>,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        if let Some(response) = self.settings.cors.preflight(&parts) {
            return Either::Left(ready(response));
        }
        Either::Right(if let Some(route) = Route::of(parts.uri.path()) {
            Either::Left(self.call(route, parts, body))
        } else {
            // Boxed: calls should not be as large as what is rarer.
            let request = Request::from_parts(parts, body);
            Either::Right(Box::pin(self.elsewhere(request)))
        })
    }

    /// Answers a request that is not for the evaluation services.
    async fn elsewhere(self: Arc<Rpc>, request: Request<Incoming>) -> Response<Body> {
        let headers = request.headers().clone();
        let handled = self.standing.handle(request).await;
        let mut response = handled.unwrap_or_else(|_| nowhere(&headers));
        self.share(&headers, &mut response);
        response
    }

    /// Lets the page that asked see the answer.
    fn share(&self, headers: &HeaderMap, response: &mut Response<Body>) {
        let origin = headers.get(header::ORIGIN);
        if origin.is_some() || !is_native(headers) {
            self.settings.cors.allow(origin, response.headers_mut());
        }
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
/// Why a request is no call: a status, and a header that says what would be one.
type Refusal = (StatusCode, (header::HeaderName, HeaderValue));
const ACCEPT_POST: header::HeaderName = header::HeaderName::from_static("accept-post");

/// The content type of a call as answers repeat it, and what it means.
///
/// # Errors
/// If it is no call, or in a type that nothing here understands.
fn spoken(parts: &Parts, streaming: bool) -> Result<(HeaderValue, Protocol, Codec), Refusal> {
    if parts.method != HttpMethod::POST {
        let allow = (header::ALLOW, HeaderValue::from_static("POST"));
        return Err((StatusCode::METHOD_NOT_ALLOWED, allow));
    }
    let types = if streaming {
        protocol::STREAM_TYPES
    } else {
        protocol::UNARY_TYPES
    };
    understood(&parts.headers, streaming).ok_or_else(|| {
        let accept = (ACCEPT_POST, HeaderValue::from_static(types));
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, accept)
    })
}

fn understood(headers: &HeaderMap, streaming: bool) -> Option<(HeaderValue, Protocol, Codec)> {
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
        let begins = |with: &str| {
            let begin = value.as_bytes().get(..with.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
        };
        begins("application/grpc") && !begins("application/grpc-web")
    })
}

/// The answer to a request for what is not there.
fn nowhere(headers: &HeaderMap) -> Response<Body> {
    let mut response = not_found();
    if is_native(headers) {
        // Some gRPC clients would take the text for a broken message.
        response
            .headers_mut()
            .extend(grpc::trailers(Err(unimplemented())));
    }
    response
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
