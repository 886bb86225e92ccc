//! `EvaluationService`: answers calls, unary from the active snapshot or with an event stream.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::Response;
use http::header;
use http::request::Parts;
use hyper::body::Incoming;

use crate::decision::FlagType;
use crate::resolve;
use crate::resolve::ResponseMessage;
use crate::resolve::RpcOptions;
use crate::selector::Selector;
use crate::serve::context::ServerContext;
use crate::serve::http::auth::PortAuthentication;
use crate::serve::http::body::Body;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::http::read_body;
use crate::serve::http::request_scope;
use crate::serve::http::respond;
use crate::serve::http::selector;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::call_headers::CallHeaders;
use crate::serve::rpc::compression;
use crate::serve::rpc::connect;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::event_stream::StreamRequest;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::HttpRejection;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::route::EvaluationMethod;
use crate::serve::rpc::route::RpcRoute;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::wire::EvaluationApi;
use crate::wire::evaluation::request;
use crate::wire::rpc_error::RpcError;

/// The services of the evaluation port.
#[derive(Debug)]
pub struct EvaluationService {
    /// Flags, configuration and shutdown.
    pub context: ServerContext,
    /// Health and reflection.
    pub builtin_services: BuiltinServices,
    /// Metrics and traces of requests.
    pub instrumentation: Instrumentation,
    /// The authentication of calls.
    pub authentication: PortAuthentication,
}

impl EvaluationService {
    /// Answers a call.
    ///
    /// Neither this nor any function that it calls is an `async fn`: each would store the request once more, and hyper
    /// reserves that memory for the lifetime of an HTTP/1.1 connection.
    pub fn handle_call(
        self: Arc<EvaluationService>,
        route: RpcRoute,
        parts: Parts,
        body: Incoming,
    ) -> impl Future<Output = Response<Body>> {
        let call_headers = self.call_headers(route, &parts);
        let config = &self.context.config;
        let mut message = read_body::read(body, config.max_body, config.read_timeout);
        async move {
            let message = match &call_headers {
                Ok(call) if call.encoding_and_deadline.is_ok() => (&mut message).await,
                // The headers alone decide the response.
                _ => Ok(Bytes::new()),
            };
            self.respond(call_headers, &parts, message)
        }
    }

    /// Answers a call whose body is buffered.
    pub fn handle_buffered(&self, route: RpcRoute, parts: &Parts, body: &Bytes) -> Response<Body> {
        self.respond(self.call_headers(route, parts), parts, Ok(body.clone()))
    }

    /// Parses the headers of a call. A call without a valid token fails before its body is read.
    fn call_headers(&self, route: RpcRoute, parts: &Parts) -> Result<CallHeaders, HttpRejection> {
        let mut call = CallHeaders::parse(route, parts)?;
        if let Err(error) = self.authentication.check(&parts.headers) {
            call.encoding_and_deadline = Err(error);
        }
        Ok(call)
    }

    fn respond(
        &self,
        call_headers: Result<CallHeaders, HttpRejection>,
        parts: &Parts,
        body: Result<Bytes, RpcError>,
    ) -> Response<Body> {
        let mut response = match call_headers {
            Err((status, (name, value))) => respond::empty_with_header(status, name, value),
            Ok(call) => {
                let limit = self.context.config.max_body;
                let message = body.and_then(|body| call.decode_message(&body, limit));
                match call.route.method {
                    EvaluationMethod::EventStream => self.event_stream(call, parts, message),
                    EvaluationMethod::Resolve(want) => self.unary(Some(want), call, parts, message),
                    EvaluationMethod::ResolveAll => self.unary(None, call, parts, message),
                }
            }
        };
        self.add_cors(&parts.headers, &mut response);
        response
    }

    /// Adds CORS headers to a response, unless no browser can have sent the request.
    pub fn add_cors(&self, request: &HeaderMap, response: &mut Response<Body>) {
        if request.contains_key(header::ORIGIN) || !negotiate::is_plain_grpc(request) {
            let cors = &self.context.config.cors;
            cors.add_response_headers(request, response);
        }
    }

    /// Opens a stream. The message must be valid; its content is ignored.
    fn event_stream(
        &self,
        call: CallHeaders,
        parts: &Parts,
        message: Result<(Bytes, Deadline), RpcError>,
    ) -> Response<Body> {
        let protocol = call.protocol;
        let framing = StreamFraming { protocol };
        let opened = message.and_then(|(message, deadline)| {
            request::validate_empty(call.codec, &message)?;
            let selector = self.selector(&parts.headers)?;
            let slot = stream::acquire_slot(&self.context)?;
            let request = StreamRequest {
                contract: call.route.contract,
                codec: call.codec,
                selector,
                deadline,
            };
            Ok(event_stream::open(&self.context, slot, framing, request))
        });
        framing.opening_response(call.content_type, opened)
    }

    /// Answers with the value of one flag of type `want`, or with the values of all flags.
    fn unary(
        &self,
        want: Option<FlagType>,
        call: CallHeaders,
        parts: &Parts,
        message: Result<(Bytes, Deadline), RpcError>,
    ) -> Response<Body> {
        let outcome = message.and_then(|(message, deadline)| {
            deadline.ensure_not_expired()?;
            self.resolve(want, &call, parts, &message)
        });
        let (headers, content_type) = (&parts.headers, call.content_type);
        match call.protocol {
            RpcProtocol::Connect => {
                let gzip = compression::accepts_gzip(headers, "accept-encoding");
                connect::unary_response(content_type, outcome, gzip)
            }
            protocol @ (RpcProtocol::Grpc | RpcProtocol::GrpcWeb) => {
                let gzip = compression::accepts_gzip(headers, grpc::ACCEPT_ENCODING);
                grpc::unary_response(protocol, content_type, outcome, gzip)
            }
        }
    }

    fn resolve(
        &self,
        want: Option<FlagType>,
        call: &CallHeaders,
        parts: &Parts,
        message: &Bytes,
    ) -> Result<ResponseMessage, RpcError> {
        let (contract, codec) = (call.route.contract, call.codec);
        let config = &self.context.config;
        let selector = self.selector(&parts.headers)?;
        // As in flagd, headers become context only in the newer contracts.
        let headers = (contract != EvaluationApi::SchemaV1).then_some(&parts.headers);
        let overlay = config.added_context.overlay(headers);
        let protocol = call.protocol.name();
        let log = request_scope::decision_log(config, parts, protocol);
        let options = RpcOptions {
            contract,
            codec,
            scope: request_scope::new(config, parts, &selector, &overlay, log.as_ref()),
        };
        let snapshot = self.context.live.load();
        match want {
            Some(want) => request_scope::timed(&config.metrics.single_duration, || {
                resolve::resolve_flag(&snapshot, options, want, message)
            }),
            None => request_scope::timed(&config.metrics.bulk_duration, || {
                resolve::resolve_all(&snapshot, options, message)
            }),
        }
    }

    fn selector(&self, headers: &HeaderMap) -> Result<Selector, RpcError> {
        let selector = selector::from_headers(&self.context.config, headers);
        selector.map_err(RpcError::invalid_selector)
    }
}
