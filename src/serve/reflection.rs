//! Server reflection: a stream of questions, a stream of answers.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use bytes::BytesMut;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;

use crate::limits;
use crate::serve::body::Body;
use crate::serve::body::Piece;
use crate::serve::body::piece;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::listen::announced;
use crate::serve::protocol::Protocol;
use crate::serve::standing::ENDING;
use crate::serve::standing::Standing;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::reflection::Files;

/// Opens a stream. It ends when the client has asked everything, or with the server.
pub fn open(
    standing: Arc<Standing>,
    place: OwnedSemaphorePermit,
    body: Incoming,
    gzip: bool,
) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    let mut questions = Questions {
        body,
        read: BytesMut::new(),
        gzip,
    };
    tokio::spawn(async move {
        let _place = place;
        let mut shutdown = standing.shutdown.clone();
        let status = tokio::select! {
            status = answer(&standing, &mut questions, &sender) => status,
            () = announced(&mut shutdown) => Ok(()),
            () = sender.closed() => return,
        };
        events::end(&sender, ENDING.frame(status), standing.settings.grace).await;
    });
    Body::Stream(receiver)
}

async fn answer(
    standing: &Standing,
    questions: &mut Questions,
    sender: &mpsc::Sender<Piece>,
) -> Result<(), RpcError> {
    while let Some(question) = questions.next().await? {
        // Decoded for each question: a stream that waits should hold nothing.
        let answer = Files::read().answer(&question, &standing.services)?;
        let frame = piece(envelope::frame(0, &answer));
        if sender.send(frame).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Messages of a request, as they arrive.
struct Questions {
    body: Incoming,
    read: BytesMut,
    gzip: bool,
}

impl Questions {
    async fn next(&mut self) -> Result<Option<Bytes>, RpcError> {
        loop {
            if let Some(frame) = self.frame()? {
                let limit = limits::SERVICE_REQUEST;
                return envelope::only_message(&frame, self.gzip, limit, Protocol::Grpc).map(Some);
            }
            match std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.read.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    let why = format!("read body: {error}");
                    return Err(RpcError::new(Code::Unknown, why));
                }
                None if self.read.is_empty() => return Ok(None),
                None => {
                    let why = "protocol error: incomplete envelope: unexpected EOF";
                    return Err(RpcError::new(Code::InvalidArgument, why));
                }
            }
        }
    }

    /// The first frame of what was read, if it is whole.
    fn frame(&mut self) -> Result<Option<Bytes>, RpcError> {
        let Some(([_, length @ ..], rest)) = self.read.split_first_chunk::<{ envelope::HEAD }>()
        else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > limits::SERVICE_REQUEST {
            return Err(RpcError::too_large(limits::SERVICE_REQUEST));
        }
        if length > rest.len() {
            return Ok(None);
        }
        let frame = self.read.split_to(envelope::HEAD + length);
        Ok(Some(frame.freeze()))
    }
}
