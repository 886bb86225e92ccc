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
use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::listen::accept::shutdown_requested;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::builtin_services::GRPC_STREAM;
use crate::serve::rpc::envelope;
use crate::serve::rpc::event_stream;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::wire::grpc::reflection::DescriptorFiles;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Opens a stream. It ends when the client has asked everything, or with the server.
pub fn open(
    services: Arc<BuiltinServices>,
    slot: OwnedSemaphorePermit,
    body: Incoming,
    gzip: bool,
) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    let mut questions = RequestMessages {
        body,
        buffer: BytesMut::new(),
        gzip,
    };
    tokio::spawn(async move {
        let _slot = slot;
        let mut shutdown = services.shutdown.clone();
        let status = tokio::select! {
            status = respond(&services, &mut questions, &sender) => status,
            () = shutdown_requested(&mut shutdown) => Ok(()),
            () = sender.closed() => return,
        };
        event_stream::send_last(
            &sender,
            GRPC_STREAM.end_frame(status),
            services.config.grace,
        )
        .await;
    });
    Body::Stream(receiver)
}

async fn respond(
    services: &BuiltinServices,
    questions: &mut RequestMessages,
    sender: &mpsc::Sender<BoxedFrame>,
) -> Result<(), RpcError> {
    while let Some(question) = questions.next_message().await? {
        // Decoded for each question: a stream that waits should hold nothing.
        let answer = DescriptorFiles::decode().respond(&question, &services.service_names)?;
        let frame = data_frame(envelope::encode_length_prefixed(0, &answer));
        if sender.send(frame).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Messages of a request, as they arrive.
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

    /// The first frame of what was read, if it is whole.
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
