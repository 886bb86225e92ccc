//! A running environment in a directory of its own, whose store can be made to fail.

use std::path::Path;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use fanion::control::environment::ChangeRequest;
use fanion::control::environment::Changed;
use fanion::control::environment::Environment;
use fanion::control::environment::ExpectedFlag;
use fanion::control::environment::error::ChangeError;
use fanion::control::environment::journal::Journal;
use fanion::control::environment::now_ms;
use fanion::control::environment::startup;
use fanion::control::fleet::replica_registry::ReplicaRegistry;
use fanion::control::model::command::Command;
use fanion::control::model::flag_state::RolloutOverride;
use fanion::control::store::SqliteStore;
use fanion::control::store::Step;
use fanion::control::store::Store as _;
use fanion::control::store::StoreError;
use fanion::control::store::StoreReader;
use fanion::event_log::Actor;
use fanion::event_log::ActorKind;
use fanion::source::spec::SourceSpec;
use fanion::source::updater::Updater;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Nothing that a test waits for takes longer.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// The name of the environment.
pub const NAME: &str = "prod";

/// The failure of the store: what happens at the beginning of an append.
pub type Failure = Arc<Mutex<Option<StoreError>>>;

/// Lets the store hang at the beginning of an append.
#[derive(Default)]
pub struct Hang {
    hangs: Mutex<bool>,
    changed: Condvar,
}

impl Hang {
    /// Lets the store hang, or go on.
    pub fn set(&self, hangs: bool) {
        *self.hangs.lock().expect("no panic") = hangs;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let hangs = self.hangs.lock().expect("no panic");
        let waited = self.changed.wait_while(hangs, |hangs| *hangs);
        drop(waited.expect("no panic"));
    }
}

/// An environment, and what it runs on.
pub struct Running {
    pub environment: Arc<Environment>,
    pub reader: Arc<dyn StoreReader>,
    pub failure: Failure,
    /// Lets the store hang.
    pub hang: Arc<Hang>,
    /// The number of appends that have begun.
    pub appends: Arc<AtomicU64>,
    pub directory: TempDir,
    _updater: Updater,
    _tasks: JoinSet<()>,
}

/// The flags of most tests: one with rings, one with two rollouts, one without a rollout.
pub const FLAGS: &str = "
rings: {internal: {in: [{var: group}, [staff]]}}
flags:
  pay:
    state: ENABLED
    variants: {'on': true, 'off': false}
    defaultVariant: 'off'
    rollout: {variant: 'on', rings: [internal], percentage: 5}
  two:
    state: ENABLED
    variants: {a: 1, b: 2, c: 3}
    defaultVariant: c
    rollout: [{variant: a, percentage: 10}, {variant: b, percentage: 20}]
  plain:
    state: ENABLED
    variants: {'on': true, 'off': false}
    defaultVariant: 'on'
";

impl Running {
    /// Starts an environment with [`FLAGS`] in a new directory.
    pub async fn start() -> Running {
        let directory = tempfile::tempdir_in(shared_memory()).expect("a directory");
        write(directory.path(), "flags.yaml", FLAGS);
        let running = Running::start_in(directory).await;
        running.wait_for_revision(1).await;
        running
    }

    /// Starts an environment in a directory with files and perhaps a store.
    pub async fn start_in(directory: TempDir) -> Running {
        let failure = Failure::default();
        let hang: Arc<Hang> = Arc::default();
        let data = directory.path().join("data");
        let appends: Arc<AtomicU64> = Arc::default();
        let store = open(&data, &failure, &hang, &appends).await;
        let reader = store.reader();
        let journal = Journal::start(Box::new(store)).expect("a thread");
        let flags = SourceSpec::from_path(directory.path().join("flags.yaml"));
        let replicas = Arc::new(ReplicaRegistry::with_defaults(SystemTime::now()));
        let started = startup::start(NAME, &flags, &*reader, journal, replicas);
        let started = started.expect("an environment");
        let mut tasks = JoinSet::new();
        for task in started.tasks {
            tasks.spawn(task);
        }
        Running {
            environment: started.environment,
            reader,
            failure,
            hang,
            appends,
            directory,
            _updater: started.updater,
            _tasks: tasks,
        }
    }

    /// Ends everything, and returns the directory.
    pub fn end(self) -> TempDir {
        self.directory
    }

    /// Replaces the flag file.
    pub fn edit(&self, text: &str) {
        write(self.directory.path(), "flags.yaml", text);
    }

