//! `Loader`: all sources and their state directory; applies updates and publishes when a document changed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use crate::limits;
use crate::live::Live;
use crate::metric::thread_activity::ThreadActivities;
use crate::source::SourceConfig;
use crate::source::Timing;
use crate::source::file::file_events::FileEvents;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::scan_worker::ScanContext;
use crate::source::file::watch::FileWatcher;
use crate::source::layer::compile::CompileOptions;
use crate::source::network::departure::Departure;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::writer::StateWriter;
use crate::source::state_dir::writer::UnsavedDocuments;
use crate::source::status::SourceStatus;
use crate::source::status::SourceStatuses;
use crate::source::update_channel::SourceUpdate;
use crate::source::update_channel::WakeupSender;
use crate::source::updater::failure_reports::log_missing_flags;
use crate::source::updater::failure_reports::startup_error;
use crate::source::updater::managed_source::ManagedSource;
use crate::source::updater::pending_answer::PendingAnswer;
use crate::source::updater::publisher::Publisher;
use crate::source::updater::reminders;
use crate::wire::fleet::replica_identity::ReplicaIdentity;

/// The time between scans of files whose changes may cause no event, and between checks of failing sources.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// All sources, the state directory and the publisher.
#[derive(Debug)]
pub struct Loader {
    sources: Vec<ManagedSource>,
    compile_options: CompileOptions,
    fail_fast: bool,
    /// Timeouts and intervals.
    pub timing: Timing,
    /// The identity of this process for control planes.
    pub replica: Arc<ReplicaIdentity>,
    /// The announcement of the process's end.
    pub departure: Departure,
    /// The parts that all threads of file sources share.
    scan_context: Arc<ScanContext>,
    state_writer: StateWriter,
    publisher: Publisher,
}

/// A network source, for its task.
#[derive(Debug)]
pub struct NetworkSource {
    /// Its index.
    pub index: usize,
    /// Its specification.
    pub kind: SourceKind,
    /// The entity tag of the restored document.
    pub etag: Option<Box<str>>,
    /// Its status.
    pub status: Arc<SourceStatus>,
}

impl Loader {
    /// Returns a loader that has not read anything yet. If several sources define a flag, the last wins.
    pub fn new(specs: &[SourceSpec], config: &SourceConfig, live: Arc<Live>) -> Loader {
        let compile_options = CompileOptions {
            faults: config.faults,
            fractional_version: config.fractional_version,
        };
        let scan_context = Arc::default();
        let sources = specs.iter().enumerate();
        let sources = sources
            .map(|(at, spec)| ManagedSource::new(spec, at, compile_options, &scan_context))
            .collect();
        Loader {
            sources,
            compile_options,
            scan_context,
            fail_fast: config.fail_fast,
            timing: config.timing,
            replica: config.replica.clone(),
            departure: Departure::default(),
            state_writer: StateWriter::new(config.state_dir.clone()),
            publisher: Publisher::new(live),
        }
    }

    /// Returns the status of each source.
    pub fn statuses(&self) -> SourceStatuses {
        let statuses = self.sources.iter().map(|source| source.status.clone());
        statuses.collect()
    }

    /// Returns the network sources.
    pub fn network_sources(&self) -> Vec<NetworkSource> {
        let all = self.sources.iter().enumerate();
        let network = all.filter(|(_, source)| source.is_network());
        network
            .map(|(index, source)| NetworkSource {
                index,
                kind: source.kind.clone(),
                etag: source.restored_etag.clone(),
                status: source.status.clone(),
            })
            .collect()
    }

    /// Returns the activities of the threads that read and write files.
    pub fn activities(&self) -> ThreadActivities {
        let activities = ThreadActivities::default();
        let sources = self.sources.iter().filter_map(ManagedSource::activity);
        sources
            .chain(self.state_writer.activity())
            .chain([&self.scan_context.watcher_activity])
            .for_each(|activity| activities.add(activity.clone()));
        activities
    }

    /// Returns the count of documents that are not in the state directory yet.
    pub fn unsaved_documents(&self) -> UnsavedDocuments {
        self.state_writer.unsaved()
    }

    /// Follows file events from now on, and sends late reports of file sources to the update thread.
    pub fn follow(&self, events: Arc<FileEvents>, wakeups: WakeupSender) {
        let activity = self.scan_context.watcher_activity.clone();
        let watcher = FileWatcher::new(events, activity, wakeups.clone());
        // Both are set once, before the first scan.
        let _ = self.scan_context.watcher.set(watcher);
        let _ = self.scan_context.wakeups.set(wakeups);
    }

    /// Lowers the priority of the threads of file sources.
    pub fn enter_background(&self) {
        self.scan_context
            .is_in_background
            .store(true, Ordering::Relaxed);
    }

    /// Loads everything that is available at once: network sources from the state directory, files, and files without a
    /// document from the state directory.
    pub fn load_initial(&mut self) {
        let begun = Instant::now();
        let mut changed = self.restore(ManagedSource::is_network);
        changed |= self.scan_files(&ScanScope::full(), begun + limits::INITIAL_SCAN_WAIT);
        changed |= self.restore(|source| source.attempted && !source.has_document());
        if changed {
            self.publish(begun);
        }
    }

