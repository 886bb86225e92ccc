//! Metrics and traces of requests, from the request head to the last byte of the response.

use std::sync::Arc;

use futures_util::FutureExt as _;
use http::Response;
use http::header;
use http::request::Parts;
use opentelemetry::KeyValue;

use crate::metric::http_server::request_labels::OFREP_BULK_ROUTE;
use crate::metric::http_server::request_labels::OFREP_SINGLE_ROUTE;
use crate::metric::http_server::request_labels::RequestLabels;
use crate::metric::http_server::request_labels::Scheme;
use crate::metric::registry::Metrics;
use crate::serve::http::body::Body;
use crate::serve::http::in_flight::InFlightRequest;
use crate::telemetry::trace::RequestTracer;

/// The metrics and traces of a port's requests.
#[derive(Debug, Clone)]
pub struct Instrumentation {
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The tracer, if requests are traced.
    pub traces: Option<Arc<RequestTracer>>,
    /// The scheme of the port's URLs.
    pub scheme: Scheme,
}

impl Instrumentation {
    /// Begins a request whose path is its route.
    pub fn begin_rpc(&self, request: &mut Parts) -> InFlightRequest {
        let labels = RequestLabels::new(request.uri.path(), request.method.as_str(), self.scheme);
        self.begin_labelled(labels, request)
    }

    /// Begins a request for a route of the metrics.
    pub fn begin(&self, route: &'static str, request: &mut Parts) -> InFlightRequest {
        let labels = RequestLabels::new(route, request.method.as_str(), self.scheme);
        self.begin_labelled(labels, request)
    }

    fn begin_labelled(&self, labels: RequestLabels, request: &mut Parts) -> InFlightRequest {
        self.metrics.http.inc_active(labels);
        let span = self.traces.as_ref().map(|traces| {
            let span = traces.start_span(
                span_name(labels),
                &request.headers,
                span_attributes(labels, request),
            );
            request.extensions.insert(span.clone());
            span
        });
        InFlightRequest::new(self.metrics.clone(), labels, span)
    }
}

/// The name of a span, as in flagd.
fn span_name(labels: RequestLabels) -> &'static str {
    let route = labels.route();
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

/// The attributes of a span that are known from the request head.
fn span_attributes(labels: RequestLabels, request: &Parts) -> Vec<KeyValue> {
    let route = labels.route();
    let mut attributes = vec![
        KeyValue::new("http.request.method", labels.method()),
        KeyValue::new("http.route", route),
        KeyValue::new("url.scheme", labels.scheme_text()),
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
        attributes.push(KeyValue::new("rpc.system", system));
        attributes.push(KeyValue::new("rpc.service", service));
        attributes.push(KeyValue::new("rpc.method", method));
    }
    attributes
}

/// The gRPC status, if it is known with the head of the response.
fn grpc_status(response: &Response<Body>) -> Option<i64> {
    let trailers = match response.body() {
        Body::WithTrailers(_, Some(trailers)) => trailers,
        _ => response.headers(),
    };
    trailers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

impl InFlightRequest {
    /// Waits for the response and records it. Not an `async fn`, which would store the response's future twice.
    pub fn instrument_future(
        self,
        answer: impl Future<Output = Response<Body>>,
    ) -> impl Future<Output = Response<Body>> {
        answer.map(move |response| self.instrument_response(response))
    }

    /// Records a response.
    pub fn instrument_response(mut self, response: Response<Body>) -> Response<Body> {
        self.status = Some(response.status().as_u16());
        if self.records_grpc_status() {
            self.grpc_status = grpc_status(&response);
        }
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, self.instrument_body(body))
    }

    /// Moves the request into a stream, so that both end together; counts the bytes of any other body now.
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
}
