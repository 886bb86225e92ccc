//! The management port: probes and metrics.

use std::sync::Arc;

use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::text;
use crate::serve::body::Body;
use crate::serve::rpc;
use crate::telemetry;

/// What the probes look at.
#[derive(Debug)]
pub struct Admin {
    /// The flags.
    pub live: Arc<Live>,
    /// True once the process is going away.
    pub shutdown: watch::Receiver<bool>,
    /// What was counted.
    pub metrics: Arc<Metrics>,
}

impl Admin {
    /// Answers a probe. Ready means: flags can be evaluated, and will be for a while.
    pub fn handle<B>(&self, request: &Request<B>) -> Response<Body> {
        let status = match request.uri().path() {
            "/healthz" => StatusCode::OK,
            "/readyz" if self.live.load().is_usable() && !*self.shutdown.borrow() => StatusCode::OK,
            "/readyz" => StatusCode::PRECONDITION_FAILED,
            "/metrics" => return self.metrics(),
            _ => return rpc::not_found(),
        };
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        response
    }

    /// Everything that is counted, in Prometheus' text format.
    fn metrics(&self) -> Response<Body> {
        let families = telemetry::families(&self.metrics, &self.live.load());
        let text = text::write(&families, &self.metrics.resource);
        let mut response = Response::new(Body::Full(text.into()));
        let format = HeaderValue::from_static(text::CONTENT_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, format);
        response
    }
}
