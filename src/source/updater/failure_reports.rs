//! Logs a failure of a network source once per reason and a source without flags after each reload, and formats the
//! error of a failed start.

use std::time::SystemTime;

use crate::source::diagnostic_log::served_flags;
use crate::source::error::SourceError;
use crate::source::status::SourceStatus;
use crate::wire::fleet::revision_id::RevisionId;

/// Records a failure of a network source, and logs it once per reason. `kept` is true if there are last good flags.
pub fn report_failure(status: &SourceStatus, kept: bool, error: &SourceError) {
    let now = SystemTime::now();
    let source = &*status.redacted_name;
    let error_kind = error.kind().as_str();
    if !status.record_failure(now, error) {
        tracing::debug!(source, error_kind, %error, "the source still fails for the same reason");
        return;
    }
    let age_seconds = status.health().age(now).map(|age| age.as_secs());
    let failure = if error.is_invalid_document() {
        "invalid document"
    } else {
        "cannot fetch flags from the source"
    };
    let served = served_flags(kept, "source");
    tracing::error!(
        source,
        kept,
        age_seconds,
        error_kind,
        %error,
        "{failure}; {served}"
    );
}

/// Logs that a source has no flags, and the reason. Does nothing if it has flags.
pub fn log_missing_flags(status: &SourceStatus) {
    let health = status.health();
    if health.has_flags() {
        return;
    }
    let source = &*status.redacted_name;
    if let Some((_, error)) = &health.last_error {
        tracing::warn!(source, %error, "not ready: no flags from this source yet");
    } else {
        tracing::info!(
            source,
            "not ready: waiting for the first flags of this source"
        );
    }
}

/// Returns the reason why a source has no flags at startup.
pub fn startup_error(status: &SourceStatus) -> String {
    let why = status.health().last_error;
    let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
    format!("error from sync provider {}{why}", status.redacted_name)
}

/// Warns if a control plane offers a lower revision than the active one, because its store was restored from a backup.
pub fn warn_about_restored_store(status: &SourceStatus, offered: RevisionId) {
    let Some(served) = status.health().revision else {
        return;
    };
    if served.epoch == offered.epoch || !offered.is_restored_before(&served) {
        return;
    }
    let source = &*status.redacted_name;
    tracing::warn!(
        source,
        revision = offered.number,
        epoch = offered.epoch,
        previous_revision = served.number,
        previous_epoch = served.epoch,
        "the store of the control plane was restored from a backup: revision {} of epoch {} replaces revision {} of epoch {}",
        offered.number,
        offered.epoch,
        served.number,
        served.epoch
    );
}
