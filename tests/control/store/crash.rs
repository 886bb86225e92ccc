//! A process that is killed at each operation of a scripted day. Every acknowledged append is there, and nothing else but
//! the one that was in flight.
//!
//! The process is this test program: `killed_process` does the work if the environment says so. By default, a part of
//! the operations is tested. `FANION_CRASH_CHANGES=400` tests each operation of 400 changes.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use fanion::control::store::SqliteStore;
use fanion::control::store::Step;
use fanion::control::store::Store;
use fanion::control::store::StoreError;
use fanion::control::store::StoreReader;

use crate::store::append::check_store;
use crate::store::script::ENVIRONMENTS;
use crate::store::script::ScriptedChange;
use crate::store::script::TestStore;
use crate::store::script::script;

const SEED: u64 = 51;
/// The time that opening and loading may take after a crash.
const RECOVERY: Duration = Duration::from_millis(300);
/// The variable with the data directory of the process.
const DIRECTORY: &str = "FANION_CRASH_DIRECTORY";
/// The variable with the number of the operation before which the process is killed.
const OPERATION: &str = "FANION_CRASH_OPERATION";
/// The variable with the number of changes of the day.
const CHANGES: &str = "FANION_CRASH_CHANGES";

/// A store that ends the process before an operation.
struct AbortingStore(SqliteStore);

impl AbortingStore {
    fn open(data_dir: &Path, operation: u64) -> AbortingStore {
        let mut next = 0;
        let hook = move |_: Step| -> Result<(), StoreError> {
            next += 1;
            if next == operation {
                kill();
            }
            Ok(())
        };
        AbortingStore(SqliteStore::open_with_hook(data_dir, Box::new(hook)).unwrap())
    }
}

/// Kills this process: no destructor runs, and no buffer is written.
fn kill() {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
        .unwrap();
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The number of changes that a store has.
fn position(reader: &dyn StoreReader) -> usize {
    let stored = ENVIRONMENTS
        .into_iter()
        .filter_map(|name| reader.load(name).unwrap());
    usize::try_from(stored.map(|stored| stored.head_seq).sum::<u64>()).unwrap()
}

/// Continues the day where the store ends, and says after each append that it is acknowledged.
#[test]
fn killed_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let changes = script(SEED, usize::try_from(number(CHANGES).unwrap()).unwrap());
    let AbortingStore(mut store) =
        AbortingStore::open(Path::new(&directory), number(OPERATION).unwrap());
    let done = position(&*store.reader());
    for (index, change) in changes.iter().enumerate().skip(done) {
        store.append(&change.append()).unwrap();
        println!("acknowledged {}", index + 1);
    }
}

/// Runs the process until it is killed or the day ends. Returns the number of acknowledged changes, if it said one.
fn run_process(data_dir: &Path, operation: u64, changes: usize) -> Option<usize> {
    let program = std::env::current_exe().unwrap();
    let mut process = Command::new(program)
        .args(["--exact", "store::crash::killed_process", "--nocapture"])
        .env(DIRECTORY, data_dir)
        .env(OPERATION, operation.to_string())
        .env(CHANGES, changes.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let numbers = lines.map_while(Result::ok).filter_map(|line| {
        // The first line follows the name of the test.
        line.split_once("acknowledged ")?.1.parse().ok()
    });
    let last = numbers.last();
    process.wait().unwrap();
    last
}

/// Opens and loads the store after a crash. Returns the number of its changes.
fn recover(test: &TestStore, changes: &[ScriptedChange], longest: &mut Duration) -> usize {
    // Other processes can delay a recovery, so that the fastest of three counts.
    let copies: Vec<TestStore> = (0..2).map(|_| test.copy()).collect();
    let copies = copies.iter().map(|copy| timed_open(copy).0).min();
    let (time, store) = timed_open(test);
    *longest = (*longest).max(time.min(copies.unwrap_or(time)));
    let reader = store.reader();
    let stored = position(&*reader);
    check_store(&*reader, &changes[..stored]);
    stored
}

/// Opens and loads a store.
fn timed_open(test: &TestStore) -> (Duration, SqliteStore) {
    let begin = Instant::now();
    let store = test.open();
    position(&*store.reader());
    (begin.elapsed(), store)
}

/// Kills the process at the first, second, third operation and so on of what remains, until a change is stored.
/// Returns the number of kills.
fn crash_at_each_operation(
    test: &TestStore,
    changes: &[ScriptedChange],
    longest: &mut Duration,
) -> usize {
    let (mut stored, mut kills) = (0, 0);
    while stored < changes.len() {
        let before = stored;
        // Opening and one append have fewer operations.
        for operation in 1..=12 {
            let acknowledged = run_process(&test.data_dir(), operation, changes.len());
            kills += 1;
            stored = recover(test, changes, longest);
            let acknowledged = acknowledged.unwrap_or(before);
            assert!(
                stored == acknowledged || stored == acknowledged + 1,
                "{stored} changes are stored, {acknowledged} were acknowledged"
            );
            if stored > before {
                break;
            }
        }
        assert!(
            stored > before,
            "change {before} cannot be appended after a crash"
        );
    }
    kills
}

#[test]
fn every_acknowledged_append_survives_a_kill_at_each_operation() {
    let length = number(CHANGES)
        .filter(|_| std::env::var_os(DIRECTORY).is_none())
        .unwrap_or(25);
    let changes = script(SEED, usize::try_from(length).unwrap());
    let test = TestStore::new();
    let mut longest = Duration::ZERO;
    let kills = crash_at_each_operation(&test, &changes, &mut longest);
    println!("{kills} kills in a day of {length} changes; recovery took at most {longest:?}");
    assert!(kills > changes.len() * 7);
    assert!(longest <= RECOVERY, "{longest:?}");
}

#[test]
fn acknowledged_appends_survive_a_kill_at_a_checkpoint() {
    let changes = script(SEED, 200);
    let mut longest = Duration::ZERO;
    // Opening has 2 operations, and each append 6. A checkpoint follows the 128th append.
    let checkpoint = 2 + 128 * 6 + 1;
    for operation in checkpoint - 1..=checkpoint + 3 {
        let test = TestStore::new();
        let acknowledged = run_process(&test.data_dir(), operation, changes.len()).unwrap();
        let stored = recover(&test, &changes, &mut longest);
        assert!(stored == acknowledged || stored == acknowledged + 1);
        assert!((127..=129).contains(&stored), "{stored}");
    }
    assert!(longest <= RECOVERY, "{longest:?}");
}
