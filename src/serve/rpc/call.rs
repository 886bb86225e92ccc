//! Calls: what their headers say, and the answer once their message is here.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderValue;
use http::Response;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;

use crate::decision::FlagType;
use crate::resolve;
use crate::resolve::DecisionObserver;
use crate::resolve::RequestScope;
use crate::resolve::ResponseMessage;
use crate::resolve::RpcOptions;
use crate::serve::http::body;
use crate::serve::http::body::Body;
use crate::serve::rpc::connect;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::EvaluationMethod;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::negotiate::RpcRoute;
use crate::serve::rpc::router;
use crate::serve::rpc::router::EvaluationService;
use crate::serve::rpc::router::HttpRejection;
use crate::serve::rpc::router::rejection_response;
use crate::telemetry::trace::RequestSpan;
use crate::wire::Codec;
use crate::wire::EvaluationApi;
use crate::wire::evaluation::request;
use crate::wire::rpc_error::RpcError;

/// What the headers of a call say.
struct CallHeaders {
    route: RpcRoute,
    content_type: HeaderValue,
    protocol: RpcProtocol,
    codec: Codec,
    /// Whether the message is compressed, and how long the client waits.
    encoding_and_deadline: Result<(bool, Deadline), RpcError>,
}

impl EvaluationService {
    /// Answers a call.
    ///
    /// No `async fn`, nor are there any below it: each would hold the request once more, and hyper keeps room for all of
    /// it as long as an HTTP/1.1 connection lasts.
    pub fn handle_call(
        self: Arc<EvaluationService>,
        route: RpcRoute,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        let call_headers = parse_call_headers(route, &parts);
        let settings = &self.config;
        let mut message = body::read(body, settings.max_body, settings.read_timeout);
        async move {
            let message = match &call_headers {
                Ok(asked) if asked.encoding_and_deadline.is_ok() => (&mut message).await,
                // Whatever the message is, there is an answer.
                _ => Ok(Bytes::new()),
            };
            self.respond(call_headers, &parts, message)
        }
    }

    /// Answers a call that is here whole.
    pub fn handle_buffered(
        self: &Arc<EvaluationService>,
        route: RpcRoute,
        parts: &Parts,
        body: &Bytes,
    ) -> Response<Body> {
        self.respond(parse_call_headers(route, parts), parts, Ok(body.clone()))
    }

    fn respond(
        self: &Arc<EvaluationService>,
        call_headers: Result<CallHeaders, HttpRejection>,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let mut response = match call_headers {
            Err((status, hint)) => rejection_response(status, hint),
            Ok(asked) => {
                let message =
                    body.and_then(|body| decode_message(&asked, &body, self.config.max_body));
                match asked.route.method {
                    EvaluationMethod::EventStream => self.event_stream(asked, parts, message),
                    EvaluationMethod::Resolve(want) => {
                        self.unary(Some(want), asked, parts, message)
                    }
                    EvaluationMethod::ResolveAll => self.unary(None, asked, parts, message),
                }
            }
        };
        self.add_cors(&parts.headers, &mut response);
        response
    }

    /// Opens a stream. Of the message nothing counts but that it is one.
    fn event_stream(
        self: &Arc<EvaluationService>,
        call_headers: CallHeaders,
        parts: &Parts,
        message: Result<(Bytes, Deadline), RpcError>,
    ) -> Response<Body> {
        let protocol = call_headers.protocol;
        let ending = event_stream::StreamFraming { protocol };
        let opened = message.and_then(|(message, patience)| {
            request::validate_empty(call_headers.codec, &message)?;
            let selector = self.enforced_selector(&parts.headers)?;
            let place = event_stream::acquire_stream_slot(&self.stream_slots)?;
            let wish = event_stream::StreamRequest {
                contract: call_headers.route.contract,
                codec: call_headers.codec,
                selector,
                deadline: patience,
            };
            Ok(event_stream::open(self.clone(), place, ending, wish))
        });
        ending.opening_response(call_headers.content_type, opened)
    }

