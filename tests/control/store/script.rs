//! A scripted day: changes of flags in two environments, the same ones for the same seed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use fanion::control::store::Append;
use fanion::control::store::DefinitionsDelta;
use fanion::control::store::RevisionDefinitions;
use fanion::control::store::SqliteStore;
use fanion::control::store::Store;
use fanion::control::store::StoreError;
use fanion::control::store::StoredDefinitions;
use fanion::event_log::Actor;
use fanion::event_log::ActorKind;
use fanion::event_log::EventDraft;
use fanion::event_log::LogEventKind;
use fanion::event_log::SealedEvent;
use fanion::wire::content_hash::ContentHash;

/// The environments of the script.
pub const ENVIRONMENTS: [&str; 2] = ["prod", "staging"];

/// Pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// One change with everything that the store gets.
#[derive(Debug, Clone)]
pub struct ScriptedChange {
    /// The event.
    pub event: EventDraft,
    /// The number of its revision.
    pub seq: u64,
    /// The state after it.
    pub state: String,
    /// The differences from the definitions before it.
    pub delta: DefinitionsDelta,
    /// The definitions after it.
    pub definitions: StoredDefinitions,
}

impl ScriptedChange {
    /// The hash of the definitions.
    pub fn content_hash(&self) -> ContentHash {
        hash_of(&self.definitions)
    }

    /// The append.
    pub fn append(&self) -> Append<'_> {
        Append {
            event: self.event.clone(),
            expected_seq: self.seq - 1,
            state: &self.state,
            revision: RevisionDefinitions {
                content_hash: self.content_hash(),
                delta: &self.delta,
                complete: &self.definitions,
            },
            records: &[],
        }
    }
}

pub fn hash_of(definitions: &StoredDefinitions) -> ContentHash {
    ContentHash::of_definitions(definitions.iter().map(|(key, text)| (&**key, &**text)))
}

/// The changes of a day. Sometimes, the clock is set back.
pub fn script(seed: u64, length: usize) -> Vec<ScriptedChange> {
    let mut random = Random(seed);
    let mut environments: BTreeMap<&str, (u64, StoredDefinitions)> = BTreeMap::new();
    let mut at_ms = 1_800_000_000_000;
    let mut change = || {
        let is_staging = random.below(3) == 0 && !environments.is_empty();
        let environment = ENVIRONMENTS[usize::from(is_staging)];
        let (seq, definitions) = environments.entry(environment).or_default();
        *seq += 1;
        at_ms += random.below(60_000);
        if random.below(40) == 0 {
            at_ms -= 3_600_000;
        }
        let event = draft(environment, at_ms, &mut random);
        let before = definitions.clone();
        edit(definitions, &event, &mut random);
        let revision = *seq;
        ScriptedChange {
            state: format!("{{\"after\":{revision},\"flags\":{}}}", definitions.len()),
            delta: DefinitionsDelta::between(&before, definitions),
            definitions: definitions.clone(),
            seq: revision,
            event,
        }
    };
    (0..length).map(|_| change()).collect()
}

fn draft(environment: &str, at_ms: u64, random: &mut Random) -> EventDraft {
    let kinds: Vec<LogEventKind> = LogEventKind::known().collect();
    let kind = kinds[usize::try_from(random.below(kinds.len() as u64)).unwrap()].clone();
    let has_flag = kind.name().starts_with("flag.");
    EventDraft {
        environment: environment.to_owned(),
        at_ms,
        actor: Actor {
            kind: ActorKind::ALL[usize::try_from(random.below(4)).unwrap()],
            name: format!("actor-{}", random.below(5)),
        },
        kind,
        flag: has_flag.then(|| format!("flag-{}", random.below(8))),
        reason: (random.below(2) == 0).then(|| format!("because of \"{}\"\n", random.below(100))),
        change: serde_json::json!({"percentage": random.below(100), "ratio": 0.1, "was": null}),
    }
}

/// Changes, adds or removes the flag of an event.
fn edit(definitions: &mut StoredDefinitions, event: &EventDraft, random: &mut Random) {
    let Some(flag) = &event.flag else {
        return;
    };
    if event.kind == LogEventKind::FlagDeleted {
        definitions.remove(&**flag);
    } else {
        let padding = "x".repeat(usize::try_from(random.below(400)).unwrap());
        let text = format!(
            "{{\"state\":\"ENABLED\",\"seed\":{},\"note\":\"{padding}\"}}",
            random.below(1000)
        );
        definitions.insert(flag.as_str().into(), text.into());
    }
}

/// Appends all changes.
pub fn append_all(store: &mut dyn Store, changes: &[ScriptedChange]) -> Vec<SealedEvent> {
    let append = |change: &ScriptedChange| store.append(&change.append()).unwrap();
    changes.iter().map(append).collect()
}

/// The changes of one environment.
pub fn changes_of<'a>(changes: &'a [ScriptedChange], environment: &str) -> Vec<&'a ScriptedChange> {
    let of_environment = |change: &&ScriptedChange| change.event.environment == environment;
    changes.iter().filter(of_environment).collect()
}

/// A directory with a store, which is removed at the end.
pub struct TestStore {
    pub directory: tempfile::TempDir,
}

impl TestStore {
    pub fn new() -> TestStore {
        TestStore {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// A copy of the files.
    pub fn copy(&self) -> TestStore {
        let copy = TestStore::new();
        std::fs::create_dir(copy.data_dir()).unwrap();
        for entry in self.data_dir().read_dir().unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.data_dir().join(entry.file_name())).unwrap();
        }
        copy
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The file of the database.
    pub fn database(&self) -> PathBuf {
        self.data_dir().join("control.db")
    }

    pub fn open(&self) -> SqliteStore {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            match self.try_open() {
                // A process that another test forks has a copy of the lock until it executes its program.
                Err(StoreError::Locked { .. }) if Instant::now() < deadline => {
                    std::thread::yield_now();
                }
                opened => return opened.unwrap(),
            }
        }
    }

    pub fn try_open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.data_dir())
    }

    /// A connection to the database beside the store, as of a person with a database tool.
    pub fn outsider(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection
            .pragma_update(None, "synchronous", "OFF")
            .unwrap();
        connection
    }
}
