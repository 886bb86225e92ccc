//! The context that the services of all ports share: flags, configuration, stream slots, tasks and shutdown.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::watch;

use crate::live::Live;
use crate::serve::config::ServeConfig;
use crate::serve::tasks::Tasks;

/// The state that the services of all ports share. Clones share the same state.
#[derive(Debug, Clone)]
pub struct ServerContext {
    /// The flags.
    pub live: Arc<Live>,
    /// The configuration.
    pub config: Arc<ServeConfig>,
    /// Slots for the streams of all ports.
    pub stream_slots: Arc<Semaphore>,
    /// The tasks of streams and of pending requests.
    pub tasks: Tasks,
    /// Turns true when shutdown begins.
    pub shutdown: watch::Receiver<bool>,
}

impl ServerContext {
    /// The context of servers that run until `shutdown` turns true.
    pub fn new(
        live: Arc<Live>,
        config: ServeConfig,
        shutdown: watch::Receiver<bool>,
    ) -> ServerContext {
        let stream_slots = match config.max_streams {
            0 => Semaphore::MAX_PERMITS,
            most => most.min(Semaphore::MAX_PERMITS),
        };
        ServerContext {
            live,
            stream_slots: Arc::new(Semaphore::new(stream_slots)),
            tasks: Tasks::new(config.metrics.clone()),
            config: Arc::new(config),
            shutdown,
        }
    }

    /// Returns true if flags can be evaluated and shutdown has not begun.
    pub fn is_ready(&self) -> bool {
        self.live.load().is_usable() && !*self.shutdown.borrow()
    }
}
