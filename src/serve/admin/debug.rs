//! The debug endpoints of the management port: evaluations with their reasons, definitions, and source status.
//!
//! Off by default: rules may contain names of people, and the port is reachable from other pods. Requests to these
//! endpoints are not counted as evaluations.

pub mod bearer_auth;
pub mod config;
mod evaluate;
mod flag_json;
mod route;
mod request_state;
mod source_status_json;

use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use crate::json;
use crate::limits;
pub use crate::serve::admin::debug::bearer_auth::DebugAccess;
pub use crate::serve::admin::debug::config::DebugConfig;
use crate::serve::admin::debug::evaluate::DebugQuery;
use crate::serve::admin::debug::request_state::DebugRequestState;
use crate::serve::admin::debug::route::DebugRoute;
use crate::serve::context::ServerContext;
use crate::serve::http::auth;
use crate::serve::http::body::Body;
use crate::serve::http::read_body;
use crate::serve::http::respond;
use crate::wire::rpc_error::RpcCode;

/// The debug endpoints.
#[derive(Debug)]
pub struct DebugEndpoints {
    context: ServerContext,
    /// Limits concurrent requests, so that their cost does not delay probes.
    request_slots: Semaphore,
}

impl DebugEndpoints {
    /// The endpoints of a server.
    pub fn new(context: ServerContext) -> DebugEndpoints {
        DebugEndpoints {
            context,
            request_slots: Semaphore::new(limits::DEBUG_REQUESTS),
        }
    }

    /// Returns true if the debug endpoints are enabled and a path is below `/debug/`.
    pub fn serves_path(&self, path: &str) -> bool {
        let access = &self.context.config.debug.access;
        access.is_enabled() && path.starts_with("/debug/")
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(route) = DebugRoute::parse(request.uri().path()) else {
            return respond::not_found();
        };
        let (parts, body) = request.into_parts();
        let access = &self.context.config.debug.access;
        if !access.authorizes(&parts.headers).await {
            let mut response = error_response(StatusCode::UNAUTHORIZED, "bearer token required");
            let scheme = HeaderValue::from_static(auth::CHALLENGE);
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, scheme);
            return response;
        }
        let posted = parts.method == Method::POST && route.allows_post();
        if !posted && parts.method != Method::GET {
            return method_not_allowed(&route);
        }
        let Ok(_slot) = self.request_slots.try_acquire() else {
            let why = "too many concurrent requests";
            return error_response(StatusCode::SERVICE_UNAVAILABLE, why);
        };
        let body = if posted {
            self.read_context(body).await
        } else {
            Ok(Bytes::new())
        };
        match body {
            Ok(body) => self.respond(&route, &parts, &body),
            Err(response) => *response,
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// If the body is too large, too slow or incomplete: the response.
    async fn read_context(&self, body: Incoming) -> Result<Bytes, Box<Response<Body>>> {
        let timeout = self.context.config.read_timeout;
        let read = read_body::read(body, limits::DEBUG_REQUEST, timeout).await;
        read.map_err(|error| {
            Box::new(if error.code == RpcCode::ResourceExhausted {
                error_response(StatusCode::PAYLOAD_TOO_LARGE, "request body too large")
            } else {
                error_response(StatusCode::REQUEST_TIMEOUT, "request body not received")
            })
        })
    }

    fn respond(&self, route: &DebugRoute, parts: &Parts, body: &[u8]) -> Response<Body> {
        let snapshot = self.context.live.load();
        let now = SystemTime::now();
        let config = &self.context.config.debug;
        let key = match route {
            DebugRoute::Sources => {
                let text = source_status_json::sources_response(&snapshot, &config.statuses, now);
                return json_response(StatusCode::OK, text);
            }
            DebugRoute::Definitions => {
                return json_response(StatusCode::OK, flag_json::definitions_response(&snapshot));
            }
            DebugRoute::Flags => None,
            DebugRoute::Flag(key) => Some(key),
        };
        let query = match DebugQuery::parse(parts.uri.query().unwrap_or(""), body) {
            Ok(query) => query,
            Err(why) => return error_response(StatusCode::BAD_REQUEST, &why),
        };
        let added_context = &self.context.config.added_context;
        let scope = DebugRequestState {
            snapshot: &snapshot,
            config,
            overlay: &added_context.overlay(Some(&parts.headers)),
            now,
        };
        let answer = match key {
            Some(key) => evaluate::evaluate_flag(&scope, &query, key),
            None => evaluate::evaluate_all(&scope, &query).map(Some),
        };
        match answer {
            Ok(Some(text)) => json_response(StatusCode::OK, text),
            Ok(None) => error_response(StatusCode::NOT_FOUND, "flag not found"),
            Err(why) => error_response(StatusCode::BAD_REQUEST, &why),
        }
    }
}

fn method_not_allowed(route: &DebugRoute) -> Response<Body> {
    let why = "method not allowed";
    let mut response = error_response(StatusCode::METHOD_NOT_ALLOWED, why);
    let allowed = if route.allows_post() {
        "GET, POST"
    } else {
        "GET"
    };
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

fn error_response(status: StatusCode, why: &str) -> Response<Body> {
    let mut text = String::from("{\"error\":");
    json::write_string(&mut text, why);
    text.push('}');
    json_response(status, text)
}

fn json_response(status: StatusCode, mut text: String) -> Response<Body> {
    text.push('\n');
    respond::json(status, text)
}
