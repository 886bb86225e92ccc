//! `ScanWorker`: the thread that reads and compiles the files of one source.
//!
//! A file system may not respond for minutes. Each source has its own thread, so that it holds up no other source: the
//! update thread requests scans, waits for the reports for a short time, and receives later ones with a wakeup.

use std::io;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::limits;
use crate::metric::thread_activity::ThreadActivity;
use crate::source::background_priority;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::source::FileSource;
use crate::source::file::source::ScanReport;
use crate::source::file::watch::FileWatcher;
use crate::source::layer::compile::CompileOptions;
use crate::source::update_channel::Wakeup;
use crate::source::update_channel::WakeupSender;
use crate::sync_primitives::Condvar;
use crate::sync_primitives::Mutex;
use crate::sync_primitives::MutexGuard;
use crate::sync_primitives::thread;

/// The parts of the update thread that all workers share.
#[derive(Debug)]
pub struct ScanContext {
    /// The watcher, if file events are followed.
    pub watcher: OnceLock<FileWatcher>,
    /// The activity of its thread.
    pub watcher_activity: Arc<ThreadActivity>,
    /// The channel to the update thread, if it runs.
    pub wakeups: OnceLock<WakeupSender>,
    /// True once the initial load is over, and requests come first.
    pub is_in_background: AtomicBool,
}

impl Default for ScanContext {
    fn default() -> ScanContext {
        ScanContext {
            watcher: OnceLock::new(),
            watcher_activity: Arc::new(ThreadActivity::new("file events")),
            wakeups: OnceLock::new(),
            is_in_background: AtomicBool::new(false),
        }
    }
}

/// The handle of the thread, which ends when this is dropped and its current scan is over.
#[derive(Debug)]
pub struct ScanWorker {
    thread: Arc<WorkerThread>,
    is_started: bool,
}

/// The requests to the thread and the reports from it.
#[derive(Debug, Default)]
struct Exchange {
    slots: Mutex<ScanSlots>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct ScanSlots {
    /// The scope of the next scan. Requests that arrive during a scan are merged.
    request: Option<ScanScope>,
    is_scanning: bool,
    /// The report of the last scan, or its panic.
    report: Option<thread::Result<ScanReport>>,
    /// True if the update thread no longer waits, and must be woken by the report.
    is_overdue: bool,
    is_stopped: bool,
}

#[derive(Debug)]
struct WorkerThread {
    path: PathBuf,
    source_index: usize,
    options: CompileOptions,
    context: Arc<ScanContext>,
    exchange: Exchange,
    activity: Arc<ThreadActivity>,
}

impl ScanWorker {
    /// Returns the worker of the source at a path. Its thread starts with the first request.
    pub fn new(
        path: &Path,
        source_index: usize,
        options: CompileOptions,
        context: Arc<ScanContext>,
    ) -> ScanWorker {
        let name = format!("source {}", path.display());
        ScanWorker {
            thread: Arc::new(WorkerThread {
                path: path.to_owned(),
                source_index,
                options,
                context,
                exchange: Exchange::default(),
                activity: Arc::new(ThreadActivity::new(name)),
            }),
            is_started: false,
        }
    }

    /// The activity of the thread.
    pub fn activity(&self) -> &Arc<ThreadActivity> {
        &self.thread.activity
    }

    /// Returns true if a requested scan has not been reported yet.
    pub fn is_busy(&self) -> bool {
        let slots = self.thread.exchange.lock();
        slots.request.is_some() || slots.is_scanning || slots.report.is_some()
    }

    /// Requests a scan.
    ///
    /// # Errors
    /// If the thread cannot be created. The next request tries again.
    pub fn request(&mut self, scope: ScanScope) -> io::Result<()> {
        if !self.is_started {
            let worker = self.thread.clone();
            thread::Builder::new()
                .name("file source".to_owned())
                .stack_size(limits::PARSER_STACK)
                .spawn(move || worker.run())?;
            self.is_started = true;
        }
        self.thread.activity.request();
        let mut slots = self.thread.exchange.lock();
        match &mut slots.request {
            Some(request) => request.merge(scope),
            None => slots.request = Some(scope),
        }
        drop(slots);
        self.thread.exchange.changed.notify_all();
        Ok(())
    }

