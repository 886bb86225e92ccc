//! gRPC server reflection: a stream of requests about services, and a stream of responses.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use bytes::BytesMut;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::limits;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::rpc::envelope;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::shutdown_watch;
use crate::serve::stream;
use crate::serve::stream::FrameSender;
use crate::wire::grpc::reflection::DescriptorFiles;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Opens a stream. It ends after the client's last request, or at shutdown.
pub fn open(
    context: &ServerContext,
    slot: OwnedSemaphorePermit,
    service_names: Arc<[&'static str]>,
    body: Incoming,
    gzip: bool,
) -> Body {
    let error_frame = |error| Some(StreamFraming::GRPC.end_frame(Err(error)));
    let mut questions = RequestMessages {
        body,
        buffer: BytesMut::new(),
        gzip,
    };
    let (owned, mut shutdown) = (context.clone(), context.shutdown.clone());
    stream::open(context, slot, error_frame, |sender| async move {
        let status = tokio::select! {
            status = respond(&owned, &service_names, &mut questions, &sender) => status,
            () = shutdown_watch::requested(&mut shutdown) => Ok(()),
            () = sender.closed() => return,
        };
        let last = StreamFraming::GRPC.end_frame(status);
        stream::send_last(&sender, last, owned.config.grace).await;
    })
}

async fn respond(
    context: &ServerContext,
    service_names: &[&'static str],
    questions: &mut RequestMessages,
    sender: &FrameSender,
) -> Result<(), RpcError> {
    while let Some(question) = questions.next_message().await? {
        // Decoded for each request, so that an idle stream keeps no descriptors in memory.
        let answer = DescriptorFiles::decode().respond(&question, service_names)?;
        let frame = data_frame(envelope::encode_length_prefixed(0, &answer));
        if stream::send(context, sender, frame).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The messages of a request, as they arrive.
struct RequestMessages {
    body: Incoming,
    buffer: BytesMut,
    gzip: bool,
}

impl RequestMessages {
    async fn next_message(&mut self) -> Result<Option<Bytes>, RpcError> {
        loop {
            if let Some(frame) = self.next_frame()? {
                let limit = limits::BUILTIN_SERVICE_REQUEST;
                return envelope::only_message(&frame, self.gzip, limit, RpcProtocol::Grpc)
                    .map(Some);
            }
            match std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.buffer.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    let why = format!("read body: {error}");
                    return Err(RpcError::new(RpcCode::Unknown, why));
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    let why = "protocol error: incomplete envelope: unexpected EOF";
                    return Err(RpcError::new(RpcCode::InvalidArgument, why));
                }
            }
        }
    }

    /// The first frame of the buffer, if it is complete.
    fn next_frame(&mut self) -> Result<Option<Bytes>, RpcError> {
        let Some(([_, length @ ..], rest)) = self
            .buffer
            .split_first_chunk::<{ envelope::MESSAGE_PREFIX_LEN }>()
        else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > limits::BUILTIN_SERVICE_REQUEST {
            return Err(RpcError::body_too_large(limits::BUILTIN_SERVICE_REQUEST));
        }
        if length > rest.len() {
            return Ok(None);
        }
        let frame = self.buffer.split_to(envelope::MESSAGE_PREFIX_LEN + length);
        Ok(Some(frame.freeze()))
    }
}