    fn restore(&mut self, is_wanted: impl Fn(&ManagedSource) -> bool) -> bool {
        let mut changed = false;
        for source in self.sources.iter_mut().filter(|source| is_wanted(source)) {
            let entries = self.state_writer.read_entries(&source.status.name);
            if source.restore(&entries, self.compile_options) {
                changed = true;
                let files = entries.iter().map(|entry| &*entry.file);
                files.for_each(|file| self.state_writer.mark_stored(&source.status.name, file));
            }
        }
        changed
    }

    /// Scans the files, applies the updates and the reports of earlier scans, and publishes a new snapshot if a document
    /// changed.
    pub fn apply(&mut self, scope: Option<&ScanScope>, updates: Vec<(usize, SourceUpdate)>) {
        let begun = Instant::now();
        let mut changed = match scope {
            Some(scope) => self.scan_files(scope, begun + limits::SCAN_WAIT),
            None => self.collect_scans(begun),
        };
        let mut answers = Vec::new();
        for (index, update) in updates {
            if let Some(source) = self.sources.get_mut(index) {
                let options = self.compile_options;
                let (is_new, answer) = source.handle_update(update, options, &self.state_writer);
                changed |= is_new;
                answers.extend(answer);
            }
        }
        if changed {
            self.publish(begun);
        }
        answers.into_iter().for_each(PendingAnswer::send);
    }

    fn scan_files(&mut self, scope: &ScanScope, deadline: Instant) -> bool {
        for source in &mut self.sources {
            source.request_scan(scope);
        }
        self.collect_scans(deadline)
    }

    /// Applies the reports of file sources that arrive until the deadline.
    fn collect_scans(&mut self, deadline: Instant) -> bool {
        let mut changed = false;
        for source in &mut self.sources {
            changed |= source.collect_scan(deadline, &self.state_writer);
        }
        changed
    }

    /// Reports stalled file sources. If one has no document, it gets that of an earlier process.
    fn report_stalls(&mut self) {
        let mut is_new = false;
        for source in &mut self.sources {
            is_new |= source.report_stall();
        }
        if is_new {
            let begun = Instant::now();
            if self.restore(|source| source.attempted && !source.has_document()) {
                self.publish(begun);
            }
        }
    }

    fn publish(&mut self, begun: Instant) {
        let layers = self.sources.iter().flat_map(ManagedSource::layers);
        let partial = !self.sources.iter().all(|s| s.status.health().has_flags());
        let revisions = served_revisions(&self.sources);
        self.publisher
            .publish(layers, partial, revisions.as_deref(), begun);
        // The line about the reload must not be the last word while `/readyz` returns 412.
        if partial {
            self.sources
                .iter()
                .for_each(|source| log_missing_flags(&source.status));
        }
    }

    /// Returns true if every source was read once, with or without success.
    pub fn all_attempted(&self) -> bool {
        self.sources.iter().all(|source| source.attempted)
    }

    /// Returns the result of the initial load.
    ///
    /// # Errors
    /// If a source has no flags and `fail_fast` is set.
    pub fn startup_result(&self) -> Result<(), String> {
        if !self.fail_fast {
            return Ok(());
        }
        let lacking = self
            .sources
            .iter()
            .filter(|s| !s.status.health().has_flags());
        let lacking: Vec<String> = lacking
            .map(|source| startup_error(&source.status))
            .collect();
        if lacking.is_empty() {
            Ok(())
        } else {
            Err(lacking.join("; "))
        }
    }

    /// Checks that the thread of file events responds: a later check finds it stalled otherwise, and files are polled.
    pub fn check_watcher(&self) {
        if let Some(watcher) = self.scan_context.watcher.get() {
            watcher.ping();
        }
    }

    /// Returns the time from a scan to the next one if nothing happens. `None` if none is needed: all files are settled,
    /// each change of them causes an event, and nothing fails.
    pub fn poll_interval(&self) -> Option<Duration> {
        let is_watcher_stalled = self.scan_context.watcher_activity.stalled_for().is_some();
        let needs_polling = is_watcher_stalled
            || self.publisher.has_retired()
            || self.sources.iter().any(ManagedSource::needs_polling);
        if needs_polling {
            return Some(POLL_INTERVAL);
        }
        let has_state_dir = self.state_writer.activity().is_some();
        has_state_dir.then_some(reminders::TOUCH_INTERVAL)
    }

    /// Reports stalled sources, logs reminders of stale ones, and updates the times of documents in the state directory.
    pub fn tick(&mut self, now: SystemTime) {
        self.publisher.drop_retired();
        self.report_stalls();
        for source in &mut self.sources {
            source.tick(now, self.timing, &self.state_writer);
        }
    }
}

/// The sources whose flags have a revision, with its number; `None` if there is none.
fn served_revisions(sources: &[ManagedSource]) -> Option<String> {
    let revision = |source: &ManagedSource| {
        let number = source.status.health().revision?.number;
        Some(format!("{}={number}", source.status.redacted_name))
    };
    let all: Vec<String> = sources.iter().filter_map(revision).collect();
    (!all.is_empty()).then(|| all.join(", "))
}
