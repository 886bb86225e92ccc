//! Sources in the test process.

pub mod connect_proxy;
pub mod grpc_upstream;
pub mod http_upstream;
#[cfg(feature = "kubernetes")]
pub mod kube_api;
#[cfg(feature = "object-store")]
pub mod object_source;
pub mod tcp_proxy;
pub mod watched_files;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use fanion::document::DocumentFormat;
use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::Timing;
use fanion::source::spec;
use fanion::source::spec::SourceKind;
use fanion::source::spec::SourceSpec;
use fanion::source::state_dir::StateDir;
use fanion::source::state_dir::StateEntry;
use fanion::source::status::SourceHealth;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;
use serde_json::json;

use crate::support::evaluate;
use crate::support::program::secrets;
use crate::support::wait::wait_until;

/// Running sources. They stop when dropped.
pub struct RunningSources {
    pub live: Arc<Live>,
    pub watch: Updater,
}

impl RunningSources {
    /// Returns the variant of a flag; empty if there is no such flag.
    pub fn variant(&self, flag: &str) -> String {
        let snapshot = self.live.load();
        match snapshot.ruleset.flag(flag) {
            Some(_) => evaluate::evaluate(&snapshot.ruleset, flag, &json!({}))["variant"]
                .as_str()
                .unwrap_or("error")
                .to_owned(),
            None => String::new(),
        }
    }

    /// Waits until flag `f` resolves to `want`.
    pub async fn wait_for_variant(&self, want: &str) {
        let told = || {
            format!(
                "expected {want:?}, got {:?}: {:?}",
                self.variant("f"),
                self.state(0)
            )
        };
        wait_until(|| self.variant("f") == want, told).await;
    }

    /// The health of a source.
    pub fn state(&self, source: usize) -> SourceHealth {
        let health = self.watch.statuses[source].health();
        secrets::assert_absent(format!("{health:?}").as_bytes());
        health
    }

    /// Waits until `so` returns true for the health of a source.
    pub async fn wait_for_state(
        &self,
        source: usize,
        so: impl Fn(&SourceHealth) -> bool,
    ) -> SourceHealth {
        wait_until(
            || so(&self.state(source)),
            || format!("{:?}", self.state(source)),
        )
        .await;
        self.state(source)
    }

    /// Waits until a source fails with an error that contains `why`.
    pub async fn wait_for_error(&self, source: usize, why: &str) {
        let so = |state: &SourceHealth| {
            let last = state.last_error.as_ref();
            state.failing_since.is_some() && last.is_some_and(|(_, last)| last.contains(why))
        };
        self.wait_for_state(source, so).await;
    }
}

/// Settings with short backoffs. Timeouts are long, because the machine may be busy.
pub fn settings() -> SourceConfig {
    SourceConfig {
        timing: Timing {
            initial_backoff: Duration::from_millis(10),
            max_backoff: Duration::from_millis(40),
            connect_timeout: Duration::from_secs(5),
            first_message_timeout: Duration::from_secs(5),
            keepalive_interval: Duration::from_millis(100),
            keepalive_timeout: Duration::from_millis(1500),
            watch_timeout: Duration::from_secs(60),
            stale_reminder_interval: Duration::from_millis(500),
            unready_reminder_interval: Duration::from_millis(500),
        },
        ..SourceConfig::default()
    }
}

pub fn start_sources(specs: &[SourceSpec], settings: &SourceConfig) -> RunningSources {
    secrets::watch_log();
    let live = Arc::new(Live::default());
    let loader = Loader::new(specs, settings, live.clone());
    let watch = updater::start(loader).expect("the sources can be followed");
    RunningSources { live, watch }
}

/// A document whose flag `f` resolves to `variant`.
pub fn document(variant: &str) -> String {
    flag("f", variant)
}

pub fn flag(key: &str, variant: &str) -> String {
    json!({"flags": {key: {"state": "ENABLED", "variants": {variant: variant}, "defaultVariant": variant}}}).to_string()
}

/// Stores a document of an HTTP source in the state directory `state`, as an earlier process did.
pub fn store_document(
    directory: &Path,
    url: &str,
    variant: &str,
    etag: Option<&str>,
    good_at: SystemTime,
) {
    let entry = StateEntry {
        source: url.into(),
        file: url.into(),
        format: DocumentFormat::Json,
        good_at: Some(good_at),
        etag: etag.map(Into::into),
        bytes: document(variant).into(),
    };
    assert!(StateDir::open(directory.join("state")).write_entry(&entry));
}

/// An HTTP source that is polled every 20 ms, with additional fields of an entry of `--sources`.
pub fn http_source_spec(url: &str, more: &serde_json::Value) -> SourceSpec {
    let mut entry = json!({"uri": url, "provider": "http"});
    for (key, value) in more.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    let mut spec = spec::parse_list(&json!([entry]).to_string())
        .expect("a source")
        .remove(0);
    if let SourceKind::Http(http) = &mut spec.kind {
        http.interval = Duration::from_millis(20);
        http.timeout = Duration::from_secs(5);
    }
    spec
}