    /// Makes appends fail, or work again.
    pub fn fail_with(&self, error: Option<StoreError>) {
        *self.failure.lock().expect("no panic") = error;
    }

    /// Carries out a command.
    pub async fn change(&self, command: Command) -> Result<Changed, ChangeError> {
        self.environment.change(request(command)).await
    }

    /// Waits until a revision is published.
    pub async fn wait_for_revision(&self, number: u64) {
        let mut revisions = self.environment.subscribe();
        let published = revisions.wait_for(|revision| revision.number >= number);
        let published = tokio::time::timeout(DEADLINE, published).await;
        published.expect("in time").expect("an environment");
    }

    /// Waits until something holds.
    pub async fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < DEADLINE, "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The variant that a unit gets now.
    pub fn variant(&self, key: &str, unit: &str) -> String {
        self.variant_of(key, unit, "none")
    }

    /// The variant that a unit of a group gets now.
    pub fn variant_of(&self, key: &str, unit: &str, group: &str) -> String {
        variant(&self.environment.revision().snapshot, key, unit, group)
    }

    /// How many of a thousand units get a variant now.
    pub fn share(&self, key: &str, wanted: &str) -> usize {
        let units = (0..1000).map(|unit| format!("user-{unit}"));
        units
            .filter(|unit| self.variant(key, unit) == wanted)
            .count()
    }
}

/// Opens a store. The threads of an environment before it may still be ending.
async fn open(
    data: &Path,
    failure: &Failure,
    hang: &Arc<Hang>,
    appends: &Arc<AtomicU64>,
) -> SqliteStore {
    let begun = Instant::now();
    loop {
        let (failing, hanging) = (failure.clone(), hang.clone());
        let begun_appends = appends.clone();
        let hook = move |step: Step| {
            if step != Step::Begin {
                return Ok(());
            }
            begun_appends.fetch_add(1, Ordering::SeqCst);
            hanging.wait();
            let failure = failing.lock().expect("no panic").clone();
            failure.map_or(Ok(()), Err)
        };
        match SqliteStore::open_with_hook(data, Box::new(hook)) {
            Ok(store) => return store,
            Err(StoreError::Locked { .. }) if begun.elapsed() < DEADLINE => {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The variant that a unit of a group gets from a snapshot.
pub fn variant(
    snapshot: &fanion::snapshot::Snapshot,
    key: &str,
    unit: &str,
    group: &str,
) -> String {
    let scope = fanion::resolve::RequestScope {
        selector: &fanion::selector::Selector::All,
        overlay: &[],
        clock: fanion::resolve::system_clock,
        observer: None,
    };
    let body = format!("{{\"context\":{{\"targetingKey\":\"{unit}\",\"group\":\"{group}\"}}}}");
    let answer = fanion::resolve::ofrep::resolve_flag(snapshot, scope, key, body.as_bytes());
    let answer = answer.unwrap_or_else(|error| error.body);
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    answer["variant"].as_str().unwrap_or_default().to_owned()
}

/// A request of a person.
pub fn request(command: Command) -> ChangeRequest {
    ChangeRequest {
        command,
        actor: Actor {
            kind: ActorKind::Person,
            name: "ann".to_owned(),
        },
        reason: Some("because".to_owned()),
        at_ms: now_ms(),
        expected_revision: None,
        dry_run: false,
        expected_flag: ExpectedFlag::Any,
        records: Vec::new(),
        answer: None,
    }
}

/// Sets the percentage of a flag.
pub fn percentage(key: &str, percentage: f64) -> Command {
    set(
        key,
        None,
        RolloutOverride {
            percentage: Some(percentage),
            ..RolloutOverride::default()
        },
    )
}

/// Overrides fields of a rollout.
pub fn set(key: &str, rollout: Option<usize>, fields: RolloutOverride) -> Command {
    Command::Set {
        key: key.to_owned(),
        rollout,
        reset: false,
        fields,
    }
}

/// Kills a flag.
pub fn kill(key: &str) -> Command {
    Command::Kill(key.to_owned())
}

/// Replaces a file at once.
pub fn write(directory: &Path, name: &str, text: &str) {
    let new = directory.join(format!(".{name}.new"));
    std::fs::write(&new, text).expect("written");
    std::fs::rename(new, directory.join(name)).expect("renamed");
}

/// A directory in memory, where syncing a file takes no time; else that of temporary files.
pub fn shared_memory() -> std::path::PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return memory.to_owned();
    }
    std::env::temp_dir()
}
