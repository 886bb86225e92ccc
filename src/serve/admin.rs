//! The management port: probes, metrics, and what a replica says of itself.

pub mod debug;

use std::sync::Arc;

use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Version;
use http::header;
use hyper::body::Incoming;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::prometheus;
use crate::serve::admin::debug::DebugEndpoints;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::grpc;
use crate::serve::rpc::router;
use crate::telemetry;

/// What the probes look at.
#[derive(Debug)]
pub struct AdminService {
    /// The flags.
    pub live: Arc<Live>,
    /// True once the process is going away.
    pub shutdown: watch::Receiver<bool>,
    /// What else is served.
    pub builtin_services: Arc<BuiltinServices>,
    /// What was counted.
    pub metrics: Arc<Metrics>,
    /// What the replica says of itself.
    pub debug: DebugEndpoints,
}

impl Handler for Arc<AdminService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        self.clone().dispatch(request)
    }
}

impl AdminService {
    async fn dispatch(self: Arc<AdminService>, request: Request<Incoming>) -> Response<Body> {
        if request.version() != Version::HTTP_2 || !router::is_plain_grpc(request.headers()) {
            if self.debug.serves_path(request.uri().path()) {
                return self.debug.handle(request).await;
            }
            return self.probe_or_metrics(request.uri().path());
        }
        let answered = self.builtin_services.try_handle(request).await;
        answered.unwrap_or_else(|_| {
            let mut response = router::plain_text_not_found();
            let trailers = grpc::status_trailers(Err(router::unimplemented_error()));
            response.headers_mut().extend(trailers);
            response
        })
    }

    /// Ready means: flags can be evaluated, and will be for a while.
    fn probe_or_metrics(&self, path: &str) -> Response<Body> {
        let status = match path {
            "/healthz" => StatusCode::OK,
            "/readyz" if self.live.load().is_usable() && !*self.shutdown.borrow() => StatusCode::OK,
            "/readyz" => StatusCode::PRECONDITION_FAILED,
            "/metrics" => return self.metrics(),
            _ => return router::plain_text_not_found(),
        };
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        response
    }

    /// Everything that is counted, in Prometheus' text format.
    fn metrics(&self) -> Response<Body> {
        let families = telemetry::collect_families(&self.metrics, &self.live.load());
        let text = prometheus::encode_text(&families, &self.metrics.resource);
        let mut response = Response::new(Body::Full(text.into()));
        let format = HeaderValue::from_static(prometheus::CONTENT_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, format);
        response
    }
}
