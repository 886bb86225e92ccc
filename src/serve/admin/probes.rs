//! Probes: `/healthz` for liveness and `/readyz` for readiness.

use http::Response;
use http::StatusCode;

use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::respond;
use crate::source::status::SourceHealth;
use crate::source::status::SourceStatus;

/// The response to a liveness probe: always 200.
pub fn healthz() -> Response<Body> {
    respond::empty(StatusCode::OK)
}

/// The response to a readiness probe: 200 if flags are loaded, shutdown has not begun, and both the update thread and the
/// workers respond.
/// A 412 response names the reason, one line for each source without flags. A 200 response names stale sources: the
/// flags that are loaded are still served. Both responses name stalled threads.
pub async fn readyz(context: &ServerContext) -> Response<Body> {
    if !context.is_ready() {
        return respond::plain_text(StatusCode::PRECONDITION_FAILED, not_ready_text(context));
    }
    let blocked = blocked_parts(context).await;
    if !blocked.is_empty() {
        let text = blocked + &stalled_threads(context);
        return respond::plain_text(StatusCode::PRECONDITION_FAILED, text);
    }
    let degraded = stale_sources(context) + &stalled_threads(context);
    if degraded.is_empty() {
        respond::empty(StatusCode::OK)
    } else {
        respond::plain_text(StatusCode::OK, degraded)
    }
}

/// One line for each source whose flags may be older than those of the source.
fn stale_sources(context: &ServerContext) -> String {
    let statuses = context.config.debug.statuses.iter();
    statuses.filter_map(|status| stale_flags(status)).collect()
}

/// The line about a source with stale flags; `None` if its flags are up to date.
fn stale_flags(status: &SourceStatus) -> Option<String> {
    let health = status.health();
    if !health.is_stale() {
        return None;
    }
    let name = &status.redacted_name;
    let reason = reason(&health, "its flags are from the state directory");
    Some(format!("stale flags of source {name}: {reason}\n"))
}

/// One line for each stalled thread.
fn stalled_threads(context: &ServerContext) -> String {
    let threads = context.config.activities.states().into_iter();
    let stalled = threads.filter_map(|(name, stalled)| {
        let seconds = stalled?.as_secs();
        Some(format!("stalled for {seconds} s: {name}\n"))
    });
    stalled.collect()
}

fn not_ready_text(context: &ServerContext) -> String {
    if *context.shutdown.borrow() {
        return "shutting down\n".to_owned();
    }
    let statuses = context.config.debug.statuses.iter();
    let reasons: String = statuses
        .filter_map(|status| missing_flags(status))
        .collect();
    let stalled = stalled_threads(context);
    if reasons.is_empty() {
        return "the flags are not loaded yet\n".to_owned() + &stalled;
    }
    reasons + &stalled
}

/// The line about a source without flags; `None` if it has flags.
fn missing_flags(status: &SourceStatus) -> Option<String> {
    let health = status.health();
    if health.has_flags() {
        return None;
    }
    let name = &status.redacted_name;
    let reason = reason(&health, "waiting for its first flags");
    Some(format!("no flags from source {name}: {reason}\n"))
}

/// The last error of a source in one line, or `otherwise` if there was none.
fn reason(health: &SourceHealth, otherwise: &str) -> String {
    match &health.last_error {
        Some((_, error)) => error.replace(['\n', '\r'], " "),
        None => otherwise.to_owned(),
    }
}

/// Pings the update thread and the workers. Returns a line for each that does not answer in time.
pub async fn blocked_parts(context: &ServerContext) -> String {
    context.config.ended_connections.wake();
    let (updates, workers) =
        tokio::join!(update_thread_responds(context), workers_respond(context));
    let mut blocked = String::new();
    if !updates {
        blocked += "the update thread does not respond\n";
    }
    if !workers {
        blocked += "the workers do not respond\n";
    }
    blocked
}

/// Returns true if there is no update thread as well.
async fn update_thread_responds(context: &ServerContext) -> bool {
    match &context.config.update_thread {
        Some(liveness) => liveness.check().await,
        None => true,
    }
}

/// Returns true if the ports have no runtime of their own as well.
async fn workers_respond(context: &ServerContext) -> bool {
    match &context.config.worker_liveness {
        Some(liveness) => liveness.check().await,
        None => true,
    }
}
