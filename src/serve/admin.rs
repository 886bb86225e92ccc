//! The management port: probes, metrics, debug endpoints, and gRPC's health and reflection.

pub mod debug;
pub mod metrics;
pub mod probes;
pub mod worker_liveness;

use std::sync::Arc;

use http::Request;
use http::Response;
use http::Version;
use hyper::body::Incoming;

use crate::serve::admin::debug::DebugEndpoints;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::http::respond;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;

/// The services of the management port.
#[derive(Debug)]
pub struct AdminService {
    /// Flags, configuration and shutdown.
    pub context: ServerContext,
    /// Health and reflection.
    pub builtin_services: BuiltinServices,
    /// The debug endpoints.
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
        if request.version() != Version::HTTP_2 || !negotiate::is_plain_grpc(request.headers()) {
            if self.debug.serves_path(request.uri().path()) {
                return self.debug.handle(request).await;
            }
            return match request.uri().path() {
                "/healthz" => probes::healthz(),
                "/readyz" => probes::readyz(&self.context).await,
                "/metrics" => metrics::scrape(&self.context).await,
                _ => respond::not_found(),
            };
        }
        let handled = self.builtin_services.try_handle(request).await;
        handled.unwrap_or_else(|_| {
            let mut response = respond::not_found();
            let trailers = grpc::status_trailers(Err(grpc::unimplemented_error()));
            response.headers_mut().extend(trailers);
            response
        })
    }
}
