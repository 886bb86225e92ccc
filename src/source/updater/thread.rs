//! The update thread: follows file events, polls where there are none, and applies the updates of network sources.

use std::sync::mpsc;
use std::time::Instant;
use std::time::SystemTime;

use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::coop;
use crate::fault_injection;
use crate::source::file::directory_watcher::DirectoryWatcher;
use crate::source::file::open_writers::OpenWriters;
use crate::source::network::grpc;
use crate::source::network::http;
use crate::source::network::supervised_task::run_supervised;
use crate::source::spec::SourceKind;
use crate::source::update_channel::UpdateSender;
use crate::source::update_channel::Wakeup;
use crate::source::update_channel::WakeupSender;
use crate::source::updater::batch::next_batch;
use crate::source::updater::loader::Loader;

/// The state of the update thread.
pub struct UpdateThread {
    loader: Loader,
    wakeups: WakeupSender,
    initial_result: watch::Sender<Option<Result<(), String>>>,
    runtime: Option<Handle>,
    /// The tasks of the network sources. They are aborted when this is dropped.
    tasks: JoinSet<()>,
}

impl UpdateThread {
    /// Returns the state of a thread that has not started yet.
    pub fn new(
        loader: Loader,
        wakeups: WakeupSender,
        initial_result: watch::Sender<Option<Result<(), String>>>,
        runtime: Option<Handle>,
    ) -> UpdateThread {
        UpdateThread {
            loader,
            wakeups,
            initial_result,
            runtime,
            tasks: JoinSet::new(),
        }
    }

    /// Loads the sources and follows them until the thread is stopped.
    pub fn run(mut self, events: &mpsc::Receiver<Wakeup>) {
        let mut directories = DirectoryWatcher::new(notify_handler(self.wakeups.clone()));
        let mut writers = OpenWriters::default();
        // Watch first, then read: a change in between is seen twice, not missed.
        directories.set_directories(self.loader.watched_directories());
        self.loader.load_initial();
        self.spawn_network_sources();
        lower_priority();
        let mut last_scan = Instant::now();
        loop {
            self.publish_initial_result();
            // The targets of symlinks may have changed with the last scan.
            directories.set_directories(self.loader.watched_directories());
            let batch = loop {
                let Some(mut batch) = next_batch(events, &mut writers, last_scan) else {
                    return;
                };
                fault_injection::point("updater");
                if !batch.answer_pings() {
                    break batch;
                }
            };
            if batch.scan.is_some() {
                last_scan = Instant::now();
                self.loader.tick(SystemTime::now());
            }
            self.loader.apply(batch.scan.as_ref(), batch.updates);
        }
    }

    /// Starts the tasks of the network sources.
    fn spawn_network_sources(&mut self) {
        let Some(runtime) = &self.runtime else {
            return;
        };
        let timing = self.loader.timing;
        for (source_index, kind, etag) in self.loader.network_sources() {
            let updates = UpdateSender {
                source_index,
                wakeups: self.wakeups.clone(),
            };
            let sender = updates.clone();
            match kind {
                SourceKind::File(_) => {}
                SourceKind::Http(spec) => {
                    let start = move || {
                        http::run_polling((*spec).clone(), etag.clone(), timing, sender.clone())
                    };
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
                SourceKind::Grpc(spec) => {
                    let start =
                        move || grpc::run_sync_stream((*spec).clone(), timing, sender.clone());
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
            }
        }
    }

    /// Publishes the result of the initial load once every source was read.
    fn publish_initial_result(&self) {
        if self.initial_result.borrow().is_none() && self.loader.all_attempted() {
            self.initial_result
                .send_replace(Some(self.loader.startup_result()));
        }
    }
}

/// Lowers this thread's priority after the initial load, so that requests win: an edit can wait for some milliseconds.
/// About a quarter of a core is left to the thread on a busy machine.
fn lower_priority() {
    const NICENESS: i32 = 5;
    coop::enable_on_this_thread();
    // Linux sets the niceness of one thread; elsewhere `nice` would also slow down the requests.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICENESS)
    {
        tracing::debug!(%error, "cannot lower the priority of the update thread");
    }
}

/// Returns the handler of file events. Opening and reading are ignored: this process does that itself.
fn notify_handler(
    wakeups: WakeupSender,
) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        let wakeup = match event {
            Ok(event) => match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => Wakeup::FileEvent(event),
                EventKind::Access(_) => return,
                _ if event.need_rescan() => Wakeup::EventsLost,
                _ => Wakeup::FileEvent(event),
            },
            Err(_) => Wakeup::EventsLost,
        };
        wakeups.send(wakeup);
    }
}
