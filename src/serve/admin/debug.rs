//! What a replica says of itself on the management port: how it answers, and how its sources are.
//!
//! Off unless it is asked for: rules may name people, and the port is reachable from other pods. Nothing here counts as an
//! evaluation.

mod bearer_auth;
mod query;
mod response;

use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;

use crate::limits;
use crate::live::Live;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::serve::ServeConfig;
pub use crate::serve::admin::debug::bearer_auth::BearerToken;
pub use crate::serve::admin::debug::bearer_auth::DebugAccess;
use crate::serve::admin::debug::query::DebugQuery;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::rpc::router;
use crate::source::status::SourceStatuses;
use crate::wire::rpc_error::RpcCode;

/// Who may ask a replica about itself, and what it calls itself.
#[derive(Debug, Clone)]
pub struct DebugConfig {
    /// Who may ask.
    pub access: DebugAccess,
    /// What tells this replica apart: the targeting key of those who name none.
    pub replica: Arc<str>,
    /// How the sources are doing.
    pub statuses: SourceStatuses,
    /// How `fractional` hashes its units.
    pub fractional_version: FractionalVersion,
}

impl Default for DebugConfig {
    fn default() -> DebugConfig {
        DebugConfig {
            access: DebugAccess::Off,
            replica: "".into(),
            statuses: Arc::default(),
            fractional_version: FractionalVersion::default(),
        }
    }
}

/// What the answers are made from.
#[derive(Debug)]
pub struct DebugEndpoints {
    /// The flags.
    pub live: Arc<Live>,
    /// How requests are served, and who may ask.
    pub config: Arc<ServeConfig>,
    /// Places for requests: what they cost must not delay probes.
    pub request_slots: Semaphore,
}

/// What a path asks for.
enum DebugRoute {
    Flags,
    Flag(String),
    Definitions,
    Sources,
}

impl DebugEndpoints {
    /// The replica with these flags.
    pub fn new(live: Arc<Live>, settings: Arc<ServeConfig>) -> DebugEndpoints {
        let places = Semaphore::new(limits::DEBUG_REQUESTS);
        DebugEndpoints {
            live,
            config: settings,
            request_slots: places,
        }
    }

    /// Whether a path is one of those that are answered here.
    pub fn serves_path(&self, path: &str) -> bool {
        self.config.debug.access.is_enabled() && path.starts_with("/debug/")
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(route) = parse_route(request.uri().path()) else {
            return router::plain_text_not_found();
        };
        let (parts, body) = request.into_parts();
        if !self.config.debug.access.authorizes(&parts.headers).await {
            let mut response = error_response(StatusCode::UNAUTHORIZED, "a bearer token is needed");
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
            return response;
        }
        let allowed = match route {
            DebugRoute::Sources | DebugRoute::Definitions => "GET",
            DebugRoute::Flags | DebugRoute::Flag(_) => "GET, POST",
        };
        let posted = parts.method == Method::POST && allowed == "GET, POST";
        if !(parts.method == Method::GET || posted) {
            let mut response =
                error_response(StatusCode::METHOD_NOT_ALLOWED, "another method is needed");
            let allowed = HeaderValue::from_static(allowed);
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
        let Ok(_place) = self.request_slots.try_acquire() else {
            return error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many are asking at once",
            );
        };
        let body = if posted {
            match body::read(body, limits::DEBUG_REQUEST, self.config.read_timeout).await {
                Ok(body) => body,
                Err(error) if error.code == RpcCode::ResourceExhausted => {
                    return error_response(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
                }
                Err(_) => {
                    return error_response(StatusCode::REQUEST_TIMEOUT, "the body did not arrive");
                }
            }
        } else {
            bytes::Bytes::new()
        };
        self.respond(&route, &parts, &body)
    }

    fn respond(&self, route: &DebugRoute, parts: &Parts, body: &[u8]) -> Response<Body> {
        let snapshot = self.live.load();
        let now = SystemTime::now();
        let debugging = &self.config.debug;
        match route {
            DebugRoute::Sources => {
                let text = response::sources_response(&snapshot, &debugging.statuses, now);
                return json_response(StatusCode::OK, text);
            }
            DebugRoute::Definitions => {
                return json_response(StatusCode::OK, response::definitions_response(&snapshot));
            }
            DebugRoute::Flags | DebugRoute::Flag(_) => {}
        }
        let query = parts.uri.query().unwrap_or("");
        let overlay = self.config.added_context.overlay(Some(&parts.headers));
        let question = match DebugQuery::parse(query, body) {
            Ok(question) => question,
            Err(why) => return error_response(StatusCode::BAD_REQUEST, &why),
        };
        let asked = query::DebugScope {
            snapshot: &snapshot,
            config: debugging,
            overlay: &overlay,
            now,
        };
        let answer = match route {
            DebugRoute::Flag(key) => asked.evaluate_flag(&question, key),
            _ => asked.evaluate_all(&question),
        };
        match answer {
            Ok(Some(text)) => json_response(StatusCode::OK, text),
            Ok(None) => error_response(StatusCode::NOT_FOUND, "there is no such flag"),
            Err(why) => error_response(StatusCode::BAD_REQUEST, &why),
        }
    }
}

/// The route of a path. A key is one segment: an escaped slash does not make one.
fn parse_route(path: &str) -> Option<DebugRoute> {
    match path.strip_prefix("/debug/")? {
        "flags" | "flags/" => Some(DebugRoute::Flags),
        // One and the same: how flags get here is how they are kept in step.
        "sources" | "sync" => Some(DebugRoute::Sources),
        "definitions" => Some(DebugRoute::Definitions),
        rest => {
            let key = rest
                .strip_prefix("flags/")
                .filter(|key| !key.contains('/'))?;
            Some(DebugRoute::Flag(
                percent_decode_str(key).decode_utf8().ok()?.into_owned(),
            ))
        }
    }
}

fn error_response(status: StatusCode, why: &str) -> Response<Body> {
    let mut text = String::from("{\"error\":");
    crate::json::write_string(&mut text, why);
    text.push('}');
    json_response(status, text)
}

fn json_response(status: StatusCode, mut text: String) -> Response<Body> {
    text.push('\n');
    let mut response = Response::new(Body::Full(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
