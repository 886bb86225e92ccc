//! The evaluation port: finds out what a request wants, and lets it be answered.

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
use crate::serve::ServeConfig;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::negotiate::RpcRoute;
use crate::wire::Codec;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// What the evaluation port works with.
#[derive(Debug)]
pub struct EvaluationService {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub config: Arc<ServeConfig>,
    /// Places for streams.
    pub stream_slots: Arc<Semaphore>,
    /// What else is served.
    pub builtin_services: Arc<BuiltinServices>,
    /// Who watches the requests.
    pub instrumentation: Instrumentation,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Handler for Arc<EvaluationService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let watched = self.instrumentation.begin_rpc(&mut parts);
        watched.instrument_future(self.clone().dispatch(parts, body))
    }

    fn try_handle_now(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = RpcRoute::parse(request.uri.path())?;
        // gRPC has trailers, which follow the body.
        if is_plain_grpc(&request.headers)
            || !body::is_within_limit(body.len(), self.config.max_body)
        {
            return None;
        }
        let watched = self.instrumentation.begin_rpc(request);
        Some(watched.instrument_response(self.handle_buffered(route, request, body)))
    }
}

impl EvaluationService {
    fn dispatch(
        self: Arc<EvaluationService>,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        if let Some(response) = self.config.cors.preflight_response(&parts) {
            return Either::Left(ready(response));
        }
        Either::Right(if let Some(route) = RpcRoute::parse(parts.uri.path()) {
            Either::Left(self.handle_call(route, parts, body))
        } else {
            // Boxed: calls should not be as large as what is rarer.
            let request = Request::from_parts(parts, body);
            Either::Right(Box::pin(self.handle_builtin(request)))
        })
    }

    /// Answers a request that is not for the evaluation services.
    async fn handle_builtin(
        self: Arc<EvaluationService>,
        request: Request<Incoming>,
    ) -> Response<Body> {
        let headers = request.headers().clone();
        let handled = self.builtin_services.try_handle(request).await;
        let mut response = handled.unwrap_or_else(|_| not_found_response(&headers));
        self.add_cors(&headers, &mut response);
        response
    }

    /// Lets the page that asked see the answer.
    pub(super) fn add_cors(&self, headers: &HeaderMap, response: &mut Response<Body>) {
        let origin = headers.get(header::ORIGIN);
        if origin.is_some() || !is_plain_grpc(headers) {
            self.config
                .cors
                .add_response_headers(origin, response.headers_mut());
        }
    }

    pub(super) fn enforced_selector(&self, headers: &HeaderMap) -> Result<Selector, RpcError> {
        let selector = selector_from_headers(headers).map_err(RpcError::invalid_selector)?;
        enforce_selector(&self.config, selector).map_err(RpcError::invalid_selector)
    }
}

/// A selector, unless it selects nothing in particular where that is not allowed.
///
/// # Errors
/// A sentence for the caller.
pub fn enforce_selector(settings: &ServeConfig, selector: Selector) -> Result<Selector, String> {
    match selector {
        Selector::All if settings.require_selector => Err(SELECTOR_REQUIRED.to_owned()),
        selector => Ok(selector),
    }
}

const SELECTOR_REQUIRED: &str = "a selector is required: send the header Flagd-Selector with \"flagSetId=ID\" or \"source=NAME\"";
/// Why a request is no call: a status, and a header that says what would be one.
pub(super) type HttpRejection = (StatusCode, (header::HeaderName, HeaderValue));
const ACCEPT_POST: header::HeaderName = header::HeaderName::from_static("accept-post");

/// The content type of a call as answers repeat it, and what it means.
///
/// # Errors
/// If it is no call, or in a type that nothing here understands.
pub(super) fn negotiate_call(
    parts: &Parts,
    streaming: bool,
) -> Result<(HeaderValue, RpcProtocol, Codec), HttpRejection> {
    if parts.method != HttpMethod::POST {
        let allow = (header::ALLOW, HeaderValue::from_static("POST"));
        return Err((StatusCode::METHOD_NOT_ALLOWED, allow));
    }
    let types = if streaming {
        negotiate::STREAM_CONTENT_TYPES
    } else {
        negotiate::UNARY_CONTENT_TYPES
    };
    negotiate_content_type(&parts.headers, streaming).ok_or_else(|| {
        let accept = (ACCEPT_POST, HeaderValue::from_static(types));
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, accept)
    })
}

fn negotiate_content_type(
    headers: &HeaderMap,
    streaming: bool,
) -> Option<(HeaderValue, RpcProtocol, Codec)> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let text = content_type.to_str().ok()?;
    let (protocol, codec) = negotiate::parse_content_type(text, streaming)?;
    let echoed = match negotiate::canonical_content_type(text) {
        None => content_type.clone(),
        Some(canonical) => HeaderValue::from_str(&canonical).ok()?,
    };
    Some((echoed, protocol, codec))
}

/// The flags that a request's headers select.
///
/// # Errors
/// A sentence for the caller, if the header is no selector.
pub fn selector_from_headers(headers: &HeaderMap) -> Result<Selector, String> {
    let Some(text) = headers.get("flagd-selector") else {
        return Ok(Selector::All);
    };
    Selector::parse(&String::from_utf8_lossy(text.as_bytes()))
}

/// Whether a request is plain gRPC, which no browser can send.
pub fn is_plain_grpc(headers: &HeaderMap) -> bool {
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
fn not_found_response(headers: &HeaderMap) -> Response<Body> {
    let mut response = plain_text_not_found();
    if is_plain_grpc(headers) {
        // Some gRPC clients would take the text for a broken message.
        response
            .headers_mut()
            .extend(grpc::status_trailers(Err(unimplemented_error())));
    }
    response
}

/// The answer for a path that leads nowhere.
pub fn plain_text_not_found() -> Response<Body> {
    let body = Body::Full("404 page not found\n".into());
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::NOT_FOUND;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The error of a call to what is not there.
pub fn unimplemented_error() -> RpcError {
    RpcError::new(RpcCode::Unimplemented, "404 page not found")
}

pub(super) fn rejection_response(
    status: StatusCode,
    hint: (header::HeaderName, HeaderValue),
) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response.headers_mut().insert(hint.0, hint.1);
    response
}
