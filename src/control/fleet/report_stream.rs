//! The stream of receipts of a sidecar.

use std::time::SystemTime;

use http::HeaderMap;
use hyper::body::Incoming;

use crate::control::fleet::environment::FleetEnvironment;
use crate::limits;
use crate::serve::context::ServerContext;
use crate::serve::rpc::compression;
use crate::serve::rpc::grpc;
use crate::serve::rpc::grpc::request_messages::RequestMessages;
use crate::serve::shutdown_watch;
use crate::serve::stream;
use crate::wire::fleet::receipt::Receipt;
use crate::wire::rpc_error::RpcError;

/// Receives receipts until the sidecar ends the stream, or the server shuts down.
///
/// # Errors
/// If all slots for streams are taken, a message is invalid, or the server shuts down.
pub async fn receive(
    context: &ServerContext,
    environment: &FleetEnvironment,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<(), RpcError> {
    let gzip = compression::is_gzip(headers, grpc::ENCODING)?;
    let _slot = stream::acquire_slot(context)?;
    let mut messages = RequestMessages::new(body, gzip, limits::RECEIPT);
    let mut shutdown = context.shutdown.clone();
    tokio::select! {
        ended = record_all(environment, &mut messages) => ended,
        () = shutdown_watch::requested(&mut shutdown) => Err(stream::shutdown_status()),
    }
}

async fn record_all(
    environment: &FleetEnvironment,
    messages: &mut RequestMessages,
) -> Result<(), RpcError> {
    while let Some(message) = messages.next_message().await? {
        if let Some(receipt) = Receipt::decode(&message)? {
            environment
                .replicas
                .record_receipt(receipt, SystemTime::now());
        }
    }
    Ok(())
}
