//! The sync port: gRPC only, for providers and daemons that evaluate in their own process.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::Request;
use http::Response;
use http::header;
use http_body::Frame;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::live::Live;
use crate::resolve::Reply;
use crate::selector::Selector;
use crate::serve::Settings;
use crate::serve::body;
use crate::serve::body::Body;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::events::Ending;
use crate::serve::grpc;
use crate::serve::listen::announced;
use crate::serve::protocol;
use crate::serve::protocol::Protocol;
use crate::serve::rpc;
use crate::wire::Codec;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::sync;

const SERVICE: &str = "/flagd.sync.v1.FlagSyncService/";
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
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

impl Sync {
    /// Answers a request, whatever it is.
    pub async fn handle(self: Arc<Sync>, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).cloned();
        let spoken = content_type.as_ref().and_then(|value| value.to_str().ok());
        let spoken = spoken.and_then(|text| protocol::of(text, true));
        let (Some(content_type), Some((Protocol::Grpc, Codec::Proto))) = (content_type, spoken)
        else {
            return rpc::not_found();
        };
        let message = message(&parts.headers, body, &self.settings).await;
        let selector = message.and_then(|message| {
            let selector = selected(&parts.headers, &message)?;
            rpc::required(&self.settings, selector).map_err(RpcError::bad_selector)
        });
        let accepts = envelope::accepts_gzip(&parts.headers, grpc::ACCEPT_ENCODING);
        let unary = |outcome| grpc::unary(Protocol::Grpc, content_type.clone(), outcome, accepts);
        match parts.uri.path().strip_prefix(SERVICE) {
            Some("SyncFlags") => {
                let opened = selector.and_then(|selector| {
                    let place = events::place(&self.streams)?;
                    Ok(self.open(place, selector))
                });
                ENDING.opening(content_type, opened)
            }
            Some("FetchAllFlags") => unary(selector.map(|selector| {
                let document = self.live.load().payload(&selector);
                Reply::Bare(sync::flags(&document))
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

    fn open(self: Arc<Sync>, place: OwnedSemaphorePermit, selector: Selector) -> Body {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let _place = place;
            let deadline = self.settings.stream_deadline;
            let status = match events::within(deadline, self.follow(&selector, &sender)).await {
                Ok(None) => return,
                Ok(Some(())) => Ok(()),
                Err(error) => Err(error),
            };
            // Whether the client still takes this is its own affair.
            let _ = sender.send(ENDING.frame(status)).await;
        });
        Body::Stream(receiver)
    }

    /// Sends the document, and again whenever it differs. `None` when the client is gone.
    async fn follow(&self, selector: &Selector, sender: &mpsc::Sender<Frame<Bytes>>) -> Option<()> {
        let mut generation = self.live.follow();
        let mut shutdown = self.shutdown.clone();
        let mut sent: Option<Arc<str>> = None;
        loop {
            generation.mark_unchanged();
            let document = self.live.load().payload(selector);
            if sent.as_ref() != Some(&document) {
                let message = sync::flags_with_context(&document, &self.settings.extra);
                sender
                    .send(Frame::data(envelope::frame(0, &message)))
                    .await
                    .ok()?;
                sent = Some(document);
            }
            tokio::select! {
                biased;
                () = sender.closed() => return None,
                () = announced(&mut shutdown) => return Some(()),
                _ = generation.changed() => {}
            }
        }
    }
}

async fn message(
    headers: &HeaderMap,
    body: Incoming,
    settings: &Settings,
) -> Result<Bytes, RpcError> {
    grpc::check_timeout(headers)?;
    let gzip = envelope::is_gzip(headers, grpc::ENCODING)?;
    let limit = settings.max_body;
    let body = body::read(body, limit, settings.read_timeout).await?;
    envelope::only_message(&body, gzip, limit)
}

/// The flags that a request is about: the header counts if it is there and not empty, otherwise the body.
fn selected(headers: &HeaderMap, message: &[u8]) -> Result<Selector, RpcError> {
    match rpc::selector(headers).map_err(RpcError::bad_selector)? {
        Selector::All => {
            let text = sync::selector(message)?;
            Selector::parse(&text).map_err(RpcError::bad_selector)
        }
        selector => Ok(selector),
    }
}
