//! `Updater`: the handle of the update thread, which reads the sources and publishes snapshots.

pub mod liveness;
pub mod loader;
mod backend;
mod batch;
mod file_backend;
mod managed_source;
mod pending_answer;
mod publisher;
mod reminders;
mod failure_reports;
pub mod thread;

use std::fmt;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::limits;
use crate::panic_message::panic_message;
use crate::source::network::departure::Departure;
use crate::source::status::SourceStatuses;
use crate::source::update_channel::WakeupSender;
use crate::source::updater::liveness::Liveness;
use crate::source::updater::loader::Loader;
use crate::source::updater::thread::UpdateThread;

/// The handle of a running update thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Updater {
    wakeups: WakeupSender,
    initial_result: watch::Receiver<Option<Result<(), String>>>,
    exit: watch::Receiver<Option<ThreadExit>>,
    liveness: Liveness,
    departure: Departure,
    /// The status of the sources.
    pub statuses: SourceStatuses,
}

/// The reason why the update thread ended without being stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateThreadError {
    /// It panicked with this message.
    Panicked(String),
    /// It returned.
    Ended,
}

/// A reason why the initial load failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitialLoadError {
    /// Sources have no flags; the message names them and their errors.
    NoFlags(String),
    /// The update thread ended.
    UpdateThread(UpdateThreadError),
}

/// The end of the update thread.
#[derive(Debug, Clone)]
enum ThreadExit {
    /// It was stopped.
    Stopped,
    /// It panicked with this message.
    Panicked(String),
}

/// Starts the update thread, which reads the sources and then follows them. Network sources are tasks on the runtime
/// from which this is called.
///
/// # Errors
/// If no thread can be created, or there are network sources and no runtime.
pub fn start(loader: Loader) -> std::io::Result<Updater> {
    let (wakeups, events) = WakeupSender::channel();
    let (initial_sender, initial_result) = watch::channel(None);
    let (exit_sender, exit) = watch::channel(None);
    let statuses = loader.statuses();
    let departure = loader.departure.clone();
    let runtime = if loader.network_sources().is_empty() {
        None
    } else {
        Some(Handle::try_current().map_err(std::io::Error::other)?)
    };
    let thread = UpdateThread::new(loader, wakeups.clone(), initial_sender, runtime);
    std::thread::Builder::new()
        .name("source".to_owned())
        .stack_size(limits::PARSER_STACK)
        .spawn(move || {
            let ended = panic::catch_unwind(AssertUnwindSafe(|| thread.run(&events)));
            exit_sender.send_replace(Some(match ended {
                Ok(()) => ThreadExit::Stopped,
                Err(payload) => ThreadExit::Panicked(panic_message(&*payload)),
            }));
        })?;
    Ok(Updater {
        liveness: Liveness::new(wakeups.clone()),
        wakeups,
        initial_result,
        exit,
        departure,
        statuses,
    })
}

impl Updater {
    /// Completes when every source was read once, with or without flags.
    ///
    /// # Errors
    /// If a source has no flags and the configuration requires them, or the update thread ended.
    pub fn initial_load(&self) -> impl Future<Output = Result<(), InitialLoadError>> + use<> {
        let mut result = self.initial_result.clone();
        let failure = self.failure();
        async move {
            let result = match result.wait_for(Option::is_some).await {
                Ok(result) => result.clone(),
                Err(_) => None,
            };
            match result {
                Some(Ok(())) => Ok(()),
                Some(Err(why)) => Err(InitialLoadError::NoFlags(why)),
                // The thread dropped its sender: it has ended, or is about to.
                None => Err(InitialLoadError::UpdateThread(failure.await)),
            }
        }
    }

    /// Completes when the update thread ends without being stopped. Never completes after an orderly stop.
    pub fn failure(&self) -> impl Future<Output = UpdateThreadError> + use<> {
        let mut exit = self.exit.clone();
        async move {
            let exit = match exit.wait_for(Option::is_some).await {
                Ok(exit) => exit.clone(),
                Err(_) => None,
            };
            match exit {
                Some(ThreadExit::Panicked(message)) => UpdateThreadError::Panicked(message),
                Some(ThreadExit::Stopped) => std::future::pending().await,
                None => UpdateThreadError::Ended,
            }
        }
    }

    /// Tells control planes that this process ends, and waits for at most `within` until they know. Flags are still
    /// evaluated, but no longer updated from these sources.
    pub async fn announce_departure(&self, within: Duration) {
        self.departure.announce(within).await;
    }

    /// Stops the thread, and waits for at most `within` until it has ended.
    pub async fn stop(self, within: Duration) {
        self.wakeups.stop();
        let mut exit = self.exit.clone();
        let _ = tokio::time::timeout(within, exit.wait_for(Option::is_some)).await;
    }

    /// Returns a handle that checks whether the update thread responds. All handles share the result of the last check.
    pub fn liveness(&self) -> Liveness {
        self.liveness.clone()
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        // The thread ends after its current batch; nothing waits for it.
        self.wakeups.stop();
    }
}

impl fmt::Display for UpdateThreadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateThreadError::Panicked(message) => {
                write!(f, "the update thread panicked: {message}")
            }
            UpdateThreadError::Ended => f.write_str("the update thread ended"),
        }
    }
}

impl std::error::Error for UpdateThreadError {}

impl fmt::Display for InitialLoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InitialLoadError::NoFlags(why) => f.write_str(why),
            InitialLoadError::UpdateThread(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InitialLoadError {}
