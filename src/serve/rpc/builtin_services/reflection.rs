//! gRPC server reflection: a stream of requests about services, and a stream of responses.

use std::sync::Arc;

use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::limits;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::rpc::envelope;
use crate::serve::rpc::grpc::request_messages::RequestMessages;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::shutdown_watch;
use crate::serve::stream;
use crate::serve::stream::FrameSender;
use crate::wire::grpc::reflection::DescriptorFiles;
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
    let mut questions = RequestMessages::new(body, gzip, limits::BUILTIN_SERVICE_REQUEST);
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
