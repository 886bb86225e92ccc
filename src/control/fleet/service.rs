//! `FleetSyncService`: the handler of the sync port.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Request;
use http::Response;
use hyper::body::Incoming;

use crate::control::fleet::environment::FleetTokens;
use crate::control::fleet::environment::ServedEnvironment;
use crate::control::fleet::report_stream;
use crate::control::fleet::sync_streams;
use crate::control::fleet::sync_streams::PeerRequest;
use crate::metric::authentication::AuthenticatedPort;
use crate::metric::sync_stream::CloseReason;
use crate::resolve::ResponseMessage;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::compression;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::serve::sync::request;
use crate::serve::sync::request::SyncMethod;
use crate::serve::sync::request::SyncRequest;
use crate::serve::sync::sync_stream;
use crate::wire::flag_sync;
use crate::wire::fleet::sync_request::FleetSyncRequest;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The name of the service of receipts.
pub const FLEET_SERVICE: &str = "fanion.fleet.v1.FleetService";
const REPORT_PATH: &str = "/fanion.fleet.v1.FleetService/Report";
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// The service of the sync port.
#[derive(Debug)]
pub struct FleetSyncService {
    /// Configuration and shutdown.
    pub context: ServerContext,
    /// Health and reflection.
    pub builtin_services: BuiltinServices,
    /// The environments.
    pub environments: Vec<Arc<ServedEnvironment>>,
    /// The tokens that choose one.
    pub tokens: Arc<ArcSwap<FleetTokens>>,
}

impl Handler for Arc<FleetSyncService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        self.clone().dispatch(request)
    }
}

impl FleetSyncService {
    async fn dispatch(self: Arc<FleetSyncService>, request: Request<Incoming>) -> Response<Body> {
        let request = match Box::pin(self.builtin_services.try_handle(request)).await {
            Ok(response) => return response,
            Err(request) => request,
        };
        let (parts, body) = request.into_parts();
        let (content_type, deadline) = match request::validate_headers(&parts) {
            Ok(validated) => validated,
            Err(rejection) => return *rejection,
        };
        let accepts = compression::accepts_gzip(&parts.headers, grpc::ACCEPT_ENCODING);
        let unary = |outcome| {
            grpc::unary_response(RpcProtocol::Grpc, content_type.clone(), outcome, accepts)
        };
        let served = match self.environment_of(&parts.headers) {
            Ok(served) => served,
            Err(error) => return unary(Err(error)),
        };
        if parts.uri.path() == REPORT_PATH {
            let context = &self.context;
            let ended = report_stream::receive(context, &served.environment, &parts.headers, body);
            return unary(
                Box::pin(ended)
                    .await
                    .map(|()| ResponseMessage::Unframed(Vec::new())),
            );
        }
        let method = match request::parse_method(parts.uri.path()) {
            Ok(method) => method,
            Err(error) => return unary(Err(error)),
        };
        let config = &self.context.config;
        let message = request::read_message(method, &parts.headers, body, config).await;
        let message = message.and_then(|message| FleetSyncRequest::decode(&message));
        match method {
            SyncMethod::SyncFlags => {
                let opened = message.and_then(|message| {
                    self.open_stream(served.clone(), message, &parts.headers, accepts, deadline)
                });
                let mut response = StreamFraming::GRPC.opening_response(content_type, opened);
                if accepts {
                    // Only messages of some length are compressed; each says whether it is.
                    let name = HeaderName::from_static(grpc::ENCODING);
                    response.headers_mut().insert(name, GZIP);
                }
                response
            }
            SyncMethod::FetchAllFlags => {
                unary(message.and_then(|message| self.fetch_all(&served, &message, &parts.headers)))
            }
            SyncMethod::GetMetadata => unary(message.map(|_| {
                let metadata = flag_sync::encode_metadata_response(&config.added_context);
                ResponseMessage::Unframed(metadata)
            })),
        }
    }

    fn fetch_all(
        &self,
        served: &ServedEnvironment,
        message: &FleetSyncRequest,
        headers: &HeaderMap,
    ) -> Result<ResponseMessage, RpcError> {
        let selector = sync_request(headers, message).parse_selector(&self.context.config)?;
        let newest = served.environment.revision.borrow().clone();
        if newest.number == 0 {
            let why = "the flag files have not been read yet";
            return Err(RpcError::new(RpcCode::Unavailable, why));
        }
        let snapshot = newest.snapshot.clone();
        Ok(ResponseMessage::Framed(
            snapshot.fetch_all_response(&selector),
        ))
    }

    fn environment_of(&self, headers: &HeaderMap) -> Result<Arc<ServedEnvironment>, RpcError> {
        let names = self.environments.iter();
        let names: Vec<&str> = names.map(|served| &*served.environment.name).collect();
        let found = self.tokens.load().environment_of(headers, &names);
        let found = found.inspect_err(|_| {
            let metrics = &self.context.config.metrics;
            metrics
                .authentication
                .count_rejection(AuthenticatedPort::Sync);
        })?;
        let served = self.environments.get(found).cloned();
        served.ok_or_else(|| RpcError::new(RpcCode::NotFound, "no such environment"))
    }

    fn open_stream(
        &self,
        served: Arc<ServedEnvironment>,
        message: FleetSyncRequest,
        headers: &HeaderMap,
        gzip: bool,
        client_deadline: Deadline,
    ) -> Result<Body, RpcError> {
        let config = &self.context.config;
        let request = sync_request(headers, &message);
        let metrics = &config.metrics.sync_streams;
        let mut open = metrics.open(&request.selector_text, &request.provider);
        open.close_reason = CloseReason::Error;
        let selector = request.parse_selector(config)?;
        let deadline = stream::earlier_deadline(config, client_deadline.remaining());
        let context = self.context.clone();
        let wanted = PeerRequest {
            replica: message.replica,
            provider: request.provider,
            selector,
            gzip,
        };
        let send = |sender| sync_streams::send(context, served, wanted, sender);
        sync_stream::open(&self.context, open, deadline, send)
    }
}

fn sync_request(headers: &HeaderMap, message: &FleetSyncRequest) -> SyncRequest {
    SyncRequest::new(
        headers,
        message.selector.clone(),
        message.provider_id.clone(),
    )
}
