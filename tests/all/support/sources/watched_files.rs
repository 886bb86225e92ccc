//! Watched flag files without a server.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::spec::SourceSpec;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;
use serde_json::json;

use crate::support::evaluate;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::wait_until_blocking;

/// Watched flag files without a server.
pub struct WatchedFiles {
    pub live: Arc<Live>,
    updater: Updater,
}

impl WatchedFiles {
    /// Returns the variant of flag `f`; empty if there is no such flag.
    pub fn variant(&self) -> String {
        let snapshot = self.live.load();
        match snapshot.ruleset.flag("f") {
            Some(_) => evaluate::evaluate(&snapshot.ruleset, "f", &json!({}))["variant"]
                .as_str()
                .unwrap_or("error")
                .to_owned(),
            None => String::new(),
        }
    }

    /// Waits until flag `f` resolves to `want`.
    pub fn wait_for_variant(&self, want: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let mut generation = self.live.subscribe();
        runtime.expect("a runtime").block_on(async {
            let arrives = async {
                while self.variant() != want {
                    generation.changed().await.expect("the updater runs");
                }
            };
            let arrived = tokio::time::timeout(DEADLINE, arrives).await;
            assert!(
                arrived.is_ok(),
                "expected {want:?}, got {:?}",
                self.variant()
            );
        });
    }

    /// Waits until no source is polled.
    pub fn wait_until_followed(&self) {
        let statuses = &self.updater.statuses;
        let are_followed = || statuses.iter().all(|status| status.health().is_followed);
        wait_until_blocking(are_followed, || format!("still polled: {statuses:?}"));
    }

    pub fn generation(&self) -> u64 {
        self.live.load().generation
    }
}

pub fn watch_files(paths: &[&Path]) -> WatchedFiles {
    let live = Arc::new(Live::default());
    let specs: Vec<SourceSpec> = paths.iter().map(SourceSpec::from_path).collect();
    let loader = Loader::new(&specs, &SourceConfig::default(), live.clone());
    let updater = updater::start(loader).expect("the files can be watched");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime")
        .block_on(updater.initial_load())
        .expect("an initial load");
    WatchedFiles { live, updater }
}

/// A document whose flag `f` resolves to `variant`.
pub fn yaml_document(variant: &str) -> String {
    format!("flags:\n  f:\n    variants: {{ {variant}: 1 }}\n    defaultVariant: {variant}\n")
}

pub fn flag_file() -> (TempDir, PathBuf) {
    let directory = TempDir::new();
    let path = directory.path().join("flags.yaml");
    fs::write(&path, yaml_document("v1")).expect("a file");
    (directory, path)
}
