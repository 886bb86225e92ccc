//! The accept loop of a port: accepts connections within the slots, serves each in a task, and drains them at shutdown.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::task::JoinSet;

use crate::fault_injection;
use crate::metric::limit_hits::Limit;
use crate::metric::task_panics::TaskKind;
use crate::serve::connection::server::ConnectionServer;
use crate::serve::http::handler::Handler;
use crate::serve::listen::client_slots::ClientSlot;
use crate::serve::listen::client_slots::ClientSlots;
use crate::serve::listen::client_slots::TooManyConnections;
use crate::serve::listen::limit_report;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::socket::SocketStream;
use crate::serve::shutdown_watch;
use crate::serve::tasks::Tasks;

/// The slots of a connection: of its client, of its port, and of the process.
type Slots = (Option<ClientSlot>, [Option<OwnedSemaphorePermit>; 2]);

/// Serves a port until `shutdown` turns true, and then until all connections have ended or the grace period is over.
pub async fn serve<A: Handler>(
    listener: Listener,
    handler: A,
    config: PortConfig,
    tasks: Tasks,
    mut shutdown: watch::Receiver<bool>,
) {
    let port_slots = Arc::new(Semaphore::new(config.max_connections));
    let most = config.max_connections_per_client;
    let client_slots = (most > 0).then(|| ClientSlots::new(most));
    let server = Arc::new(ConnectionServer::new(handler, config, tasks));
    let config = &server.config;
    let mut connections = Connections {
        server: server.clone(),
        shutdown: shutdown.clone(),
        running: JoinSet::new(),
    };
    loop {
        let socket = tokio::select! {
            socket = accept(&listener, config) => socket,
            () = connections.next_end() => continue,
            () = shutdown_watch::requested(&mut shutdown) => break,
        };
        fault_injection::point(config.port.accept_fault_point());
        let Ok(client_slot) = acquire_of_client(client_slots.as_ref(), &socket, config) else {
            continue;
        };
        // A slot is taken for a connection that exists: a port without clients must not hold one that others need.
        let mut slots = pin!(acquire(&port_slots, config));
        let slots = loop {
            tokio::select! {
                biased;
                slots = &mut slots => break Some(slots),
                () = connections.next_end() => {}
                () = shutdown_watch::requested(&mut shutdown) => break None,
            }
        };
        let Some(slots) = slots else { break };
        connections.spawn(socket, (client_slot, slots));
    }
    // Clients that the kernel has already connected would lose their first request.
    for socket in listener.close().await {
        connections.spawn(socket, (None, [None, None]));
    }
    if tokio::time::timeout(config.grace, connections.drain())
        .await
        .is_err()
    {
        tracing::warn!("grace period is over: closing the connections that are still open");
    }
}

/// The open connections of a port.
struct Connections<A> {
    server: Arc<ConnectionServer<A>>,
    shutdown: watch::Receiver<bool>,
    running: JoinSet<()>,
}

impl<A: Handler> Connections<A> {
    /// Serves a connection in a task, which holds the slots.
    fn spawn(&mut self, socket: SocketStream, slots: Slots) {
        let (server, shutdown) = (self.server.clone(), self.shutdown.clone());
        self.running.spawn(async move {
            let _slots = slots;
            if let Err(error) = server.serve_connection(socket, shutdown).await {
                tracing::debug!(error, "connection ended");
            }
        });
    }

    /// Waits for the end of a connection; for ever if there is none.
    async fn next_end(&mut self) {
        match self.running.join_next().await {
            Some(ended) => self.on_end(ended),
            None => std::future::pending().await,
        }
    }

    /// Waits for the end of all connections.
    async fn drain(&mut self) {
        while let Some(ended) = self.running.join_next().await {
            self.on_end(ended);
        }
    }

    /// Logs and counts a connection that ended in a panic.
    fn on_end(&self, ended: Result<(), JoinError>) {
        self.server.config.ended_connections.record();
        if let Err(error) = ended
            && let Ok(payload) = error.try_into_panic()
        {
            self.server
                .tasks
                .report_panic(TaskKind::Connection, &*payload);
        }
    }
}

/// Accepts the next connection.
async fn accept(listener: &Listener, config: &PortConfig) -> SocketStream {
    loop {
        match listener.accept().await {
            Ok(socket) => return socket,
            Err(error) => {
                // Usually out of file descriptors: wait for other connections to close before retrying.
                tracing::debug!(%error, "cannot accept a connection");
                limit_report::report(&config.metrics, Limit::FileDescriptors, Some(config.port));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Acquires a slot of the client, if the connections of a client are limited. Unix sockets have no clients.
///
/// # Errors
/// If the client has no free slot, which is reported: the connection must be closed.
fn acquire_of_client(
    slots: Option<&Arc<ClientSlots>>,
    socket: &SocketStream,
    config: &PortConfig,
) -> Result<Option<ClientSlot>, TooManyConnections> {
    let Some(slots) = slots else {
        return Ok(None);
    };
    let Some(client) = socket.client_address() else {
        return Ok(None);
    };
    let slot = slots.try_acquire(client);
    if slot.is_err() {
        limit_report::report_client(&config.metrics, config.port, client);
    }
    slot.map(Some)
}

/// Acquires a slot of the port, and a slot that ports share. Each limit that makes the connection wait is reported.
async fn acquire(
    port_slots: &Arc<Semaphore>,
    config: &PortConfig,
) -> [Option<OwnedSemaphorePermit>; 2] {
    let limits = [
        (port_slots, Limit::PortConnections),
        (&config.connection_slots, Limit::FileDescriptors),
    ];
    let mut acquired = [None, None];
    for ((slots, limit), acquired) in limits.into_iter().zip(&mut acquired) {
        *acquired = slots.clone().try_acquire_owned().ok();
        if acquired.is_none() {
            limit_report::report(&config.metrics, limit, Some(config.port));
            *acquired = slots.clone().acquire_owned().await.ok();
        }
    }
    acquired
}
