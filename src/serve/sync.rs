//! The sync port: gRPC only, for providers and daemons that evaluate in their own process.

mod request;

use std::pin::pin;
use std::sync::Arc;

use http::Request;
use http::Response;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::stream::Exit;
use crate::resolve::Reply;
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::answers::Answers;
use crate::serve::body::Body;
use crate::serve::body::Piece;
use crate::serve::body::piece;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::events::Ending;
use crate::serve::grpc;
use crate::serve::listen::announced;
use crate::serve::patience::Patience;
use crate::serve::protocol::Protocol;
use crate::serve::standing::Standing;
use crate::serve::sync::request::Method;
use crate::serve::sync::request::Wanted;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::sync;

/// The name of the service.
pub const SERVICE: &str = "flagd.sync.v1.FlagSyncService";
const ENDING: Ending = Ending {
    protocol: Protocol::Grpc,
};

/// What the sync port works with.
#[derive(Debug)]
pub struct Sync {
    /// The flags.
    pub live: Arc<Live>,
    /// How to serve them.
    pub settings: Arc<Settings>,
    /// Places for streams.
    pub streams: Arc<Semaphore>,
    /// What else is served.
    pub standing: Arc<Standing>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Answers for Arc<Sync> {
    fn any(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        self.clone().handle(request)
    }
}

impl Sync {
    async fn handle(self: Arc<Sync>, request: Request<Incoming>) -> Response<Body> {
        let request = match Box::pin(self.standing.handle(request)).await {
            Ok(response) => return response,
            Err(request) => request,
        };
        let (parts, body) = request.into_parts();
        let (content_type, patience) = match request::begun(&parts) {
            Ok(begun) => begun,
            Err(refused) => return *refused,
        };
        let accepts = envelope::accepts_gzip(&parts.headers, grpc::ACCEPT_ENCODING);
        let unary = |outcome| grpc::unary(Protocol::Grpc, content_type.clone(), outcome, accepts);
        let method = match request::method(parts.uri.path()) {
            Ok(method) => method,
            Err(error) => return unary(Err(error)),
        };
        let wanted = Wanted::read(method, &parts.headers, body, &self.settings).await;
        match method {
            Method::Follow => {
                let opened = wanted.and_then(|wanted| self.open(&wanted, patience));
                ENDING.opening(content_type, opened)
            }
            Method::Fetch => unary(wanted.and_then(|wanted| {
                let selector = wanted.selector(&self.settings)?;
                Ok(Reply::Framed(self.live.load().fetched(&selector)))
            })),
            Method::Metadata => unary(wanted.and_then(|_| {
                if self.settings.sync_metadata {
                    return Ok(Reply::Bare(sync::metadata(&self.settings.extra)));
                }
                let why = "metadata endpoint disabled";
                Err(RpcError::new(Code::Unimplemented, why))
            })),
        }
    }

    fn open(self: Arc<Sync>, wanted: &Wanted, patience: Patience) -> Result<Body, RpcError> {
        let streams = &self.settings.metrics.streams;
        let mut open = streams.open(&wanted.text, &wanted.provider);
        open.exit = Exit::Error;
        let selector = wanted.selector(&self.settings)?;
        let deadline = events::deadline(&self.settings, patience);
        let place = events::place(&self.streams)?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let _place = place;
            let followed = events::within(deadline, pin!(self.follow(&selector, &sender))).await;
            let (exit, status) = match followed {
                Ok(exit) => (exit, events::closing()),
                Err(error) => (Exit::Deadline, error),
            };
            open.exit = exit;
            drop(open);
            events::end(&sender, ENDING.frame(Err(status)), self.settings.grace).await;
        });
        Ok(Body::Stream(receiver))
    }

    /// Sends the document, and again whenever it differs, until the client or the server goes.
    async fn follow(&self, selector: &Selector, sender: &mpsc::Sender<Piece>) -> Exit {
        let mut generation = self.live.follow();
        let mut shutdown = self.shutdown.clone();
        let mut sent = None;
        loop {
            generation.mark_unchanged();
            let message = self.live.load().synced(selector, &self.settings.extra);
            if sent != Some(message.print) {
                sent = Some(message.print);
                if sender.send(piece(message.frame)).await.is_err() {
                    return Exit::Disconnect;
                }
            }
            tokio::select! {
                biased;
                () = sender.closed() => return Exit::Normal,
                () = announced(&mut shutdown) => return Exit::Normal,
                _ = generation.changed() => {}
            }
        }
    }
}
