//! Kubernetes source: lists a `FeatureFlag` resource and watches it, as the reflector of client-go does.
//!
//! A watch begins at the version of the list. It ends after some minutes by agreement with the server, and begins again at
//! the last version that an event or a bookmark has named. If the server no longer has that version (410), or the watch
//! fails, the resource is listed again. Access to this one resource with the verbs `list` and `watch` suffices.

mod api_client;
mod cluster_config;
mod feature_flag;
mod in_cluster;
mod kubeconfig;
mod object_members;
mod watch_stream;
mod watcher;

use std::time::Duration;
use std::time::Instant;

use crate::limits;
use crate::source::Timing;
use crate::source::network::backoff::Backoff;
use crate::source::network::file_reader::FileReader;
use crate::source::network::kubernetes::watcher::Watcher;
use crate::source::spec::KubernetesSpec;
use crate::source::update_channel::UpdateSender;

/// A watch that lasted this long has worked, even if nothing changed meanwhile.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// Follows the resource until the task is aborted.
pub async fn run_watch(spec: KubernetesSpec, mut timing: Timing, updates: UpdateSender) {
    timing.max_backoff = timing.max_backoff.min(limits::KUBERNETES_MAX_BACKOFF);
    let mut backoff = Backoff::new(timing);
    let mut watcher = Watcher::new(&spec, timing, FileReader::default(), &updates);
    loop {
        let started_at = Instant::now();
        let ended = watcher.list_and_watch().await;
        if watcher.take_progress() || started_at.elapsed() > SETTLED_AFTER {
            backoff.reset();
        }
        if let Err(error) = ended {
            updates.send_failure(error);
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}
