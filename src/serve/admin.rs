//! The management port: probes.

use std::sync::Arc;

use http::Request;
use http::Response;
use http::StatusCode;
use tokio::sync::watch;

use crate::live::Live;
use crate::serve::body::Body;
use crate::serve::rpc;

/// What the probes look at.
#[derive(Debug)]
pub struct Admin {
    /// The flags.
    pub live: Arc<Live>,
    /// True once the process is going away.
    pub shutdown: watch::Receiver<bool>,
}

impl Admin {
    /// Answers a probe. Ready means: flags can be evaluated, and will be for a while.
    pub fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let status = match request.uri().path() {
            "/healthz" => StatusCode::OK,
            "/readyz" if self.live.load().is_usable() && !*self.shutdown.borrow() => StatusCode::OK,
            "/readyz" => StatusCode::PRECONDITION_FAILED,
            _ => return rpc::not_found(),
        };
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        response
    }
}