    /// Answers with the value of one flag, which should be of the type `want`, or with those of all.
    fn unary(
        &self,
        want: Option<FlagType>,
        call_headers: CallHeaders,
        parts: &Parts,
        message: Result<(Bytes, Deadline), RpcError>,
    ) -> Response<Body> {
        let outcome = message.and_then(|(message, patience)| {
            patience.ensure_not_expired()?;
            self.resolve(
                want,
                (call_headers.route.contract, call_headers.codec),
                parts,
                &message,
            )
        });
        let (headers, content_type) = (&parts.headers, call_headers.content_type);
        match call_headers.protocol {
            RpcProtocol::Connect => {
                let gzip = envelope::accepts_gzip(headers, "accept-encoding");
                connect::unary_response(content_type, outcome, gzip)
            }
            protocol @ (RpcProtocol::Grpc | RpcProtocol::GrpcWeb) => {
                let gzip = envelope::accepts_gzip(headers, grpc::ACCEPT_ENCODING);
                grpc::unary_response(protocol, content_type, outcome, gzip)
            }
        }
    }

    fn resolve(
        &self,
        want: Option<FlagType>,
        (contract, codec): (EvaluationApi, Codec),
        parts: &Parts,
        message: &Bytes,
    ) -> Result<ResponseMessage, RpcError> {
        let headers = &parts.headers;
        let recording = self.config.traces.as_ref();
        let recording = recording.and_then(|_| parts.extensions.get::<RequestSpan>());
        let selector = self.enforced_selector(headers)?;
        // As in flagd, headers become context only in the newer contracts.
        let headers = (contract != EvaluationApi::SchemaV1).then_some(headers);
        let overlay = self.config.added_context.overlay(headers);
        let call = RpcOptions {
            contract,
            codec,
            scope: RequestScope {
                selector: &selector,
                overlay: &overlay,
                clock: resolve::system_clock,
                observer: recording.map(|recording| recording as &dyn DecisionObserver),
            },
        };
        let snapshot = self.live.load();
        let begun = Instant::now();
        let metrics = &self.config.metrics;
        let (answer, histogram) = if let Some(want) = want {
            let answer = resolve::resolve_flag(&snapshot, call, want, message);
            (answer, &metrics.single_duration)
        } else {
            (
                resolve::resolve_all(&snapshot, call, message),
                &metrics.bulk_duration,
            )
        };
        histogram.observe_duration(begun.elapsed());
        answer
    }
}

/// What a call's headers say.
///
/// # Errors
/// If nothing here understands them.
fn parse_call_headers(route: RpcRoute, parts: &Parts) -> Result<CallHeaders, HttpRejection> {
    let headers = &parts.headers;
    let streaming = route.method == EvaluationMethod::EventStream;
    let (content_type, protocol, codec) = router::negotiate_call(parts, streaming)?;
    let encoding = match protocol {
        RpcProtocol::Connect if streaming => connect::STREAM_CONTENT_ENCODING,
        RpcProtocol::Connect => header::CONTENT_ENCODING.as_str(),
        RpcProtocol::Grpc | RpcProtocol::GrpcWeb => grpc::ENCODING,
    };
    let patience = match protocol {
        RpcProtocol::Connect => connect::parse_protocol_headers,
        RpcProtocol::Grpc | RpcProtocol::GrpcWeb => grpc::parse_deadline,
    };
    let gzip = envelope::is_gzip(headers, encoding);
    Ok(CallHeaders {
        route,
        content_type,
        protocol,
        codec,
        encoding_and_deadline: gzip.and_then(|gzip| Ok((gzip, patience(headers)?))),
    })
}

/// The message of a call, and how long its client waits for the answer.
fn decode_message(
    call_headers: &CallHeaders,
    body: &Bytes,
    limit: usize,
) -> Result<(Bytes, Deadline), RpcError> {
    let (gzip, patience) = call_headers.encoding_and_deadline.clone()?;
    let bare = call_headers.protocol == RpcProtocol::Connect
        && call_headers.route.method != EvaluationMethod::EventStream;
    let message = match bare {
        true if gzip => envelope::gunzip(body, limit)?,
        true => body.clone(),
        false => envelope::only_message(body, gzip, limit, call_headers.protocol)?,
    };
    Ok((message, patience))
}
