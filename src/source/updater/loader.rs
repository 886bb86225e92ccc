//! Sources into snapshots: takes what changed, lays all documents over each other, compiles, publishes.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use std::time::SystemTime;

use crate::diag::Diagnostic;
use crate::live::Live;
use crate::number::truncate_to_i64;
use crate::resolve::system_clock;
use crate::ruleset::Ruleset;
use crate::snapshot::Snapshot;
use crate::source::SourceConfig;
use crate::source::Timing;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::tracked_file::log_diagnostic;
use crate::source::layer::CompileOptions;
use crate::source::layer::Layer;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::writer::StateWriter;
use crate::source::status::SourceStatuses;
use crate::source::update_channel::SourceUpdate;
use crate::source::updater::managed_source::ManagedSource;
use crate::source::updater::reporting::startup_error;
use crate::stickiness;

/// All sources, what is known of them, and where snapshots go.
#[derive(Debug)]
pub struct Loader {
    sources: Vec<ManagedSource>,
    compile_options: CompileOptions,
    fail_fast: bool,
    /// How patient to be.
    pub timing: Timing,
    live: Arc<Live>,
    state_writer: StateWriter,
    /// What was wrong with the rules in force, so that only news is told.
    reported_diagnostics: HashSet<Diagnostic>,
    /// Snapshots that are out of force, until no request holds them. Letting go of a large one takes time, which is not
    /// for the last of its requests to spend.
    retired: Vec<Arc<Snapshot>>,
}

impl Loader {
    /// A loader that has not read anything yet. Later sources lie over earlier ones.
    pub fn new(specs: &[SourceSpec], config: &SourceConfig, live: Arc<Live>) -> Loader {
        Loader {
            sources: specs.iter().map(ManagedSource::new).collect(),
            compile_options: CompileOptions {
                faults: config.faults,
                fractional_version: config.fractional_version,
            },
            fail_fast: config.fail_fast,
            timing: config.timing,
            live,
            state_writer: StateWriter::new(config.state_dir.clone()),
            reported_diagnostics: HashSet::new(),
            retired: Vec::new(),
        }
    }

    /// How the sources are doing.
    pub fn statuses(&self) -> SourceStatuses {
        let statuses = self.sources.iter().map(|source| source.status.clone());
        statuses.collect()
    }

    /// The network sources: where they stand, what they are, and how the server called the document that is known.
    pub fn network_sources(&self) -> Vec<(usize, SourceKind, Option<Box<str>>)> {
        let all = self.sources.iter().enumerate();
        let network = all.filter(|(_, source)| source.is_network());
        network
            .map(|(at, source)| (at, source.kind.clone(), source.restored_etag.clone()))
            .collect()
    }

    /// The directories in which events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        let all = self
            .sources
            .iter()
            .flat_map(ManagedSource::watched_directories);
        all.collect()
    }

    /// The first look: at what an earlier process left of the network sources, at the files, and at what an earlier
    /// process left of those.
    pub fn load_initial(&mut self) {
        let begun = Instant::now();
        let mut changed = self.restore(ManagedSource::is_network);
        changed |= self.scan_files(&ScanScope::full());
        changed |= self.restore(|source| !source.is_network() && !source.has_document());
        if changed {
            self.publish(begun);
        }
        self.state_writer.flush();
    }

    fn restore(&mut self, wanted: impl Fn(&ManagedSource) -> bool) -> bool {
        let mut changed = false;
        for source in self.sources.iter_mut().filter(|source| wanted(source)) {
            let entries = self.state_writer.read_entries(&source.status.name);
            changed |= source.restore(&entries, self.compile_options);
        }
        changed
    }

    /// Looks at the files, takes the news, and publishes a new snapshot if a document changed.
    pub fn apply(&mut self, scope: Option<&ScanScope>, updates: Vec<(usize, SourceUpdate)>) {
        let begun = Instant::now();
        let mut changed = scope.is_some_and(|look| self.scan_files(look));
        for (at, news) in updates {
            if let Some(source) = self.sources.get_mut(at) {
                changed |= source.handle_update(news, self.compile_options, &mut self.state_writer);
            }
        }
        if changed {
            self.publish(begun);
        }
        self.state_writer.flush();
    }

    fn scan_files(&mut self, look: &ScanScope) -> bool {
        let mut changed = false;
        for source in &mut self.sources {
            changed |= source.scan(look, self.compile_options, &mut self.state_writer);
        }
        changed
    }

    fn publish(&mut self, begun: Instant) {
        let layers = self.sources.iter().flat_map(ManagedSource::layers);
        let ruleset = Ruleset::merge_layers(layers.map(Layer::sorted));
        let told: HashSet<Diagnostic> = ruleset.diagnostics().cloned().collect();
        told.difference(&self.reported_diagnostics)
            .for_each(log_diagnostic);
        self.reported_diagnostics = told;
        let before = self.live.load_full();
        let now = truncate_to_i64(system_clock());
        stickiness::ruleset_violations(&before.ruleset, &ruleset, now)
            .iter()
            .for_each(log_diagnostic);
        let mut snapshot = Snapshot::build(ruleset, &before);
        snapshot.partial = !self.sources.iter().all(|s| s.status.health().has_flags());
        let generation = snapshot.generation;
        let flags = snapshot.ruleset.flags.len();
        let changed = snapshot.changes.flags.len();
        self.live.publish(snapshot);
        self.retired.push(before);
        self.drop_retired();
        let millis = begun.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(generation, flags, changed, millis, "flags are in force");
    }

    /// Lets go of snapshots that nobody else holds.
    fn drop_retired(&mut self) {
        let gone = self
            .retired
            .extract_if(.., |old| Arc::strong_count(old) == 1);
        gone.filter_map(Arc::into_inner)
            .for_each(Snapshot::drop_yielding);
    }

    /// Whether every source was asked once, whatever came of it.
    pub fn all_attempted(&self) -> bool {
        self.sources.iter().all(|source| source.attempted)
    }

    /// What ends the start, if anything does.
    ///
    /// # Errors
    /// If a source brought no flags and that is not to be put up with.
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

    /// Speaks of sources that are stale, and keeps the state directory's times up to date.
    pub fn tick(&mut self, now: SystemTime) {
        self.drop_retired();
        for source in &mut self.sources {
            source.tick(now, self.timing.stale_reminder_interval, &self.state_writer);
        }
    }
}
