//! `Loader`: all sources and their state directory; applies updates and publishes when a document changed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use std::time::SystemTime;

use crate::live::Live;
use crate::source::SourceConfig;
use crate::source::Timing;
use crate::source::file::scan_scope::ScanScope;
use crate::source::layer::compile::CompileOptions;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::writer::StateWriter;
use crate::source::status::SourceStatuses;
use crate::source::update_channel::SourceUpdate;
use crate::source::updater::failure_reports::log_missing_flags;
use crate::source::updater::failure_reports::startup_error;
use crate::source::updater::managed_source::ManagedSource;
use crate::source::updater::publisher::Publisher;

/// All sources, the state directory and the publisher.
#[derive(Debug)]
pub struct Loader {
    sources: Vec<ManagedSource>,
    compile_options: CompileOptions,
    fail_fast: bool,
    /// Timeouts and intervals.
    pub timing: Timing,
    state_writer: StateWriter,
    publisher: Publisher,
}

impl Loader {
    /// Returns a loader that has not read anything yet. If several sources define a flag, the last wins.
    pub fn new(specs: &[SourceSpec], config: &SourceConfig, live: Arc<Live>) -> Loader {
        Loader {
            sources: specs.iter().map(ManagedSource::new).collect(),
            compile_options: CompileOptions {
                faults: config.faults,
                fractional_version: config.fractional_version,
            },
            fail_fast: config.fail_fast,
            timing: config.timing,
            state_writer: StateWriter::new(config.state_dir.clone()),
            publisher: Publisher::new(live),
        }
    }

    /// Returns the status of each source.
    pub fn statuses(&self) -> SourceStatuses {
        let statuses = self.sources.iter().map(|source| source.status.clone());
        statuses.collect()
    }

    /// Returns the network sources: index, specification, and entity tag of the restored document.
    pub fn network_sources(&self) -> Vec<(usize, SourceKind, Option<Box<str>>)> {
        let all = self.sources.iter().enumerate();
        let network = all.filter(|(_, source)| source.is_network());
        network
            .map(|(at, source)| (at, source.kind.clone(), source.restored_etag.clone()))
            .collect()
    }

    /// Returns the directories whose file events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        let all = self
            .sources
            .iter()
            .flat_map(ManagedSource::watched_directories);
        all.collect()
    }

    /// Loads everything that is available at once: network sources from the state directory, files, and files without a
    /// document from the state directory.
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

    fn restore(&mut self, is_wanted: impl Fn(&ManagedSource) -> bool) -> bool {
        let mut changed = false;
        for source in self.sources.iter_mut().filter(|source| is_wanted(source)) {
            let entries = self.state_writer.read_entries(&source.status.name);
            changed |= source.restore(&entries, self.compile_options);
        }
        changed
    }

    /// Scans the files, applies the updates, and publishes a new snapshot if a document changed.
    pub fn apply(&mut self, scope: Option<&ScanScope>, updates: Vec<(usize, SourceUpdate)>) {
        let begun = Instant::now();
        let mut changed = scope.is_some_and(|scope| self.scan_files(scope));
        for (index, update) in updates {
            if let Some(source) = self.sources.get_mut(index) {
                changed |=
                    source.handle_update(update, self.compile_options, &mut self.state_writer);
            }
        }
        if changed {
            self.publish(begun);
        }
        self.state_writer.flush();
    }

    fn scan_files(&mut self, scope: &ScanScope) -> bool {
        let mut changed = false;
        for source in &mut self.sources {
            changed |= source.scan(scope, self.compile_options, &mut self.state_writer);
        }
        changed
    }

    fn publish(&mut self, begun: Instant) {
        let layers = self.sources.iter().flat_map(ManagedSource::layers);
        let partial = !self.sources.iter().all(|s| s.status.health().has_flags());
        self.publisher.publish(layers, partial, begun);
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

    /// Logs reminders of stale sources, and updates the times of documents in the state directory.
    pub fn tick(&mut self, now: SystemTime) {
        self.publisher.drop_retired();
        for source in &mut self.sources {
            source.tick(now, self.timing, &self.state_writer);
        }
    }
}
