//! What a replica says of itself on the management port: how it answers, and how its sources are.
//!
//! Off unless it is asked for: rules may name people, and the port is reachable from other pods. Nothing here counts as an
//! evaluation.

mod access;
mod question;
mod report;

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
use crate::rule::unit::Version;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
pub use crate::serve::debug::access::Access;
pub use crate::serve::debug::access::Token;
use crate::serve::debug::question::Question;
use crate::serve::rpc;
use crate::source::status::Statuses;
use crate::wire::error::Code;

/// Who may ask a replica about itself, and what it calls itself.
#[derive(Debug, Clone)]
pub struct Debugging {
    /// Who may ask.
    pub access: Access,
    /// What tells this replica apart: the targeting key of those who name none.
    pub replica: Arc<str>,
    /// How the sources are doing.
    pub statuses: Statuses,
    /// How `fractional` hashes its units.
    pub fractional: Version,
}

impl Default for Debugging {
    fn default() -> Debugging {
        Debugging {
            access: Access::Off,
            replica: "".into(),
            statuses: Arc::default(),
            fractional: Version::default(),
        }
    }
}

/// What the answers are made from.
#[derive(Debug)]
pub struct Debug {
    /// The flags.
    pub live: Arc<Live>,
    /// How requests are served, and who may ask.
    pub settings: Arc<Settings>,
    /// Places for requests: what they cost must not delay probes.
    pub places: Semaphore,
}

/// What a path asks for.
enum Route {
    Flags,
    Flag(String),
    Definitions,
    Sources,
}

impl Debug {
    /// The replica with these flags.
    pub fn new(live: Arc<Live>, settings: Arc<Settings>) -> Debug {
        let places = Semaphore::new(limits::DEBUG_REQUESTS);
        Debug {
            live,
            settings,
            places,
        }
    }

    /// Whether a path is one of those that are answered here.
    pub fn knows(&self, path: &str) -> bool {
        self.settings.debugging.access.is_on() && path.starts_with("/debug/")
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(route) = route(request.uri().path()) else {
            return rpc::not_found();
        };
        let (parts, body) = request.into_parts();
        if !self.settings.debugging.access.admits(&parts.headers).await {
            let mut response = refuse(StatusCode::UNAUTHORIZED, "a bearer token is needed");
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
            return response;
        }
        let allowed = match route {
            Route::Sources | Route::Definitions => "GET",
            Route::Flags | Route::Flag(_) => "GET, POST",
        };
        let posted = parts.method == Method::POST && allowed == "GET, POST";
        if !(parts.method == Method::GET || posted) {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "another method is needed");
            let allowed = HeaderValue::from_static(allowed);
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
        let Ok(_place) = self.places.try_acquire() else {
            return refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many are asking at once",
            );
        };
        let body = if posted {
            match body::read(body, limits::DEBUG_REQUEST, self.settings.read_timeout).await {
                Ok(body) => body,
                Err(error) if error.code == Code::ResourceExhausted => {
                    return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
                }
                Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body did not arrive"),
            }
        } else {
            bytes::Bytes::new()
        };
        self.answer(&route, &parts, &body)
    }

    fn answer(&self, route: &Route, parts: &Parts, body: &[u8]) -> Response<Body> {
        let snapshot = self.live.load();
        let now = SystemTime::now();
        let debugging = &self.settings.debugging;
        match route {
            Route::Sources => {
                let text = report::sources(&snapshot, &debugging.statuses, now);
                return json(StatusCode::OK, text);
            }
            Route::Definitions => return json(StatusCode::OK, report::definitions(&snapshot)),
            Route::Flags | Route::Flag(_) => {}
        }
        let query = parts.uri.query().unwrap_or("");
        let overlay = self.settings.extra.overlay(Some(&parts.headers));
        let question = match Question::read(query, body) {
            Ok(question) => question,
            Err(why) => return refuse(StatusCode::BAD_REQUEST, &why),
        };
        let asked = question::Asked {
            snapshot: &snapshot,
            debugging,
            overlay: &overlay,
            now,
        };
        let answer = match route {
            Route::Flag(key) => asked.one(&question, key),
            _ => asked.all(&question),
        };
        match answer {
            Ok(Some(text)) => json(StatusCode::OK, text),
            Ok(None) => refuse(StatusCode::NOT_FOUND, "there is no such flag"),
            Err(why) => refuse(StatusCode::BAD_REQUEST, &why),
        }
    }
}

/// The route of a path. A key is one segment: an escaped slash does not make one.
fn route(path: &str) -> Option<Route> {
    match path.strip_prefix("/debug/")? {
        "flags" | "flags/" => Some(Route::Flags),
        // One and the same: how flags get here is how they are kept in step.
        "sources" | "sync" => Some(Route::Sources),
        "definitions" => Some(Route::Definitions),
        rest => {
            let key = rest
                .strip_prefix("flags/")
                .filter(|key| !key.contains('/'))?;
            Some(Route::Flag(
                percent_decode_str(key).decode_utf8().ok()?.into_owned(),
            ))
        }
    }
}

fn refuse(status: StatusCode, why: &str) -> Response<Body> {
    let mut text = String::from("{\"error\":");
    crate::json::write_text(&mut text, why);
    text.push('}');
    json(status, text)
}

fn json(status: StatusCode, mut text: String) -> Response<Body> {
    text.push('\n');
    let mut response = Response::new(Body::Full(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
