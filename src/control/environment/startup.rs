//! Starts an environment: first the flags of the store, then those of the files.

use std::sync::Arc;
use std::sync::Mutex;

use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::control::environment::current::Current;
use crate::control::environment::handle::Environment;
use crate::control::environment::journal::Journal;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::control::store::StoreReader;
use crate::control::store::StoredEnvironment;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::FaultPolicy;
use crate::live::Live;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::Ruleset;
use crate::serve::tasks::BoxedTask;
use crate::snapshot::Snapshot;
use crate::source::SourceConfig;
use crate::source::layer::compile;
use crate::source::layer::compile::CompileOptions;
use crate::source::spec::SourceSpec;
use crate::source::updater;
use crate::source::updater::Updater;
use crate::source::updater::loader::Loader;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::definitions::write_document;

/// An environment and the thread that reads its files.
pub struct StartedEnvironment {
    /// The environment.
    pub environment: Arc<Environment>,
    /// The thread, which ends when this is dropped.
    pub updater: Updater,
    /// The tasks of the environment, none of which may end.
    pub tasks: Vec<BoxedTask>,
}

/// Starts an environment. The caller spawns its tasks.
///
/// # Errors
/// If the store cannot be read or was written by another version, or no thread can be created.
pub fn start(
    name: &str,
    flags: &SourceSpec,
    reader: &dyn StoreReader,
    journal: Journal,
    replicas: Arc<ReplicaRegistry>,
) -> Result<StartedEnvironment, String> {
    let stored = reader.load(name).map_err(|error| error.to_string())?;
    let epoch = reader.epoch().number;
    let (current, revision) = restore(stored, epoch)?;
    let authored = Arc::new(Live::default());
    let config = SourceConfig::default();
    let loader = Loader::new(std::slice::from_ref(flags), &config, authored.clone());
    let updater = updater::start(loader)
        .map_err(|error| format!("cannot start the thread that reads flag files: {error}"))?;
    // The gate lets one write pass at a time.
    let (recordings, queue) = mpsc::channel(1);
    let environment = Arc::new(Environment {
        name: name.into(),
        revision: watch::Sender::new(Arc::new(revision)),
        authored,
        sources: updater.statuses.clone(),
        current: Mutex::new(current),
        write_gate: Arc::default(),
        journal,
        recordings,
        pending_kills: Notify::new(),
        backlog: watch::Sender::default(),
        ordinary_queue: tokio::sync::Mutex::default(),
        files_read: watch::Sender::new(false),
        replicas,
    });
    Ok(StartedEnvironment {
        tasks: vec![
            Box::pin(environment.clone().run_recorder(queue)),
            Box::pin(environment.clone().record_pending_kills()),
            Box::pin(environment.clone().follow_files()),
        ],
        environment,
        updater,
    })
}

/// The recorded state of an environment, and its last revision.
fn restore(stored: Option<StoredEnvironment>, epoch: u64) -> Result<(Current, Revision), String> {
    let mut current = Current {
        head_seq: 0,
        state: Arc::default(),
        definitions: Arc::default(),
        base: Arc::default(),
        in_flight: None,
        pending: Vec::new(),
        findings: Vec::new(),
    };
    let mut revision = Revision {
        number: 0,
        epoch,
        content_hash: ContentHash::of_definitions([]),
        definitions: Arc::default(),
        snapshot: Arc::default(),
    };
    if let Some(stored) = stored {
        let state = serde_json::from_str(&stored.state);
        let state: EnvironmentState =
            state.map_err(|error| format!("the stored state is invalid: {error}"))?;
        current.state = Arc::new(state);
        current.head_seq = stored.head_seq;
        current.definitions = Arc::new(stored.definitions);
        revision = Revision {
            number: stored.head_seq,
            epoch,
            content_hash: stored.content_hash,
            snapshot: Arc::new(compile_definitions(&current.definitions)?),
            definitions: current.definitions.clone(),
        };
        let flags = &revision.snapshot.ruleset.flags;
        current.base = Arc::new(Ruleset::merge_layers([flags]));
    }
    Ok((current, revision))
}

/// Compiles the definitions of a revision.
///
/// # Errors
/// If they are not a flag document.
pub fn compile_definitions(definitions: &Definitions) -> Result<Snapshot, String> {
    let flags = definitions.iter().map(|(key, text)| (&**key, &**text));
    let text = write_document(flags);
    let options = CompileOptions {
        faults: FaultPolicy::IsolateFlag,
        fractional_version: FractionalVersion::default(),
    };
    let origin = DocumentOrigin {
        source: "store".into(),
        file: "store".into(),
    };
    let (layer, diagnostics) = compile::compile(
        DocumentFormat::Json,
        &origin,
        text.as_bytes(),
        options,
        None,
    );
    let layer = layer.ok_or_else(|| {
        let why: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        format!("the stored flags are invalid: {}", why.join("; "))
    })?;
    let ruleset = Ruleset::merge_layers([layer.sorted()]);
    Ok(Snapshot::build(ruleset, &Snapshot::default()))
}
