//! What every gRPC port serves besides its own: health and server reflection.

use std::sync::Arc;

use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::sync::watch;

use crate::limits;
use crate::live::Live;
use crate::resolve::ResponseMessage;
use crate::serve::ServeConfig;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::rpc::envelope;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::event_stream::StreamFraming;
use crate::serve::rpc::grpc;
use crate::serve::rpc::health;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::reflection;
use crate::wire;
use crate::wire::Codec;
use crate::wire::grpc::health::HealthStatus;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// How streams of these services end.
pub const GRPC_STREAM: StreamFraming = StreamFraming {
    protocol: RpcProtocol::Grpc,
};
const HEALTH_SERVICE: &str = "grpc.health.v1.Health";
const REFLECTION_SERVICES: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// What the services of a port work with.
#[derive(Debug)]
pub struct BuiltinServices {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve.
    pub config: Arc<ServeConfig>,
    /// Places for streams.
    pub stream_slots: Arc<Semaphore>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
    /// The names of all services of the port.
    pub service_names: Vec<&'static str>,
}

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BuiltinMethod {
    HealthCheck,
    HealthWatch,
    ServerReflectionInfo,
}

fn parse_method(path: &str) -> Option<BuiltinMethod> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    match (service, method) {
        (HEALTH_SERVICE, "Check") => Some(BuiltinMethod::HealthCheck),
        (HEALTH_SERVICE, "Watch") => Some(BuiltinMethod::HealthWatch),
        (name, "ServerReflectionInfo") if REFLECTION_SERVICES.contains(&name) => {
            Some(BuiltinMethod::ServerReflectionInfo)
        }
        _ => None,
    }
}

impl BuiltinServices {
    /// The names of all services of a port that serves `own`.
    pub fn service_names(own: &[&'static str]) -> Vec<&'static str> {
        let standing = [HEALTH_SERVICE].into_iter().chain(REFLECTION_SERVICES);
        own.iter().copied().chain(standing).collect()
    }

    /// Answers a request if it is for one of these services, and otherwise gives it back.
    ///
    /// # Errors
    /// Never; the request is what is left to be answered.
    pub async fn try_handle(
        self: &Arc<BuiltinServices>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Box<Request<Incoming>>> {
        let Some(method) = parse_method(request.uri().path()) else {
            return Err(Box::new(request));
        };
        let Some(content_type) = grpc_content_type(request.headers()) else {
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Ok(response);
        };
        let (parts, body) = request.into_parts();
        Ok(match method {
            BuiltinMethod::HealthCheck => {
                let asked = self.read_service_name(&parts.headers, body).await;
                let reply = asked.and_then(|service| self.health_check(&service));
                grpc::unary_response(RpcProtocol::Grpc, content_type, reply, false)
            }
            BuiltinMethod::HealthWatch => {
                let asked = self.read_service_name(&parts.headers, body).await;
                let opened = asked.and_then(|service| {
                    let place = event_stream::acquire_stream_slot(&self.stream_slots)?;
                    Ok(health::watch(self.clone(), place, service))
                });
                GRPC_STREAM.opening_response(content_type, opened)
            }
            BuiltinMethod::ServerReflectionInfo => {
                let gzip = envelope::is_gzip(&parts.headers, grpc::ENCODING);
                let opened = gzip.and_then(|gzip| {
                    let place = event_stream::acquire_stream_slot(&self.stream_slots)?;
                    Ok(reflection::open(self.clone(), place, body, gzip))
                });
                GRPC_STREAM.opening_response(content_type, opened)
            }
        })
    }

    /// How a service is; the empty name is the whole server.
    pub fn health(&self, service: &str) -> HealthStatus {
        if !service.is_empty() && !self.service_names.contains(&service) {
            HealthStatus::Unknown
        } else if self.live.load().is_usable() && !*self.shutdown.borrow() {
            HealthStatus::Serving
        } else {
            HealthStatus::NotServing
        }
    }

    /// The service that a request asks about.
    async fn read_service_name(
        &self,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<String, RpcError> {
        let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
        let limit = limits::BUILTIN_SERVICE_REQUEST;
        let body = body::read(body, limit, self.config.read_timeout).await?;
        let message = envelope::only_message(&body, gzip, limit, RpcProtocol::Grpc)?;
        wire::grpc::health::decode_service_name(&message)
    }

    fn health_check(&self, service: &str) -> Result<ResponseMessage, RpcError> {
        match self.health(service) {
            HealthStatus::Unknown => Err(RpcError::new(RpcCode::NotFound, "unknown service")),
            health => Ok(ResponseMessage::Unframed(health.encode())),
        }
    }
}

/// The content type of a request, if it is plain gRPC.
pub fn grpc_content_type(headers: &HeaderMap) -> Option<HeaderValue> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let spoken = negotiate::parse_content_type(content_type.to_str().ok()?, true)?;
    (spoken == (RpcProtocol::Grpc, Codec::Proto)).then(|| content_type.clone())
}
