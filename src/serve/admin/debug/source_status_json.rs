//! JSON of the status of sources, for the debug endpoints.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use crate::json::write_string;
use crate::snapshot::Snapshot;
use crate::source::status::SourceHealth;
use crate::source::status::SourceStatus;

/// The status of all sources.
pub fn sources_response(
    snapshot: &Snapshot,
    statuses: &[Arc<SourceStatus>],
    now: SystemTime,
) -> String {
    let (generation, usable) = (snapshot.generation, snapshot.is_usable());
    let flags = snapshot.ruleset.flags.len();
    let mut out =
        format!("{{\"generation\":{generation},\"ready\":{usable},\"flags\":{flags},\"sources\":[");
    for (at, status) in statuses.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        write_source_status(&mut out, status, now);
    }
    out.push_str("]}");
    out
}

/// Appends the status of a source, with its redacted name, because the name may contain a secret.
pub fn write_source_status(out: &mut String, status: &SourceStatus, now: SystemTime) {
    let state = status.health();
    out.push_str("{\"name\":");
    write_string(out, &status.redacted_name);
    let sync = sync_state_name(&state);
    let age = if state.is_age_unknown(now) {
        "null".to_owned()
    } else {
        format!("{:.3}", state.age(now).unwrap_or_default().as_secs_f64())
    };
    let _ = write!(
        out,
        ",\"kind\":\"{}\",\"sync\":\"{sync}\",\"age\":{age}",
        status.kind
    );
    let times = [
        ("lastSuccess", state.last_success),
        ("failingSince", state.failing_since),
        ("lastErrorAt", state.last_error.as_ref().map(|(at, _)| *at)),
    ];
    for (name, time) in times {
        match time.map(|time| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or(Duration::ZERO)
        }) {
            Some(since) => {
                let _ = write!(out, ",\"{name}\":{:.3}", since.as_secs_f64());
            }
            None => {
                let _ = write!(out, ",\"{name}\":null");
            }
        }
    }
    out.push_str(",\"lastError\":");
    match &state.last_error {
        Some((_, why)) => write_string(out, why),
        None => out.push_str("null"),
    }
    let SourceHealth {
        accepted,
        refused,
        failed,
        is_followed,
        revision,
        ..
    } = state;
    let _ = write!(
        out,
        ",\"accepted\":{accepted},\"refused\":{refused},\"failed\":{failed}"
    );
    if status.kind == "file" {
        let _ = write!(out, ",\"polled\":{}", !is_followed);
    }
    if let Some(revision) = revision {
        let (number, epoch, hash) = (revision.number, revision.epoch, revision.content_hash);
        let _ = write!(
            out,
            ",\"revision\":{number},\"epoch\":{epoch},\"contentHash\":\"{hash}\""
        );
    }
    out.push('}');
}

/// The name of a source's sync state.
fn sync_state_name(state: &SourceHealth) -> &'static str {
    match (state.has_flags(), state.from_state_dir, state.failing_since) {
        (false, _, None) => "pending",
        (false, _, Some(_)) => "failing",
        (true, true, _) => "stored",
        (true, false, Some(_)) => "stale",
        (true, false, None) => "current",
    }
}
