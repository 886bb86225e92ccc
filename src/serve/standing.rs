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
use crate::resolve::Reply;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::events::Ending;
use crate::serve::grpc;
use crate::serve::health;
use crate::serve::protocol;
use crate::serve::protocol::Protocol;
use crate::serve::reflection;
use crate::wire;
use crate::wire::Codec;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::health::Health;

/// How streams of these services end.
pub const ENDING: Ending = Ending {
    protocol: Protocol::Grpc,
};
const HEALTH: &str = "grpc.health.v1.Health";
const REFLECTION: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// What the services of a port work with.
#[derive(Debug)]
pub struct Standing {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve.
    pub settings: Arc<Settings>,
    /// Places for streams.
    pub streams: Arc<Semaphore>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
    /// The names of all services of the port.
    pub services: Vec<&'static str>,
}

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Check,
    Watch,
    Reflect,
}

fn method(path: &str) -> Option<Method> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    match (service, method) {
        (HEALTH, "Check") => Some(Method::Check),
        (HEALTH, "Watch") => Some(Method::Watch),
        (name, "ServerReflectionInfo") if REFLECTION.contains(&name) => Some(Method::Reflect),
        _ => None,
    }
}

impl Standing {
    /// The names of all services of a port that serves `own`.
    pub fn services(own: &[&'static str]) -> Vec<&'static str> {
        let standing = [HEALTH].into_iter().chain(REFLECTION);
        own.iter().copied().chain(standing).collect()
    }

    /// Answers a request if it is for one of these services, and otherwise gives it back.
    ///
    /// # Errors
    /// Never; the request is what is left to be answered.
    pub async fn handle(
        self: &Arc<Standing>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Box<Request<Incoming>>> {
        let Some(method) = method(request.uri().path()) else {
            return Err(Box::new(request));
        };
        let Some(content_type) = content_type(request.headers()) else {
            let mut response = Response::new(Body::Empty);
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Ok(response);
        };
        let (parts, body) = request.into_parts();
        Ok(match method {
            Method::Check => {
                let asked = self.asked(&parts.headers, body).await;
                let reply = asked.and_then(|service| self.check(&service));
                grpc::unary(Protocol::Grpc, content_type, reply, false)
            }
            Method::Watch => {
                let asked = self.asked(&parts.headers, body).await;
                let opened = asked.and_then(|service| {
                    let place = events::place(&self.streams)?;
                    Ok(health::watch(self.clone(), place, service))
                });
                ENDING.opening(content_type, opened)
            }
            Method::Reflect => {
                let gzip = envelope::is_gzip(&parts.headers, grpc::ENCODING);
                let opened = gzip.and_then(|gzip| {
                    let place = events::place(&self.streams)?;
                    Ok(reflection::open(self.clone(), place, body, gzip))
                });
                ENDING.opening(content_type, opened)
            }
        })
    }

    /// How a service is; the empty name is the whole server.
    pub fn health(&self, service: &str) -> Health {
        if !service.is_empty() && !self.services.contains(&service) {
            Health::Unknown
        } else if self.live.load().is_usable() && !*self.shutdown.borrow() {
            Health::Serving
        } else {
            Health::NotServing
        }
    }

    /// The service that a request asks about.
    async fn asked(&self, headers: &HeaderMap, body: Incoming) -> Result<String, RpcError> {
        let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
        let limit = limits::SERVICE_REQUEST;
        let body = body::read(body, limit, self.settings.read_timeout).await?;
        let message = envelope::only_message(&body, gzip, limit, Protocol::Grpc)?;
        wire::health::service(&message)
    }

    fn check(&self, service: &str) -> Result<Reply, RpcError> {
        match self.health(service) {
            Health::Unknown => Err(RpcError::new(Code::NotFound, "unknown service")),
            health => Ok(Reply::Bare(health.encode())),
        }
    }
}

/// The content type of a request, if it is plain gRPC.
pub fn content_type(headers: &HeaderMap) -> Option<HeaderValue> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let spoken = protocol::of(content_type.to_str().ok()?, true)?;
    (spoken == (Protocol::Grpc, Codec::Proto)).then(|| content_type.clone())
}
