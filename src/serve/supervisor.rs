//! Supervision of the servers: their tasks, and the error of one that ends before the shutdown.

use std::fmt;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::panic_message::panic_message;
use crate::serve::listen::port_role::PortRole;
use crate::serve::tasks;
use crate::serve::tasks::BoxedTask;

/// The error of a server that ended before the shutdown. The process has to restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServeError {
    /// The server panicked.
    Panicked {
        /// The port.
        port: PortRole,
        /// The text of the panic.
        panic: String,
    },
    /// The accept loop of the server returned.
    Ended {
        /// The port.
        port: PortRole,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Panicked { port, panic } => {
                write!(f, "the {} server panicked: {panic}", port.name())
            }
            ServeError::Ended { port } => write!(f, "the {} server ended", port.name()),
        }
    }
}

impl std::error::Error for ServeError {}

impl ServeError {
    fn log(&self) {
        match self {
            ServeError::Panicked { port, panic } => {
                tracing::error!(server = port.name(), panic, "a server panicked");
            }
            ServeError::Ended { port } => {
                tracing::error!(server = port.name(), "a server ended before the shutdown");
            }
        }
    }
}

/// The tasks of the servers, aborted on drop.
#[derive(Debug, Default)]
pub struct Supervisor {
    servers: JoinSet<Exit>,
    running: Vec<PortRole>,
}

/// The end of a server.
#[derive(Debug)]
struct Exit {
    port: PortRole,
    panic: Option<String>,
}

impl Supervisor {
    /// Spawns the server of a port on a runtime.
    pub fn spawn(&mut self, port: PortRole, server: BoxedTask, runtime: &Handle) {
        self.running.push(port);
        let supervised = async move {
            let ended = tasks::catch_panic(server).await;
            let panic = ended.err().map(|payload| panic_message(&*payload));
            Exit { port, panic }
        };
        self.servers.spawn_on(supervised, runtime);
    }

    /// Waits for the first server that ends although no shutdown was requested, and logs it.
    pub async fn failure(&mut self) -> ServeError {
        let Some(Exit { port, panic }) = self.next().await else {
            return std::future::pending().await;
        };
        let error = match panic {
            Some(panic) => ServeError::Panicked { port, panic },
            None => ServeError::Ended { port },
        };
        error.log();
        error
    }

    /// Waits after a shutdown until all servers have ended, except that of `last`.
    ///
    /// # Errors
    /// If a server panicked. The others are still waited for.
    pub async fn drain(&mut self, last: Option<PortRole>) -> Result<(), ServeError> {
        let mut outcome = Ok(());
        while self.running.iter().any(|port| Some(*port) != last) {
            let Some(Exit { port, panic }) = self.next().await else {
                break;
            };
            if let Some(panic) = panic {
                let error = ServeError::Panicked { port, panic };
                error.log();
                outcome = Err(error);
            }
        }
        outcome
    }

    /// Waits for the next server that ends.
    async fn next(&mut self) -> Option<Exit> {
        let exit = self.servers.join_next().await?.ok()?;
        self.running.retain(|port| *port != exit.port);
        Some(exit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn first_server_that_ends_is_named_with_its_panic() {
        let mut supervisor = Supervisor::default();
        let here = Handle::current();
        supervisor.spawn(
            PortRole::Management,
            Box::pin(std::future::pending()),
            &here,
        );
        let sound = std::hint::black_box(false);
        let broken = async move { assert!(sound, "a broken listener") };
        supervisor.spawn(PortRole::Sync, Box::pin(broken), &here);
        let error = supervisor.failure().await;
        assert_eq!(
            error.to_string(),
            "the sync server panicked: a broken listener"
        );
        supervisor.spawn(PortRole::Ofrep, Box::pin(async {}), &here);
        assert_eq!(supervisor.drain(Some(PortRole::Management)).await, Ok(()));
        supervisor.spawn(PortRole::Ofrep, Box::pin(async {}), &here);
        let error = supervisor.failure().await;
        assert_eq!(error.to_string(), "the ofrep server ended");
    }
}
