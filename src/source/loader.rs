//! Files into snapshots: reads what changed, lays all documents over each other, compiles, publishes.

use std::collections::BTreeSet;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::diag::Diagnostic;
use crate::document::Faults;
use crate::document::merge::merge;
use crate::live::Live;
use crate::ruleset;
use crate::snapshot::Snapshot;
use crate::source::Settings;
use crate::source::file::Selection;
use crate::source::known::Known;
use crate::source::known::Look;
use crate::source::known::log;
use crate::source::spec::Kind;
use crate::source::spec::Spec;

/// All sources, what is known of them, and where snapshots go.
#[derive(Debug)]
pub struct Loader {
    sources: Vec<Source>,
    faults: Faults,
    live: Arc<Live>,
    /// What was wrong with the rules in force, so that only news is told.
    told: HashSet<Diagnostic>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    selection: Selection,
    files: Vec<Known>,
    /// What was wrong with listing the files, so that it is told once.
    trouble: Option<String>,
}

impl Loader {
    /// A loader that has not read anything yet. Later sources lie over earlier ones.
    pub fn new(specs: &[Spec], settings: &Settings, live: Arc<Live>) -> Loader {
        let paths = specs.iter().filter_map(|spec| match &spec.kind {
            Kind::File(path) => Some(path),
            Kind::Http(_) | Kind::Grpc(_) => None,
        });
        let sources = paths.map(|path| Source {
            path: path.clone(),
            selection: Selection::of(path),
            files: Vec::new(),
            trouble: None,
        });
        Loader {
            sources: sources.collect(),
            faults: settings.faults,
            live,
            told: HashSet::new(),
        }
    }

    /// The directories in which events matter.
    pub fn directories(&self) -> Vec<PathBuf> {
        let all = self.sources.iter().flat_map(|s| s.selection.directories());
        all.collect()
    }

    /// Looks at the files and publishes a new snapshot if a document changed. Files in `busy` are being written and wait.
    pub fn scan(&mut self, look: Look, busy: &BTreeSet<PathBuf>) {
        let begun = Instant::now();
        let mut changed = false;
        for source in &mut self.sources {
            changed |= source.scan(look, busy, self.faults);
        }
        if changed {
            self.publish(begun);
        }
    }

    fn publish(&mut self, begun: Instant) {
        let files = self.sources.iter().flat_map(|source| &source.files);
        let merged = merge(files.filter_map(|file| file.document.as_ref()));
        let (ruleset, diagnostics) = ruleset::compile(&merged);
        let told: HashSet<Diagnostic> = diagnostics.into_iter().collect();
        told.difference(&self.told).for_each(log);
        self.told = told;
        let snapshot = Snapshot::build(&merged, ruleset, &self.live.load());
        let generation = snapshot.generation;
        let flags = snapshot.ruleset.flags.len();
        let changed = snapshot.changes.flags.len();
        self.live.publish(snapshot);
        let millis = begun.elapsed().as_secs_f64() * 1000.0;
        tracing::info!(generation, flags, changed, millis, "flags are in force");
    }
}

impl Source {
    /// Whether a document of this source changed.
    fn scan(&mut self, look: Look, busy: &BTreeSet<PathBuf>, faults: Faults) -> bool {
        if self.files.iter().all(|file| file.document.is_none()) {
            // What did not exist may have turned out to be a directory.
            let selection = Selection::of(&self.path);
            if selection != self.selection {
                self.files.clear();
                self.selection = selection;
            }
        }
        let mut changed = self.list();
        for file in &mut self.files {
            if !file.is_one_of(busy) {
                changed |= file.scan(look, faults);
            }
        }
        changed
    }

    /// Brings the list of files up to date. Whether flags left with a file.
    fn list(&mut self) -> bool {
        let Some(paths) = self.settled_list() else {
            return false;
        };
        let mut left = false;
        let gone = |file: &Known| !paths.contains(&file.path);
        if self.selection.may_shrink() && self.files.iter().any(gone) {
            left = self.files.iter().any(|f| gone(f) && f.document.is_some());
            for file in self.files.iter().filter(|file| gone(file)) {
                tracing::info!(file = %file.origin.file, "the file is gone, and its flags with it");
            }
            self.files.retain(|file| !gone(file));
        }
        let known: BTreeSet<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let new = paths.difference(&known).cloned();
        let new: Vec<Known> = new.map(|path| Known::new(path, &self.path)).collect();
        if !new.is_empty() {
            self.files.extend(new);
            self.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        left
    }

    fn list_once(&self) -> std::io::Result<BTreeSet<PathBuf>> {
        Ok(self.selection.files()?.into_iter().collect())
    }

    /// The files, once a missing one has had time to come back: editors move a file away before they write it anew.
    /// `None` if the list is not to be believed.
    fn settled_list(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut listed = self.list_once();
        for _ in 0..10 {
            let missing =
                |paths: &BTreeSet<PathBuf>| self.files.iter().any(|f| !paths.contains(&f.path));
            if !self.selection.may_shrink() || !listed.as_ref().is_ok_and(missing) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
            listed = self.list_once();
        }
        let trouble = match &listed {
            Ok(paths) if paths.is_empty() => Some("there are no flag files".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = &trouble
            && trouble != self.trouble
        {
            tracing::error!(source = %self.path.display(), error = %why, "cannot find flag files; the last good ones stay in force");
        }
        self.trouble = trouble;
        listed.ok().filter(|paths| !paths.is_empty())
    }
}
