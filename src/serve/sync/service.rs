//! `FlagSyncService`: the document of the selected flags, once or as a stream of changes, and the metadata.

use std::sync::Arc;

use http::Request;
use http::Response;
use hyper::body::Incoming;

use crate::metric::sync_stream::CloseReason;
use crate::resolve::ResponseMessage;
use crate::selector::Selector;
use crate::serve::context::ServerContext;
use crate::serve::http::auth::PortAuthentication;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::http::handler::Handler;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::compression;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::serve::stream::FrameSender;
use crate::serve::stream::StreamWakeup;
use crate::serve::sync::request;
use crate::serve::sync::request::SyncMethod;
use crate::serve::sync::request::SyncRequest;
use crate::serve::sync::sync_stream;
use crate::wire::flag_sync;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The service of the sync port.
#[derive(Debug)]
pub struct FlagSyncService {
    /// Flags, configuration and shutdown.
    pub context: ServerContext,
    /// Health and reflection.
    pub builtin_services: BuiltinServices,
    /// The authentication of requests.
    pub authentication: PortAuthentication,
}

impl Handler for Arc<FlagSyncService> {
    fn handle(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        self.clone().dispatch(request)
    }
}

impl FlagSyncService {
    async fn dispatch(self: Arc<FlagSyncService>, request: Request<Incoming>) -> Response<Body> {
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
        let authenticated = self.authentication.check(&parts.headers);
        let method = authenticated.and_then(|()| request::parse_method(parts.uri.path()));
        let method = match method {
            Ok(method) => method,
            Err(error) => return unary(Err(error)),
        };
        let config = &self.context.config;
        let request = SyncRequest::read(method, &parts.headers, body, config).await;
        match method {
            SyncMethod::SyncFlags => {
                let opened = request.and_then(|request| self.open_stream(&request, deadline));
                StreamFraming::GRPC.opening_response(content_type, opened)
            }
            SyncMethod::FetchAllFlags => {
                unary(request.and_then(|request| self.fetch_all(&request)))
            }
            SyncMethod::GetMetadata => unary(request.and_then(|_| self.metadata())),
        }
    }

    fn fetch_all(&self, request: &SyncRequest) -> Result<ResponseMessage, RpcError> {
        let selector = request.parse_selector(&self.context.config)?;
        let snapshot = self.context.live.load();
        Ok(ResponseMessage::Framed(
            snapshot.fetch_all_response(&selector),
        ))
    }

    fn metadata(&self) -> Result<ResponseMessage, RpcError> {
        let config = &self.context.config;
        if config.sync_metadata {
            let metadata = flag_sync::encode_metadata_response(&config.added_context);
            return Ok(ResponseMessage::Unframed(metadata));
        }
        let why = "metadata endpoint disabled";
        Err(RpcError::new(RpcCode::Unimplemented, why))
    }

    /// Opens a stream of documents.
    ///
    /// # Errors
    /// If the selector is invalid, or all slots are taken.
    pub fn open_stream(
        self: &Arc<FlagSyncService>,
        request: &SyncRequest,
        client_deadline: Deadline,
    ) -> Result<Body, RpcError> {
        let config = &self.context.config;
        let metrics = &config.metrics.sync_streams;
        let mut open = metrics.open(&request.selector_text, &request.provider);
        open.close_reason = CloseReason::Error;
        let selector = request.parse_selector(config)?;
        let deadline = stream::earlier_deadline(config, client_deadline.remaining());
        let service = self.clone();
        let send = |sender| async move { service.send_updates(&selector, &sender).await };
        sync_stream::open(&self.context, open, deadline, send)
    }

    /// Sends the document, and sends it again after each change, until the client disconnects or the server shuts down.
    async fn send_updates(&self, selector: &Selector, sender: &FrameSender) -> CloseReason {
        let context = &self.context;
        let mut generation = context.live.subscribe();
        let mut shutdown = context.shutdown.clone();
        let mut sent = None;
        loop {
            generation.mark_unchanged();
            let snapshot = context.live.load();
            let message = snapshot.sync_message(selector, &context.config.added_context);
            drop(snapshot);
            if sent != Some(message.fingerprint) {
                sent = Some(message.fingerprint);
                let frame = data_frame(message.frame);
                if stream::send(context, sender, frame).await.is_err() {
                    return CloseReason::ClientDisconnect;
                }
            }
            match stream::wait(sender, &mut generation, &mut shutdown, None).await {
                StreamWakeup::Disconnected | StreamWakeup::Shutdown => {
                    return CloseReason::NormalClose;
                }
                StreamWakeup::NewGeneration | StreamWakeup::KeepAliveDue => {}
            }
        }
    }
}
