//! Sources into snapshots: takes what changed, lays all documents over each other, compiles, publishes.

mod care;
mod keep;
mod source;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use std::time::SystemTime;

use crate::diag::Diagnostic;
use crate::live::Live;
use crate::number::truncate;
use crate::promise;
use crate::resolve::system_clock;
use crate::ruleset::Ruleset;
use crate::snapshot::Snapshot;
use crate::source::Pace;
use crate::source::Settings;
use crate::source::known::log;
use crate::source::layer::Layer;
use crate::source::layer::Manner;
use crate::source::loader::care::lament;
use crate::source::loader::keep::Keep;
use crate::source::loader::source::Source;
use crate::source::look::Look;
use crate::source::post::News;
use crate::source::spec::Kind;
use crate::source::spec::Spec;
use crate::source::status::Statuses;

/// All sources, what is known of them, and where snapshots go.
#[derive(Debug)]
pub struct Loader {
    sources: Vec<Source>,
    manner: Manner,
    fail_fast: bool,
    /// How patient to be.
    pub pace: Pace,
    live: Arc<Live>,
    keep: Keep,
    /// What was wrong with the rules in force, so that only news is told.
    told: HashSet<Diagnostic>,
    /// Snapshots that are out of force, until no request holds them. Letting go of a large one takes time, which is not
    /// for the last of its requests to spend.
    retired: Vec<Arc<Snapshot>>,
}

impl Loader {
    /// A loader that has not read anything yet. Later sources lie over earlier ones.
    pub fn new(specs: &[Spec], settings: &Settings, live: Arc<Live>) -> Loader {
        Loader {
            sources: specs.iter().map(Source::new).collect(),
            manner: Manner {
                faults: settings.faults,
                fractional: settings.fractional,
            },
            fail_fast: settings.fail_fast,
            pace: settings.pace,
            live,
            keep: Keep::new(settings.state_dir.clone()),
            told: HashSet::new(),
            retired: Vec::new(),
        }
    }

    /// How the sources are doing.
    pub fn statuses(&self) -> Statuses {
        let statuses = self.sources.iter().map(|source| source.status.clone());
        statuses.collect()
    }

    /// The network sources: where they stand, what they are, and how the server called the document that is known.
    pub fn network(&self) -> Vec<(usize, Kind, Option<Box<str>>)> {
        let all = self.sources.iter().enumerate();
        let network = all.filter(|(_, source)| source.is_remote());
        network
            .map(|(at, source)| (at, source.kind.clone(), source.etag.clone()))
            .collect()
    }

    /// The directories in which events matter.
    pub fn directories(&self) -> Vec<PathBuf> {
        let all = self.sources.iter().flat_map(Source::directories);
        all.collect()
    }

    /// The first look: at what an earlier process left of the network sources, at the files, and at what an earlier
    /// process left of those.
    pub fn open(&mut self) {
        let begun = Instant::now();
        let mut changed = self.restore(Source::is_remote);
        changed |= self.look(&Look::all());
        changed |= self.restore(|source| !source.is_remote() && !source.has_document());
        if changed {
            self.publish(begun);
        }
        self.keep.write();
    }

    fn restore(&mut self, wanted: impl Fn(&Source) -> bool) -> bool {
        let mut changed = false;
        for source in self.sources.iter_mut().filter(|source| wanted(source)) {
            let entries = self.keep.read(&source.status.name);
            changed |= source.restore(&entries, self.manner);
        }
        changed
    }

    /// Looks at the files, takes the news, and publishes a new snapshot if a document changed.
    pub fn turn(&mut self, look: Option<&Look>, news: Vec<(usize, News)>) {
        let begun = Instant::now();
        let mut changed = look.is_some_and(|look| self.look(look));
        for (at, news) in news {
            if let Some(source) = self.sources.get_mut(at) {
                changed |= source.hear(news, self.manner, &mut self.keep);
            }
        }
        if changed {
            self.publish(begun);
        }
        self.keep.write();
    }

    fn look(&mut self, look: &Look) -> bool {
        let mut changed = false;
        for source in &mut self.sources {
            changed |= source.look(look, self.manner, &mut self.keep);
        }
        changed
    }

    fn publish(&mut self, begun: Instant) {
        let layers = self.sources.iter().flat_map(Source::layers);
        let ruleset = Ruleset::lay(layers.map(Layer::sorted));
        let told: HashSet<Diagnostic> = ruleset.found().cloned().collect();
        told.difference(&self.told).for_each(log);
        self.told = told;
        let before = self.live.load_full();
        let now = truncate(system_clock());
        promise::check_all(&before.ruleset, &ruleset, now)
            .iter()
            .for_each(log);
        let mut snapshot = Snapshot::build(ruleset, &before);
        snapshot.partial = !self.sources.iter().all(|s| s.status.read().has_flags());
        let generation = snapshot.generation;
        let flags = snapshot.ruleset.flags.len();
        let changed = snapshot.changes.flags.len();
        self.live.publish(snapshot);
        self.retired.push(before);
        self.release();
        let millis = begun.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(generation, flags, changed, millis, "flags are in force");
    }

    /// Lets go of snapshots that nobody else holds.
    fn release(&mut self) {
        let gone = self
            .retired
            .extract_if(.., |old| Arc::strong_count(old) == 1);
        gone.filter_map(Arc::into_inner).for_each(Snapshot::release);
    }

    /// Whether every source was asked once, whatever came of it.
    pub fn is_attempted(&self) -> bool {
        self.sources.iter().all(|source| source.attempted)
    }

    /// What ends the start, if anything does.
    ///
    /// # Errors
    /// If a source brought no flags and that is not to be put up with.
    pub fn verdict(&self) -> Result<(), String> {
        if !self.fail_fast {
            return Ok(());
        }
        let lacking = self.sources.iter().filter(|s| !s.status.read().has_flags());
        let lacking: Vec<String> = lacking.map(|source| lament(&source.status)).collect();
        if lacking.is_empty() {
            Ok(())
        } else {
            Err(lacking.join("; "))
        }
    }

    /// Speaks of sources that are stale, and keeps the state directory's times up to date.
    pub fn tick(&mut self, now: SystemTime) {
        self.release();
        for source in &mut self.sources {
            source.tick(now, self.pace.reminder, &self.keep);
        }
    }
}
