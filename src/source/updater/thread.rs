//! The update thread: follows file events, polls where there are none, and applies the updates of network sources.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Instant;
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fault_injection;
use crate::source::background_priority;
use crate::source::file::file_events::FileEvents;
use crate::source::network::grpc;
use crate::source::network::grpc::sync_stream::SyncClient;
use crate::source::network::http;
#[cfg(feature = "kubernetes")]
use crate::source::network::kubernetes;
#[cfg(feature = "object-store")]
use crate::source::network::object_store;
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
    file_events: Arc<FileEvents>,
    initial_result: watch::Sender<Option<Result<(), String>>>,
    runtime: Option<Handle>,
    /// The tasks of the network sources. They are aborted when this is dropped.
    tasks: JoinSet<()>,
    last_scan: Instant,
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
            file_events: Arc::default(),
            initial_result,
            runtime,
            tasks: JoinSet::new(),
            last_scan: Instant::now(),
        }
    }

    /// Loads the sources and follows them until the thread is stopped.
    pub fn run(mut self, received: &mpsc::Receiver<Wakeup>) {
        self.begin();
        background_priority::enable_on_this_thread();
        while self.run_batch(received) {}
    }

    /// Loads the sources for the first time, and starts to follow them.
    pub fn begin(&mut self) {
        self.loader
            .follow(self.file_events.clone(), self.wakeups.clone());
        self.loader.load_initial();
        self.spawn_network_sources();
        self.loader.enter_background();
        self.last_scan = Instant::now();
        self.publish_initial_result();
    }

    /// Waits for the next batch of updates and applies it. Returns false if the thread must stop.
    pub fn run_batch(&mut self, received: &mpsc::Receiver<Wakeup>) -> bool {
        let poll_interval = self.loader.poll_interval();
        let next = next_batch(received, &self.file_events, self.last_scan, poll_interval);
        let Some(mut batch) = next else {
            return false;
        };
        fault_injection::point("updater");
        if batch.has_pings() {
            self.loader.check_watcher();
        }
        if batch.answer_pings() {
            return true;
        }
        if batch.scan.is_some() {
            self.last_scan = Instant::now();
            self.loader.tick(SystemTime::now());
        }
        self.loader.apply(batch.scan.as_ref(), batch.updates);
        self.publish_initial_result();
        true
    }

    /// Starts the tasks of the network sources.
    fn spawn_network_sources(&mut self) {
        let Some(runtime) = &self.runtime else {
            return;
        };
        let timing = self.loader.timing;
        for source in self.loader.network_sources() {
            let updates = UpdateSender {
                source_index: source.index,
                wakeups: self.wakeups.clone(),
            };
            let sender = updates.clone();
            let mut etag = source.etag;
            match source.kind {
                SourceKind::File(_) => {}
                SourceKind::Http(spec) => {
                    // A restarted task does not know the active document: the tag is only that of the restored one.
                    let start = move || {
                        http::run_polling((*spec).clone(), etag.take(), timing, sender.clone())
                    };
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
                SourceKind::Grpc(spec) => {
                    let client = SyncClient {
                        spec: *spec,
                        replica: self.loader.replica.clone(),
                        status: source.status,
                        departure: self.loader.departure.clone(),
                    };
                    let start =
                        move || grpc::run_sync_stream(client.clone(), timing, sender.clone());
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
                #[cfg(feature = "kubernetes")]
                SourceKind::Kubernetes(spec) => {
                    let start =
                        move || kubernetes::run_watch((*spec).clone(), timing, sender.clone());
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
                // No specification of this kind is parsed.
                #[cfg(not(feature = "kubernetes"))]
                SourceKind::Kubernetes(_) => {}
                #[cfg(feature = "object-store")]
                SourceKind::ObjectStore(spec) => {
                    let start = move || {
                        object_store::run_polling(
                            (*spec).clone(),
                            etag.take(),
                            timing,
                            sender.clone(),
                        )
                    };
                    self.tasks
                        .spawn_on(run_supervised(start, timing, updates), runtime);
                }
                #[cfg(not(feature = "object-store"))]
                SourceKind::ObjectStore(_) => {}
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

impl Drop for UpdateThread {
    fn drop(&mut self) {
        self.file_events.stop();
    }
}
