//! Writes that the system refuses: a process whose files must not grow. It is this test program, started by a shell that
//! sets the limit.

use std::path::Path;
use std::process::Command;

use fanion::control::store::SqliteStore;
use fanion::control::store::Store;
use fanion::control::store::StoreError;
use rustix::process::Resource;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

use crate::store::append::check_store;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::script;

/// The variable with the data directory of the process.
const DIRECTORY: &str = "FANION_LIMITED_DIRECTORY";

/// Appends until the write-ahead log reaches the limit; then again without the limit.
#[test]
fn limited_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let mut store = SqliteStore::open(Path::new(&directory)).unwrap();
    let changes = script(61, 200);
    let mut appended = changes.iter().map(|change| store.append(&change.append()));
    let stored = appended.by_ref().take_while(Result::is_ok).count();
    assert!((10..150).contains(&stored), "{stored}");
    for _ in 0..5 {
        let error = store.append(&changes[stored].append()).unwrap_err();
        let is_refused = matches!(error, StoreError::Io { .. } | StoreError::Full { .. });
        assert!(is_refused, "{error}");
        check_store(&*store.reader(), &changes[..stored]);
    }
    let mut limit = getrlimit(Resource::Fsize);
    limit.current = limit.maximum;
    setrlimit(Resource::Fsize, limit).unwrap();
    append_all(&mut store, &changes[stored..]);
    println!("stored {stored}, then all");
}

#[test]
fn refused_write_loses_nothing_and_the_store_goes_on() {
    let test = TestStore::new();
    // Without the trap, the signal of the limit ends the process.
    let limited = "trap '' XFSZ; ulimit -S -f 2000; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::write_failure::limited_process",
            "--nocapture",
        ])
        .env(DIRECTORY, test.data_dir())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("then all"),
        "{output:?}"
    );
    check_store(&*test.open().reader(), &script(61, 200));
}
