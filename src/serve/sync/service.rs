//! The sync port: gRPC only, for providers and daemons that evaluate in their own process.

use std::pin::pin;
use std::sync::Arc;

use http::Request;
use http::Response;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::sync_stream::CloseReason;
use crate::resolve::ResponseMessage;
use crate::selector::Selector;
use crate::serve::ServeConfig;
use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::http::handler::Handler;
use crate::serve::listen::accept::shutdown_requested;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::event_stream::StreamFraming;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::sync::request;
use crate::serve::sync::request::SyncMethod;
use crate::serve::sync::request::SyncRequest;
use crate::wire::flag_sync;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The name of the service.
pub const SERVICE_NAME: &str = "flagd.sync.v1.FlagSyncService";
const GRPC_STREAM: StreamFraming = StreamFraming {
    protocol: RpcProtocol::Grpc,
};

/// What the sync port works with.
#[derive(Debug)]
pub struct FlagSyncService {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub config: Arc<ServeConfig>,
    /// Places for streams.
    pub stream_slots: Arc<Semaphore>,
    /// What else is served.
    pub builtin_services: Arc<BuiltinServices>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
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
        let (content_type, patience) = match request::validate_headers(&parts) {
            Ok(begun) => begun,
            Err(refused) => return *refused,
        };
        let accepts = envelope::accepts_gzip(&parts.headers, grpc::ACCEPT_ENCODING);
        let unary = |outcome| {
            grpc::unary_response(RpcProtocol::Grpc, content_type.clone(), outcome, accepts)
        };
        let method = match request::parse_method(parts.uri.path()) {
            Ok(method) => method,
            Err(error) => return unary(Err(error)),
        };
        let wanted = SyncRequest::read(method, &parts.headers, body, &self.config).await;
        match method {
            SyncMethod::SyncFlags => {
                let opened = wanted.and_then(|wanted| self.open_stream(&wanted, patience));
                GRPC_STREAM.opening_response(content_type, opened)
            }
            SyncMethod::FetchAllFlags => unary(wanted.and_then(|wanted| {
                let selector = wanted.parse_selector(&self.config)?;
                Ok(ResponseMessage::Framed(
                    self.live.load().fetch_all_response(&selector),
                ))
            })),
            SyncMethod::GetMetadata => unary(wanted.and_then(|_| {
                if self.config.sync_metadata {
                    return Ok(ResponseMessage::Unframed(
                        flag_sync::encode_metadata_response(&self.config.added_context),
                    ));
                }
                let why = "metadata endpoint disabled";
                Err(RpcError::new(RpcCode::Unimplemented, why))
            })),
        }
    }

    fn open_stream(
        self: Arc<FlagSyncService>,
        request: &SyncRequest,
        client_deadline: Deadline,
    ) -> Result<Body, RpcError> {
        let streams = &self.config.metrics.sync_streams;
        let mut open = streams.open(&request.selector_text, &request.provider);
        open.close_reason = CloseReason::Error;
        let selector = request.parse_selector(&self.config)?;
        let deadline = event_stream::stream_deadline(&self.config, client_deadline);
        let place = event_stream::acquire_stream_slot(&self.stream_slots)?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let _slot = place;
            let followed =
                event_stream::with_deadline(deadline, pin!(self.send_updates(&selector, &sender)))
                    .await;
            let (exit, status) = match followed {
                Ok(exit) => (exit, event_stream::shutdown_status()),
                Err(error) => (CloseReason::DeadlineExceeded, error),
            };
            open.close_reason = exit;
            drop(open);
            event_stream::send_last(
                &sender,
                GRPC_STREAM.end_frame(Err(status)),
                self.config.grace,
            )
            .await;
        });
        Ok(Body::Stream(receiver))
    }

    /// Sends the document, and again whenever it differs, until the client or the server goes.
    async fn send_updates(
        &self,
        selector: &Selector,
        sender: &mpsc::Sender<BoxedFrame>,
    ) -> CloseReason {
        let mut generation = self.live.subscribe();
        let mut shutdown = self.shutdown.clone();
        let mut sent = None;
        loop {
            generation.mark_unchanged();
            let message = self
                .live
                .load()
                .sync_message(selector, &self.config.added_context);
            if sent != Some(message.fingerprint) {
                sent = Some(message.fingerprint);
                if sender.send(data_frame(message.frame)).await.is_err() {
                    return CloseReason::ClientDisconnect;
                }
            }
            tokio::select! {
                biased;
                () = sender.closed() => return CloseReason::NormalClose,
                () = shutdown_requested(&mut shutdown) => return CloseReason::NormalClose,
                _ = generation.changed() => {}
            }
        }
    }
}
