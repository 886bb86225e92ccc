//! The router of the evaluation port: calls by their path, health and reflection, CORS preflight, and unknown paths.

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::Either;
use http::HeaderMap;
use http::Request;
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::http::read_body;
use crate::serve::http::respond;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::route::RpcRoute;
use crate::serve::rpc::service::EvaluationService;

impl Handler for Arc<EvaluationService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut parts, body) = request.into_parts();
        let in_flight = self.instrumentation.begin_rpc(&mut parts);
        in_flight.instrument_future(dispatch(self.clone(), parts, body))
    }

    fn try_handle_now(&self, request: &mut Parts, body: &Bytes) -> Option<Response<Body>> {
        let route = RpcRoute::parse(request.uri.path())?;
        // gRPC responses have trailers, which the fast path cannot send.
        if negotiate::is_plain_grpc(&request.headers)
            || !read_body::is_within_limit(body.len(), self.context.config.max_body)
        {
            return None;
        }
        let in_flight = self.instrumentation.begin_rpc(request);
        Some(in_flight.instrument_response(self.handle_buffered(route, request, body)))
    }
}

fn dispatch(
    service: Arc<EvaluationService>,
    parts: Parts,
    body: Incoming,
) -> impl Future<Output = Response<Body>> {
    if let Some(response) = service.context.config.cors.preflight_response(&parts) {
        return Either::Left(ready(response));
    }
    Either::Right(if let Some(route) = RpcRoute::parse(parts.uri.path()) {
        Either::Left(service.handle_call(route, parts, body))
    } else {
        // Boxed, so that the rarer case does not enlarge the future of every call.
        let request = Request::from_parts(parts, body);
        Either::Right(Box::pin(handle_builtin(service, request)))
    })
}

/// Answers a request that is not for the evaluation services.
async fn handle_builtin(
    service: Arc<EvaluationService>,
    request: Request<Incoming>,
) -> Response<Body> {
    let headers = request.headers().clone();
    let handled = service.builtin_services.try_handle(request).await;
    let mut response = handled.unwrap_or_else(|_| not_found_response(&headers));
    service.add_cors(&headers, &mut response);
    response
}

/// The response for an unknown path.
fn not_found_response(headers: &HeaderMap) -> Response<Body> {
    let mut response = respond::not_found();
    if negotiate::is_plain_grpc(headers) {
        // Without a status some gRPC clients would mistake the text for a broken message.
        let trailers = grpc::status_trailers(Err(grpc::unimplemented_error()));
        response.headers_mut().extend(trailers);
    }
    response
}
