//! `ApiHandler`: serves the routes on a port of `serve`, which bounds connections, heads, bodies and waiting times.

use std::convert::Infallible;
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
use crate::serve::http::handler::Handler;
use crate::serve::http::read_body;
use crate::serve::http::respond;

/// The largest body of a request, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// The routes as the handler of a port.
pub struct ApiHandler {
    /// The routes.
    pub router: Router,
    /// The time limit of a request's body.
    pub read_timeout: Duration,
}

impl Handler for ApiHandler {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let (mut router, read_timeout) = (self.router.clone(), self.read_timeout);
        async move {
            let (parts, body) = request.into_parts();
            let read = read_body::read(body, MAX_BODY, read_timeout).await;
            let Ok(body) = read else {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                let why = format!("the body is incomplete or larger than {MAX_BODY} bytes\n");
                return respond::plain_text(status, why);
            };
            let request = Request::from_parts(parts, axum::body::Body::from(body));
            let response: Result<_, Infallible> = router.call(request).await;
            let (mut parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
            let streamed = parts.extensions.get::<StreamedBody>();
            if let Some(frames) = streamed.and_then(StreamedBody::take) {
                // The length of the empty body that stands for the stream.
                parts.headers.remove(header::CONTENT_LENGTH);
                return Response::from_parts(parts, Body::Stream(frames));
            }
            let collected = body.collect().await;
            let body = collected.map(|body| Body::Full(body.to_bytes()));
            Response::from_parts(parts, body.unwrap_or(Body::Empty))
        }
    }
}
