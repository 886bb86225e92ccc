//! The thread of a file source: each requested scan is reported, at once or with a wake-up, and the thread ends.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use fanion::document::FaultPolicy;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::source::file::scan_scope::ScanScope;
use fanion::source::layer::compile::CompileOptions;
use fanion::source::update_channel::Wakeup;
use fanion::source::update_channel::WakeupSender;
use shuttle::rand::Rng as _;
use shuttle::thread;

use crate::explore;
use crate::program::scan_worker::ScanContext;
use crate::program::scan_worker::ScanWorker;

const SCANS: usize = 3;

const OPTIONS: CompileOptions = CompileOptions {
    faults: FaultPolicy::IsolateFlag,
    fractional_version: FractionalVersion::V2,
};

/// Creates a flag file that has not changed for long, so that it is read once.
fn write_old_file(path: &Path) {
    std::fs::write(path, r#"{"flags": {}}"#).expect("written");
    let file = std::fs::File::options().append(true).open(path);
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    file.expect("the file")
        .set_modified(long_ago)
        .expect("a time");
}

/// Requests scans as the update thread does: waits for a report until a deadline, and later for its wake-up.
fn request_scans(path: &Path) {
    let context = Arc::new(ScanContext::default());
    let (sender, wakeups) = WakeupSender::channel();
    context.wakeups.set(sender).expect("set once");
    let mut worker = ScanWorker::new(path, 0, OPTIONS, context);
    for _ in 0..SCANS {
        let count = shuttle::rand::thread_rng().gen_range(1..3);
        (0..count).for_each(|_| worker.request(ScanScope::full()).expect("a thread"));
        let now = Instant::now();
        let waits = shuttle::rand::thread_rng().gen_bool(0.5);
        let deadline = if waits {
            now + Duration::from_secs(1000)
        } else {
            now
        };
        let mut report = worker.collect(deadline);
        // A second request during a scan has its own report, so that the first one may not be the last.
        while report.is_none() {
            match wakeups.try_recv() {
                Ok(Wakeup::ScanFinished) => report = worker.collect(deadline),
                Ok(other) => panic!("{other:?}"),
                Err(_) => thread::yield_now(),
            }
        }
        assert_eq!(report.map(|report| report.files.len()), Some(1));
    }
    let activity = worker.activity().clone();
    drop(worker);
    // The thread holds the other reference.
    while Arc::strong_count(&activity) > 1 {
        thread::yield_now();
    }
}

pub fn each_requested_scan_is_reported() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("flags.json");
    write_old_file(&path);
    let path: &'static Path = Box::leak(path.into_boxed_path());
    explore(500, move || request_scans(path));
}
