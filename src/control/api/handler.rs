//! `ApiHandler`: serves the routes on a port of `serve`, which bounds connections, heads, bodies and waiting times.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tower_service::Service as _;

use crate::control::api::event_streams::StreamedBody;
use crate::serve::http::body::Body;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::http::handler::Handler;
use crate::serve::http::read_body;
use crate::serve::http::respond;

/// The largest body of a request, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// The beginnings of the paths that web pages may call.
const PAGE_PATHS: [&str; 2] = ["/api/", "/v1/"];

/// The routes as the handler of a port.
pub struct ApiHandler {
    /// The routes.
    pub router: Router,
    /// The time limit of a request's body.
    pub read_timeout: Duration,
    /// The origins of web pages that may call the routes of flag services; none, if absent.
    pub allowed_origins: Option<Arc<AllowedOrigins>>,
}

impl Handler for ApiHandler {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (router, read_timeout) = (self.router.clone(), self.read_timeout);
        let origins = self.allowed_origins.clone();
        async move {
            let (parts, body) = request.into_parts();
            let is_of_page = |prefix: &&str| parts.uri.path().starts_with(*prefix);
            let origins = origins.filter(|_| PAGE_PATHS.iter().any(is_of_page));
            if let Some(preflight) = origins.as_ref().and_then(|o| o.preflight_response(&parts)) {
                return preflight;
            }
            let read = read_body::read(body, MAX_BODY, read_timeout).await;
            let Ok(body) = read else {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                let why = format!("the body is incomplete or larger than {MAX_BODY} bytes\n");
                return respond::plain_text(status, why);
            };
            let headers = origins.as_ref().map(|_| parts.headers.clone());
            let request = Request::from_parts(parts, axum::body::Body::from(body));
            let mut response = route(router, request).await;
            if let (Some(origins), Some(headers)) = (origins, headers) {
                origins.add_response_headers(&headers, &mut response);
            }
            response
        }
    }
}

async fn route(mut router: Router, request: Request<axum::body::Body>) -> Response<Body> {
    let response: Result<_, Infallible> = router.call(request).await;
    let (mut parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
    let streamed = parts.extensions.get::<StreamedBody>();
    if let Some(frames) = streamed.and_then(StreamedBody::take) {
        // The router has seen an empty body.
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::Stream(frames));
    }
    let collected = body.collect().await;
    let body = collected.map(|body| Body::Full(body.to_bytes()));
    Response::from_parts(parts, body.unwrap_or(Body::Empty))
}
