//! Measures the store of the control plane with a long log: appends, opening, queries, verification, backup.
//!
//! ```text
//! cargo bench --features control --bench event_store -- DIRECTORY [EVENTS [FLAGS]]
//! ```
//!
//! The store is built in DIRECTORY unless it exists. Put it on a tmpfs to build a long log fast: appends to a disk wait
//! for it. Prints each figure, and exits with 1 if loading or a query exceeds its limit.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::time::Instant;

use fanion::control::store::Append;
use fanion::control::store::At;
use fanion::control::store::DefinitionsDelta;
use fanion::control::store::EventQuery;
use fanion::control::store::RevisionDefinitions;
use fanion::control::store::SqliteStore;
use fanion::control::store::Store;
use fanion::control::store::StoreReader;
use fanion::control::store::StoredDefinitions;
use fanion::event_log::Actor;
use fanion::event_log::ActorKind;
use fanion::event_log::EventDraft;
use fanion::event_log::LogEventKind;
use fanion::wire::content_hash::ContentHash;

/// The time that a load may take.
const LOAD_LIMIT: Duration = Duration::from_millis(20);
/// The time that a query may take.
const QUERY_LIMIT: Duration = Duration::from_millis(50);
/// The time of the first event. One event follows per second.
const FIRST_MS: u64 = 1_800_000_000_000;

/// The environment with its definitions.
struct Environment {
    seq: u64,
    content_hash: ContentHash,
    definitions: StoredDefinitions,
    state: String,
}

impl Environment {
    fn new(flags: u64) -> Environment {
        let flag = |n| (flag_key(n).into(), definition(n, 0).into());
        let state = |n| format!("\"{}\":{{\"percentage\":{}}}", flag_key(n), n % 100);
        let states: Vec<String> = (0..flags).map(state).collect();
        Environment {
            seq: 0,
            content_hash: ContentHash::of(b""),
            definitions: (0..flags).map(flag).collect(),
            state: format!("{{{}}}", states.join(",")),
        }
    }

    /// Appends the next event. The first one adds all flags; each further one may change a flag.
    fn append(&mut self, store: &mut SqliteStore, changes_flag: bool) {
        let flags = self.definitions.len() as u64;
        let mut delta = DefinitionsDelta::default();
        if self.seq == 0 {
            delta.changed = self.definitions.clone();
        } else if changes_flag {
            let flag = self.seq * 7919 % flags;
            let (key, text) = (flag_key(flag), definition(flag, self.seq));
            delta.changed.insert(key.into(), text.into());
            self.definitions.extend(delta.changed.clone());
        }
        if !delta.changed.is_empty() {
            let pairs = self.definitions.iter();
            self.content_hash =
                ContentHash::of_definitions(pairs.map(|(key, text)| (&**key, &**text)));
        }
        let append = Append {
            event: draft(self.seq, flags),
            expected_seq: self.seq,
            state: &self.state,
            revision: RevisionDefinitions {
                content_hash: self.content_hash,
                delta: &delta,
                complete: &self.definitions,
            },
            records: &[],
        };
        store.append(&append).expect("an append");
        self.seq += 1;
    }
}

fn flag_key(flag: u64) -> String {
    format!("checkout-flag-{flag}")
}

fn definition(flag: u64, version: u64) -> String {
    format!(
        "{{\"state\":\"ENABLED\",\"variants\":{{\"on\":true,\"off\":false}},\"defaultVariant\":\"off\",\"targeting\":\
         {{\"if\":[{{\"in\":[{{\"var\":\"region\"}},[\"eu\",\"us\"]]}},{{\"fractional\":[[\"on\",{}],[\"off\",{}]]}},null]}},\
         \"metadata\":{{\"owner\":\"team-{}\",\"version\":{version}}}}}",
        version % 100,
        100 - version % 100,
        flag % 20
    )
}

