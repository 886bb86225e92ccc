//! The sync port: gRPC only, for providers and daemons that evaluate in their own process.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::Request;
use http::Response;
use http::header;
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::stream::Exit;
use crate::resolve::Reply;
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::body::Piece;
use crate::serve::body::piece;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::events::Ending;
use crate::serve::grpc;
use crate::serve::listen::announced;
use crate::serve::protocol;
use crate::serve::protocol::Protocol;
use crate::serve::rpc;
use crate::serve::standing::Standing;
use crate::wire::Codec;
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

impl Sync {
    /// Answers a request, whatever it is.
    pub async fn handle(self: Arc<Sync>, request: Request<Incoming>) -> Response<Body> {
        let request = match Box::pin(self.standing.handle(request)).await {
            Ok(response) => return response,
            Err(request) => request,
        };
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        let spoken = content_type.as_ref().and_then(|value| value.to_str().ok());
        let spoken = spoken.and_then(|text| protocol::of(text, true));
        let (Some(content_type), Some((Protocol::Grpc, Codec::Proto))) = (content_type, spoken)
        else {
            return rpc::not_found();
        };
        let wanted = wanted(&parts.headers, body, &self.settings).await;
        let accepts = envelope::accepts_gzip(&parts.headers, grpc::ACCEPT_ENCODING);
        let unary = |outcome| grpc::unary(Protocol::Grpc, content_type.clone(), outcome, accepts);
        let method = parts.uri.path().strip_prefix('/');
        let method = method.and_then(|path| path.strip_prefix(SERVICE)?.strip_prefix('/'));
        match method {
            Some("SyncFlags") => {
                let opened = wanted.and_then(|wanted| self.open(&wanted));
                ENDING.opening(content_type, opened)
            }
            Some("FetchAllFlags") => unary(wanted.and_then(|wanted| {
                let selector = wanted.selector(&self.settings)?;
                Ok(Reply::Framed(self.live.load().fetched(&selector)))
            })),
            Some("GetMetadata") if self.settings.sync_metadata => {
                unary(Ok(Reply::Bare(sync::metadata(&self.settings.extra))))
            }
            Some("GetMetadata") => {
                let why = "metadata endpoint disabled";
                unary(Err(RpcError::new(Code::Unimplemented, why)))
            }
            _ => unary(Err(RpcError::new(Code::Unimplemented, "unknown method"))),
        }
    }

    fn open(self: Arc<Sync>, wanted: &Wanted) -> Result<Body, RpcError> {
        let streams = &self.settings.metrics.streams;
        let mut open = streams.open(&wanted.text, &wanted.provider);
        open.exit = Exit::Error;
        let selector = wanted.selector(&self.settings)?;
        let deadline = events::deadline(&self.settings, wanted.patience);
        let place = events::place(&self.streams)?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let _place = place;
            let followed = events::within(deadline, pin!(self.follow(&selector, &sender))).await;
            let status = match followed {
                Ok(exit) => {
                    open.exit = exit;
                    Ok(())
                }
                Err(error) => {
                    open.exit = Exit::Deadline;
                    Err(error)
                }
            };
            drop(open);
            events::end(&sender, ENDING.frame(status), self.settings.grace).await;
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

/// Reads a request.
async fn wanted(
    headers: &HeaderMap,
    body: Incoming,
    settings: &Settings,
) -> Result<Wanted, RpcError> {
    let patience = grpc::timeout(headers)?;
    let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
    let limit = settings.max_body;
    let body = body::read(body, limit, settings.read_timeout).await?;
    let message = envelope::only_message(&body, gzip, limit)?;
    Wanted::read(headers, &message, patience)
}

/// What a client wants, in its own words.
#[derive(Debug)]
struct Wanted {
    text: String,
    provider: String,
    /// How long it waits, if it says so.
    patience: Option<Duration>,
}

impl Wanted {
    /// The header counts if it is there and not empty, otherwise the body.
    fn read(
        headers: &HeaderMap,
        message: &[u8],
        patience: Option<Duration>,
    ) -> Result<Wanted, RpcError> {
        let request = sync::Request::decode(message)?;
        let header = headers.get("flagd-selector");
        let header = header.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        Ok(Wanted {
            text: header
                .filter(|text| !text.is_empty())
                .unwrap_or(request.selector),
            provider: request.provider,
            patience,
        })
    }

    fn selector(&self, settings: &Settings) -> Result<Selector, RpcError> {
        Selector::parse(&self.text)
            .and_then(|selector| rpc::required(settings, selector))
            .map_err(RpcError::bad_selector)
    }
}