    /// Waits for the report of a requested scan, until the deadline. `None` if there is none: then the update thread is
    /// woken when it arrives.
    ///
    /// # Panics
    /// If the thread has panicked: with its panic.
    pub fn collect(&self, deadline: Instant) -> Option<ScanReport> {
        let mut slots = self.thread.exchange.lock();
        loop {
            if let Some(report) = slots.report.take() {
                slots.is_overdue = slots.request.is_some();
                drop(slots);
                self.thread.exchange.changed.notify_all();
                return Some(report.unwrap_or_else(|payload| panic::resume_unwind(payload)));
            }
            if slots.is_overdue || (slots.request.is_none() && !slots.is_scanning) {
                return None;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                slots.is_overdue = true;
                return None;
            }
            let waited = self.thread.exchange.changed.wait_timeout(slots, left);
            slots = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for ScanWorker {
    fn drop(&mut self) {
        // The thread is not joined: its file system may not respond.
        self.thread.exchange.lock().is_stopped = true;
        self.thread.exchange.changed.notify_all();
    }
}

impl Exchange {
    /// Waits for a request. `None` if the thread must end.
    fn next_request(&self) -> Option<ScanScope> {
        let is_idle = |slots: &mut ScanSlots| {
            !slots.is_stopped && (slots.request.is_none() || slots.report.is_some())
        };
        let slots = self.changed.wait_while(self.lock(), is_idle);
        let mut slots = slots.unwrap_or_else(PoisonError::into_inner);
        if slots.is_stopped {
            return None;
        }
        slots.is_scanning = true;
        slots.request.take()
    }

    /// Delivers a report. Returns true if the update thread must be woken.
    fn deliver(&self, report: thread::Result<ScanReport>) -> bool {
        let mut slots = self.lock();
        slots.is_scanning = false;
        slots.report = Some(report);
        let is_overdue = std::mem::take(&mut slots.is_overdue);
        drop(slots);
        self.changed.notify_all();
        is_overdue
    }

    fn lock(&self) -> MutexGuard<'_, ScanSlots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerThread {
    fn run(&self) {
        let mut source = None;
        let mut is_in_background = false;
        while let Some(scope) = self.exchange.next_request() {
            if !is_in_background && self.context.is_in_background.load(Ordering::Relaxed) {
                background_priority::enable_on_this_thread();
                is_in_background = true;
            }
            let scan = AssertUnwindSafe(|| self.scan(&mut source, &scope));
            let report = self.activity.during(|| panic::catch_unwind(scan));
            let has_panicked = report.is_err();
            if self.exchange.deliver(report)
                && let Some(wakeups) = self.context.wakeups.get()
            {
                wakeups.send(Wakeup::ScanFinished);
            }
            if has_panicked {
                return;
            }
        }
    }

    fn scan(&self, source: &mut Option<FileSource>, scope: &ScanScope) -> ScanReport {
        let is_first = source.is_none();
        let source = source.get_or_insert_with(|| FileSource::new(&self.path));
        if is_first {
            // Watch first, then read: a change in between is seen twice, not missed.
            self.watch(source);
        }
        let result = source.scan(scope, self.options);
        // The targets of symlinks may have changed.
        let reports_changes = self.watch(source);
        source.report(result, reports_changes)
    }

    /// Watches the paths of the source. Returns true if every change after the call before this one causes an event.
    fn watch(&self, source: &FileSource) -> bool {
        let watcher = self.context.watcher.get();
        watcher.is_some_and(|watcher| watcher.watch(self.source_index, &source.watch_set()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::document::FaultPolicy;
    use crate::rule::bucketing::bucketing_value::FractionalVersion;

    fn worker(path: &Path) -> ScanWorker {
        let options = CompileOptions {
            faults: FaultPolicy::IsolateFlag,
            fractional_version: FractionalVersion::default(),
        };
        ScanWorker::new(path, 0, options, Arc::default())
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn requests_during_a_scan_are_merged_and_answered() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("flags.json");
        std::fs::write(&path, r#"{"flags": {}}"#).expect("written");
        let mut worker = worker(&path);
        assert!(worker.collect(later()).is_none(), "nothing was requested");
        for _ in 0..3 {
            worker.request(ScanScope::full()).expect("a thread");
        }
        let report = worker.collect(later()).expect("a report");
        assert_eq!((report.files.len(), report.result.updated.len()), (1, 1));
        worker.request(ScanScope::full()).expect("a thread");
        let report = worker.collect(later()).expect("a report");
        assert!(!report.result.has_changes() && report.failure.is_none());
    }
}
