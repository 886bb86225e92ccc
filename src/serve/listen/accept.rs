//! The accept loop of a port: accepts connections within the slots, serves each in a task, and drains them at shutdown.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::task::JoinSet;

use crate::fault_injection;
use crate::metric::task_panics::TaskKind;
use crate::serve::connection::server::ConnectionServer;
use crate::serve::http::handler::Handler;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::socket::SocketStream;
use crate::serve::shutdown_watch;
use crate::serve::tasks::Tasks;

/// Serves a port until `shutdown` turns true, and then until all connections have ended or the grace period is over.
pub async fn serve<A: Handler>(
    listener: Listener,
    handler: A,
    config: PortConfig,
    tasks: Tasks,
    mut shutdown: watch::Receiver<bool>,
) {
    let port_slots = Arc::new(Semaphore::new(config.max_connections));
    let (grace, shared_slots) = (config.grace, config.connection_slots.clone());
    let fault_point = config.port.accept_fault_point();
    let server = Arc::new(ConnectionServer::new(handler, config, tasks.clone()));
    let mut connections = JoinSet::new();
    loop {
        let (slots, socket) = tokio::select! {
            accepted = accept(&listener, [&port_slots, &shared_slots]) => accepted,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                report_panic(&tasks, ended);
                continue;
            }
            () = shutdown_watch::requested(&mut shutdown) => break,
        };
        fault_injection::point(fault_point);
        let (server, shutdown) = (server.clone(), shutdown.clone());
        connections.spawn(async move {
            let _slots = slots;
            if let Err(error) = server.serve_connection(socket, shutdown).await {
                tracing::debug!(error, "connection ended");
            }
        });
    }
    drop(listener);
    let drained = async {
        while let Some(ended) = connections.join_next().await {
            report_panic(&tasks, ended);
        }
    };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("grace period is over: closing the connections that are still open");
    }
}

/// Logs and counts a connection that ended in a panic.
fn report_panic(tasks: &Tasks, ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(payload) = error.try_into_panic()
    {
        tasks.report_panic(TaskKind::Connection, &*payload);
    }
}

/// Accepts the next connection after acquiring a slot of the port and a slot that ports share.
async fn accept(
    listener: &Listener,
    [port, shared]: [&Arc<Semaphore>; 2],
) -> ([Option<OwnedSemaphorePermit>; 2], SocketStream) {
    let port = port.clone().acquire_owned().await.ok();
    let slots = [port, shared.clone().acquire_owned().await.ok()];
    loop {
        match listener.accept().await {
            Ok(socket) => return (slots, socket),
            Err(error) => {
                // Usually out of file descriptors: wait for other connections to close before retrying.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
