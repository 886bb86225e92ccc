//! Services that every gRPC port has: health and server reflection.

pub mod health;
pub mod reflection;

use std::sync::Arc;

use http::HeaderMap;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use hyper::body::Incoming;

use crate::limits;
use crate::resolve::ResponseMessage;
use crate::serve::context::ServerContext;
use crate::serve::http::auth::PortAuthentication;
use crate::serve::http::body::Body;
use crate::serve::http::read_body;
use crate::serve::http::respond;
use crate::serve::rpc::compression;
use crate::serve::rpc::envelope;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::wire;
use crate::wire::Codec;
use crate::wire::grpc::health::HealthStatus;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

const HEALTH_SERVICE: &str = "grpc.health.v1.Health";
const REFLECTION_SERVICES: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Health and reflection of one port.
#[derive(Debug)]
pub struct BuiltinServices {
    context: ServerContext,
    /// The names of all services of the port.
    service_names: Arc<[&'static str]>,
    /// The authentication of reflection. Health needs none: the gRPC probes of a kubelet send no token.
    authentication: Option<PortAuthentication>,
}

/// The methods of the services.
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
    /// The built-in services of a port that also serves `own`.
    pub fn new(
        context: ServerContext,
        own: &[&'static str],
        authentication: Option<PortAuthentication>,
    ) -> BuiltinServices {
        let builtin = [HEALTH_SERVICE].into_iter().chain(REFLECTION_SERVICES);
        BuiltinServices {
            context,
            service_names: own.iter().copied().chain(builtin).collect(),
            authentication,
        }
    }

    /// Answers a request for one of these services.
    ///
    /// # Errors
    /// If the request is for another service: the request.
    pub async fn try_handle(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Box<Request<Incoming>>> {
        let Some(method) = parse_method(request.uri().path()) else {
            return Err(Box::new(request));
        };
        let Some(content_type) = grpc_content_type(request.headers()) else {
            return Ok(respond::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        };
        let (parts, body) = request.into_parts();
        Ok(match method {
            BuiltinMethod::HealthCheck => {
                let service = self.read_service_name(&parts.headers, body).await;
                let reply = service.and_then(|service| self.health_check(&service));
                grpc::unary_response(RpcProtocol::Grpc, content_type, reply, false)
            }
            BuiltinMethod::HealthWatch => {
                let service = self.read_service_name(&parts.headers, body).await;
                let opened = service.and_then(|service| {
                    let slot = stream::acquire_slot(&self.context)?;
                    Ok(health::watch(&self.context, slot, self.is_known(&service)))
                });
                StreamFraming::GRPC.opening_response(content_type, opened)
            }
            BuiltinMethod::ServerReflectionInfo => {
                let opened = self.authenticate(&parts.headers).and_then(|()| {
                    let gzip = compression::is_gzip(&parts.headers, grpc::ENCODING)?;
                    let slot = stream::acquire_slot(&self.context)?;
                    let names = self.service_names.clone();
                    Ok(reflection::open(&self.context, slot, names, body, gzip))
                });
                StreamFraming::GRPC.opening_response(content_type, opened)
            }
        })
    }

    /// Checks the token of a request for reflection.
    fn authenticate(&self, headers: &HeaderMap) -> Result<(), RpcError> {
        let authentication = self.authentication.as_ref();
        authentication.map_or(Ok(()), |authentication| authentication.check(headers))
    }

    /// Returns true for a service of the port, and for the empty name, which means the whole server.
    fn is_known(&self, service: &str) -> bool {
        service.is_empty() || self.service_names.contains(&service)
    }

    /// Reads the name of the service whose health is requested.
    async fn read_service_name(
        &self,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<String, RpcError> {
        let gzip = compression::is_gzip(headers, grpc::ENCODING)?;
        let limit = limits::BUILTIN_SERVICE_REQUEST;
        let body = read_body::read(body, limit, self.context.config.read_timeout).await?;
        let message = envelope::only_message(&body, gzip, limit, RpcProtocol::Grpc)?;
        wire::grpc::health::decode_service_name(&message)
    }

    fn health_check(&self, service: &str) -> Result<ResponseMessage, RpcError> {
        match health::status(&self.context, self.is_known(service)) {
            HealthStatus::Unknown => Err(RpcError::new(RpcCode::NotFound, "unknown service")),
            health => Ok(ResponseMessage::Unframed(health.encode())),
        }
    }
}

/// The content type of a request, if it is plain gRPC.
fn grpc_content_type(headers: &HeaderMap) -> Option<HeaderValue> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let protocol_and_codec = negotiate::parse_content_type(content_type.to_str().ok()?, true)?;
    (protocol_and_codec == (RpcProtocol::Grpc, Codec::Proto)).then(|| content_type.clone())
}
