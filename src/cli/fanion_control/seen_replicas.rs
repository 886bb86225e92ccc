//! Remembers which replicas were seen, across restarts: a kill must not count as complete because they are forgotten.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::Environment;
use crate::regular_file;
use crate::wire::fleet::replica_identity::ReplicaIdentity;

/// The least time between two writes of a file.
const INTERVAL: Duration = Duration::from_secs(1);
/// The largest file, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The file of an environment.
fn file(data_dir: &Path, environment: &str) -> PathBuf {
    data_dir.join(format!("replicas-{environment}.json"))
}

/// Reads the replicas that an earlier process has seen. A file that cannot be read is ignored with a warning.
pub fn load(data_dir: &Path, environment: &Environment) {
    let path = file(data_dir, &environment.name);
    if !path.exists() {
        return;
    }
    let read = regular_file::read(&path, MAX_FILE).map_err(|error| error.to_string());
    let parsed = read.and_then(|bytes| {
        serde_json::from_slice::<Value>(&bytes).map_err(|error| error.to_string())
    });
    match parsed {
        Ok(Value::Array(seen)) => {
            environment
                .replicas
                .remember(seen.iter().filter_map(parse).collect());
        }
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(path = %path.display(), error, "cannot read the list of known replicas");
        }
    }
}

fn parse(seen: &Value) -> Option<(ReplicaIdentity, SystemTime)> {
    let text = |name: &str| Some(seen.get(name)?.as_str()?.to_owned());
    let last_seen = Duration::from_millis(seen.get("lastSeenMs")?.as_u64()?);
    let identity = ReplicaIdentity {
        uid: text("uid")?,
        name: text("name")?,
        labels: Vec::new(),
        version: text("version")?,
    };
    Some((identity, SystemTime::UNIX_EPOCH + last_seen))
}

/// Writes the replicas after they have changed, until the process ends.
pub async fn follow(data_dir: PathBuf, environment: Arc<Environment>) {
    let mut changes = environment.replicas.changes();
    let path = file(&data_dir, &environment.name);
    let mut written = Vec::new();
    loop {
        let seen = environment.replicas.seen(SystemTime::now());
        let mut uids: Vec<String> = seen
            .iter()
            .map(|(identity, _)| identity.uid.clone())
            .collect();
        uids.sort();
        if uids != written {
            let target = path.clone();
            let done = tokio::task::spawn_blocking(move || write(&target, &seen)).await;
            let done = done
                .map_err(std::io::Error::other)
                .and_then(|written| written);
            match done {
                Ok(()) => written = uids,
                Err(error) => {
                    let path = path.display();
                    tracing::warn!(%path, %error, "cannot write the list of known replicas");
                }
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(INTERVAL).await;
        changes.mark_unchanged();
    }
}

fn write(path: &Path, seen: &[(ReplicaIdentity, SystemTime)]) -> std::io::Result<()> {
    let seen: Vec<Value> = seen
        .iter()
        .map(|(identity, last_seen)| {
            let since = last_seen
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            json!({
                "uid": identity.uid,
                "name": identity.name,
                "version": identity.version,
                "lastSeenMs": u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .collect();
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(Value::Array(seen).to_string().as_bytes())?;
    std::fs::rename(new, path)
}
