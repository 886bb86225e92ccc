//! Watches requests from their first line to the last byte of their answer.

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use http::Response;
use http::header;
use http::request::Parts;
use opentelemetry::KeyValue;

use crate::metric::Metrics;
use crate::metric::http_server::OFREP_BULK_ROUTE;
use crate::metric::http_server::OFREP_SINGLE_ROUTE;
use crate::metric::http_server::OFREP_SSE_ROUTE;
use crate::metric::http_server::RequestLabels;
use crate::metric::http_server::Scheme;
use crate::serve::http::body::Body;
use crate::serve::ofrep::router;
use crate::telemetry::trace::RequestSpan;
use crate::telemetry::trace::RequestTracer;

/// What watches the requests of a port.
#[derive(Debug, Clone)]
pub struct Instrumentation {
    /// Where they are counted.
    pub metrics: Arc<Metrics>,
    /// Where they are traced, if they are.
    pub traces: Option<Arc<RequestTracer>>,
    /// How they come.
    pub scheme: Scheme,
}

/// A request until its answer is gone.
#[derive(Debug)]
pub struct InFlightRequest {
    metrics: Arc<Metrics>,
    route_key: RequestLabels,
    started: Instant,
    /// The status of the answer, once there is one.
    status: Option<u16>,
    /// That of gRPC.
    grpc_status: Option<i64>,
    span: Option<RequestSpan>,
    response_size: u64,
}

impl Instrumentation {
    /// Watches a request for a remote procedure.
    pub fn begin_rpc(&self, request: &mut Parts) -> InFlightRequest {
        let place = RequestLabels::new(request.uri.path(), request.method.as_str(), self.scheme);
        self.begin(place, request)
    }

    /// Watches a request over OFREP.
    pub fn begin_ofrep(&self, request: &mut Parts) -> InFlightRequest {
        let route = match router::parse_route(request.uri.path()) {
            Some(router::OfrepRoute::AllFlags) => OFREP_BULK_ROUTE,
            Some(router::OfrepRoute::Flag(_)) => OFREP_SINGLE_ROUTE,
            Some(router::OfrepRoute::ChangeStream(_)) => OFREP_SSE_ROUTE,
            None => "",
        };
        let place = RequestLabels::new(route, request.method.as_str(), self.scheme);
        self.begin(place, request)
    }

    fn begin(&self, route_key: RequestLabels, request: &mut Parts) -> InFlightRequest {
        self.metrics.http.inc_active(route_key);
        let recording = self.traces.as_ref().map(|traces| {
            let recording = traces.start_span(
                span_name(route_key),
                &request.headers,
                span_attributes(route_key, request),
            );
            request.extensions.insert(recording.clone());
            recording
        });
        InFlightRequest {
            metrics: self.metrics.clone(),
            span: recording,
            route_key,
            started: Instant::now(),
            status: None,
            grpc_status: None,
            response_size: 0,
        }
    }
}

/// The name of a span, as flagd has it.
fn span_name(route_key: RequestLabels) -> &'static str {
    let route = route_key.route();
    match route.rsplit_once("Service/Resolve").map(|(_, kind)| kind) {
        Some("Boolean") => "resolveBoolean",
        Some("String") => "resolveString",
        Some("Int") => "resolveInt",
        Some("Float") => "resolveFloat",
        Some("Object") => "resolveObject",
        Some("All") => "resolveAll",
        _ if route == OFREP_SINGLE_ROUTE || route == OFREP_BULK_ROUTE => "flagd.ofrep",
        _ => route.trim_start_matches('/'),
    }
}

/// What is known of a request before it is answered.
fn span_attributes(route_key: RequestLabels, request: &Parts) -> Vec<KeyValue> {
    let route = route_key.route();
    let mut about = vec![
        KeyValue::new("http.request.method", route_key.method()),
        KeyValue::new("http.route", route),
        KeyValue::new("url.scheme", route_key.scheme_text()),
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
fn grpc_status(response: &Response<Body>) -> Option<i64> {
    let trailers = match response.body() {
        Body::WithTrailers(_, Some(trailers)) => trailers,
        _ => response.headers(),
    };
    trailers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

impl InFlightRequest {
    /// Waits for the answer and goes along with it. No `async fn`: that would hold the answer's future twice.
    pub fn instrument_future(
        self,
        answer: impl Future<Output = Response<Body>>,
    ) -> impl Future<Output = Response<Body>> {
        answer.map(move |response| self.instrument_response(response))
    }

    /// Goes along with an answer.
    pub fn instrument_response(mut self, response: Response<Body>) -> Response<Body> {
        self.status = Some(response.status().as_u16());
        if self.span.is_some() {
            self.grpc_status = grpc_status(&response);
        }
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, self.instrument_body(body))
    }

    /// Goes along with a stream; any other body is counted now.
    fn instrument_body(mut self, body: Body) -> Body {
        match body {
            Body::Stream(receiver) => Body::Instrumented(receiver, Box::new(self)),
            Body::Full(ref bytes) | Body::WithTrailers(ref bytes, _) => {
                self.add_sent_bytes(bytes.len());
                body
            }
            Body::Empty | Body::Instrumented(..) => body,
        }
    }

    /// Counts bytes of the answer.
    pub fn add_sent_bytes(&mut self, bytes: usize) {
        self.response_size += bytes as u64;
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        let http = &self.metrics.http;
        http.dec_active(self.route_key);
        // Who goes away before there is an answer gets no status.
        if let Some(status) = self.status {
            http.record_response(
                self.route_key,
                status,
                self.started.elapsed(),
                self.response_size,
            );
        }
        if let Some(recording) = &self.span {
            let status = self.status.map(i64::from);
            let status = status.map(|status| KeyValue::new("http.response.status_code", status));
            let code = self
                .grpc_status
                .map(|code| KeyValue::new("rpc.grpc.status_code", code));
            // What gRPC's conventions count as the server's fault: unknown, deadline, unimplemented, internal,
            // unavailable, data loss.
            let failed = self.status.is_some_and(|status| status >= 500)
                || matches!(self.grpc_status, Some(2 | 4 | 12 | 13 | 14 | 15));
            recording.end(status.into_iter().chain(code).collect(), failed);
        }
    }
}