/// Kinds alternate in a pattern that a merge of two indexes cannot skip.
fn draft(seq: u64, flags: u64) -> EventDraft {
    let kinds = [
        LogEventKind::FlagSet,
        LogEventKind::FlagKilled,
        LogEventKind::FlagPaused,
        LogEventKind::FilesChanged,
    ];
    let actor = if seq.is_multiple_of(2) { "even" } else { "odd" };
    let rare = seq.is_multiple_of(100_003);
    EventDraft {
        environment: "prod".to_owned(),
        at_ms: FIRST_MS + seq * 1000,
        actor: Actor {
            kind: ActorKind::Person,
            name: if rare {
                "rare".to_owned()
            } else {
                actor.to_owned()
            },
        },
        kind: kinds
            .into_iter()
            .nth(usize::try_from(seq % 4).unwrap_or(0))
            .expect("a kind"),
        flag: (seq % 4 != 3).then(|| {
            flag_key(if seq.is_multiple_of(3) {
                0
            } else {
                seq * 7919 % flags
            })
        }),
        reason: Some(format!("change {seq} of the release train")),
        change: serde_json::json!({"percentage": {"from": seq % 100, "to": (seq + 1) % 100}, "stage": "canary"}),
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let directory = arguments.next().expect("a directory");
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (events, flags) = (number(1_000_000), number(1000));
    let data_dir = Path::new(&directory);
    if !data_dir.exists() {
        build(data_dir, events, flags);
    }
    let load = measure_load(data_dir);
    let store = SqliteStore::open(data_dir).expect("a store");
    let query = measure_queries(&*store.reader(), events);
    measure_history(&*store.reader(), events);
    measure_whole(&*store.reader(), data_dir);
    drop(store);
    measure_appends(data_dir, flags);
    ExitCode::from(u8::from(load > LOAD_LIMIT || query > QUERY_LIMIT))
}

fn build(data_dir: &Path, events: u64, flags: u64) {
    let mut store = SqliteStore::open(data_dir).expect("a store");
    let mut environment = Environment::new(flags);
    let begin = Instant::now();
    for event in 0..events {
        environment.append(&mut store, event % 10 == 0);
    }
    println!(
        "built: {events} events with {flags} flags in {:?}",
        begin.elapsed()
    );
}

/// Opens and loads the store several times. Returns the longest load.
fn measure_load(data_dir: &Path) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..5 {
        let begin = Instant::now();
        let store = SqliteStore::open(data_dir).expect("a store");
        let opened = begin.elapsed();
        let reader = store.reader();
        let begin = Instant::now();
        let stored = reader
            .load("prod")
            .expect("a load")
            .expect("an environment");
        let loaded = begin.elapsed();
        println!(
            "open {opened:?}, load {loaded:?}: event {}, {} flags",
            stored.head_seq,
            stored.definitions.len()
        );
        longest = longest.max(loaded);
    }
    let database = std::fs::metadata(data_dir.join("control.db")).expect("a file");
    println!("database: {} bytes", database.len());
    longest
}

/// Runs each combination of filters. Returns the longest query.
fn measure_queries(reader: &dyn StoreReader, events: u64) -> Duration {
    let mut times = Vec::new();
    for combination in 0..1 << 10_u32 {
        let has = |bit: u32| combination >> bit & 1 == 1;
        let time = |part: u64| FIRST_MS + events * part * 100;
        let query = EventQuery {
            flag: has(0).then(|| flag_key(if has(8) { 0 } else { 5 })),
            actor: has(1).then(|| if has(9) { "rare" } else { "odd" }.to_owned()),
            kind: has(2).then_some(LogEventKind::FlagSet),
            from_ms: has(3).then(|| time(3)),
            until_ms: has(4).then(|| time(6)),
            after_seq: has(5).then_some(events / 10),
            before_seq: has(6).then_some(events / 10 * 9),
            limit: 100,
            newest_first: has(7),
        };
        let begin = Instant::now();
        let page = reader.events("prod", &query).expect("a page");
        times.push((begin.elapsed(), page.events.len(), query));
    }
    times.sort_by_key(|(time, ..)| *time);
    let median = times.get(times.len() / 2).expect("queries").0;
    let (longest, found, query) = times.pop().expect("queries");
    println!(
        "{} queries of 100 events: median {median:?}, longest {longest:?} ({found} events, {query:?})",
        times.len() + 1
    );
    longest
}

fn measure_history(reader: &dyn StoreReader, events: u64) {
    let points = (0..20).map(|part| events / 20 * part + 64);
    let (mut by_number, mut by_time) = (Duration::ZERO, Duration::ZERO);
    for seq in points.filter(|seq| *seq <= events) {
        let begin = Instant::now();
        reader
            .document_at("prod", At::Revision(seq))
            .expect("a revision")
            .expect("a revision");
        by_number = by_number.max(begin.elapsed());
        let begin = Instant::now();
        let at = At::Time(FIRST_MS + seq * 1000);
        reader
            .document_at("prod", at)
            .expect("a revision")
            .expect("a revision");
        by_time = by_time.max(begin.elapsed());
    }
    println!("longest at-query: {by_number:?} by number, {by_time:?} by time");
}

fn measure_whole(reader: &dyn StoreReader, data_dir: &Path) {
    let begin = Instant::now();
    let head = reader.verify("prod").expect("an intact log");
    println!("verified {} events in {:?}", head.seq, begin.elapsed());
    let backup = data_dir.with_extension("backup");
    let begin = Instant::now();
    reader.backup(&backup).expect("a backup");
    println!("backup in {:?}", begin.elapsed());
    std::fs::remove_file(&backup).expect("a file");
}

/// Appends to a new store in the directory above.
fn measure_appends(data_dir: &Path, flags: u64) {
    let directory = data_dir.with_extension("appends");
    let mut store = SqliteStore::open(&directory).expect("a store");
    let mut environment = Environment::new(flags);
    let mut times: Vec<Duration> = (0..2000)
        .map(|_| {
            let begin = Instant::now();
            environment.append(&mut store, true);
            begin.elapsed()
        })
        .collect();
    times.sort();
    let total: Duration = times.iter().sum();
    let percentile = |part: usize| {
        times
            .get(times.len() * part / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "2000 appends with {flags} flags: mean {:?}, median {:?}, p99 {:?}, state of {} bytes",
        total / 2000,
        percentile(50),
        percentile(99),
        environment.state.len()
    );
    drop(store);
    std::fs::remove_dir_all(&directory).expect("a directory");
}
