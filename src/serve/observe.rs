//! Watches requests from their first line to the last byte of their answer.

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use http::Response;
use http::header;
use http::request::Parts;
use opentelemetry::KeyValue;

use crate::metric::Metrics;
use crate::metric::http::OFREP_ALL;
use crate::metric::http::OFREP_CHANGES;
use crate::metric::http::OFREP_ONE;
use crate::metric::http::Place;
use crate::metric::http::Scheme;
use crate::serve::body::Body;
use crate::serve::ofrep;
use crate::telemetry::trace::Recording;
use crate::telemetry::trace::Traces;

/// What watches the requests of a port.
#[derive(Debug, Clone)]
pub struct Observer {
    /// Where they are counted.
    pub metrics: Arc<Metrics>,
    /// Where they are traced, if they are.
    pub traces: Option<Arc<Traces>>,
    /// How they come.
    pub scheme: Scheme,
}

/// A request until its answer is gone.
#[derive(Debug)]
pub struct Watched {
    metrics: Arc<Metrics>,
    place: Place,
    begun: Instant,
    /// The status of the answer, once there is one.
    status: Option<u16>,
    /// That of gRPC.
    code: Option<i64>,
    recording: Option<Recording>,
    size: u64,
}

impl Observer {
    /// Watches a request for a remote procedure.
    pub fn rpc(&self, request: &mut Parts) -> Watched {
        let place = Place::new(request.uri.path(), request.method.as_str(), self.scheme);
        self.begin(place, request)
    }

    /// Watches a request over OFREP.
    pub fn ofrep(&self, request: &mut Parts) -> Watched {
        let route = match ofrep::route(request.uri.path()) {
            Some(ofrep::Route::All) => OFREP_ALL,
            Some(ofrep::Route::One(_)) => OFREP_ONE,
            Some(ofrep::Route::Changes(_)) => OFREP_CHANGES,
            None => "",
        };
        let place = Place::new(route, request.method.as_str(), self.scheme);
        self.begin(place, request)
    }

    fn begin(&self, place: Place, request: &mut Parts) -> Watched {
        self.metrics.http.begin(place);
        let recording = self.traces.as_ref().map(|traces| {
            let recording = traces.begin(name(place), &request.headers, about(place, request));
            request.extensions.insert(recording.clone());
            recording
        });
        Watched {
            metrics: self.metrics.clone(),
            recording,
            place,
            begun: Instant::now(),
            status: None,
            code: None,
            size: 0,
        }
    }
}

/// The name of a span, as flagd has it.
fn name(place: Place) -> &'static str {
    let route = place.route();
    match route.rsplit_once("Service/Resolve").map(|(_, kind)| kind) {
        Some("Boolean") => "resolveBoolean",
        Some("String") => "resolveString",
        Some("Int") => "resolveInt",
        Some("Float") => "resolveFloat",
        Some("Object") => "resolveObject",
        Some("All") => "resolveAll",
        _ if route == OFREP_ONE || route == OFREP_ALL => "flagd.ofrep",
        _ => route.trim_start_matches('/'),
    }
}

/// What is known of a request before it is answered.
fn about(place: Place, request: &Parts) -> Vec<KeyValue> {
    let route = place.route();
    let mut about = vec![
        KeyValue::new("http.request.method", place.method()),
        KeyValue::new("http.route", route),
        KeyValue::new("url.scheme", place.scheme_text()),
    ];
    let called = route
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'));
    let called = called.filter(|(service, _)| service.contains('.'));
    if let Some((service, method)) = called {
        let content_type = request.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.map_or(&b""[..], |value| value.as_bytes());
        let system = if content_type.starts_with(b"application/grpc-web") {
            "grpc_web"
        } else if content_type.starts_with(b"application/grpc") {
            "grpc"
        } else {
            "connect_rpc"
        };
        about.push(KeyValue::new("rpc.system", system));
        about.push(KeyValue::new("rpc.service", service));
        about.push(KeyValue::new("rpc.method", method));
    }
    about
}

/// The status of gRPC, where it is known with the answer.
fn code(response: &Response<Body>) -> Option<i64> {
    let trailers = match response.body() {
        Body::Trailed(_, Some(trailers)) => trailers,
        _ => response.headers(),
    };
    trailers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

impl Watched {
    /// Waits for the answer and goes along with it. No `async fn`: that would hold the answer's future twice.
    pub fn answer(
        self,
        answer: impl Future<Output = Response<Body>>,
    ) -> impl Future<Output = Response<Body>> {
        answer.map(move |response| self.answered(response))
    }

    /// Goes along with an answer.
    pub fn answered(mut self, response: Response<Body>) -> Response<Body> {
        self.status = Some(response.status().as_u16());
        if self.recording.is_some() {
            self.code = code(&response);
        }
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, self.follow(body))
    }

    /// Goes along with a stream; any other body is counted now.
    fn follow(mut self, body: Body) -> Body {
        match body {
            Body::Stream(receiver) => Body::Watched(receiver, Box::new(self)),
            Body::Full(ref bytes) | Body::Trailed(ref bytes, _) => {
                self.sent(bytes.len());
                body
            }
            Body::Empty | Body::Watched(..) => body,
        }
    }

    /// Counts bytes of the answer.
    pub fn sent(&mut self, bytes: usize) {
        self.size += bytes as u64;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let http = &self.metrics.http;
        http.end(self.place);
        // Who goes away before there is an answer gets no status.
        if let Some(status) = self.status {
            http.answered(self.place, status, self.begun.elapsed(), self.size);
        }
        if let Some(recording) = &self.recording {
            let status = self.status.map(i64::from);
            let status = status.map(|status| KeyValue::new("http.response.status_code", status));
            let code = self
                .code
                .map(|code| KeyValue::new("rpc.grpc.status_code", code));
            // What gRPC's conventions count as the server's fault: unknown, deadline, unimplemented, internal,
            // unavailable, data loss.
            let failed = self.status.is_some_and(|status| status >= 500)
                || matches!(self.code, Some(2 | 4 | 12 | 13 | 14 | 15));
            recording.end(status.into_iter().chain(code).collect(), failed);
        }
    }
}
