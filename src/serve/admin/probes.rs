//! Probes: `/healthz` for liveness and `/readyz` for readiness.

use http::Response;
use http::StatusCode;

use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::respond;
use crate::source::status::SourceStatus;

/// The response to a liveness probe: always 200.
pub fn healthz() -> Response<Body> {
    respond::empty(StatusCode::OK)
}

/// The response to a readiness probe: 200 if flags are loaded, shutdown has not begun and the update thread responds.
/// A 412 response names the reason, one line for each source without flags. Both responses name stalled threads: while
/// the file system of one source does not respond, the flags that are loaded are still served.
pub async fn readyz(context: &ServerContext) -> Response<Body> {
    if !context.is_ready() {
        return respond::plain_text(StatusCode::PRECONDITION_FAILED, not_ready_text(context));
    }
    if !update_thread_responds(context).await {
        let text = "the update thread does not respond\n".to_owned() + &stalled_threads(context);
        return respond::plain_text(StatusCode::PRECONDITION_FAILED, text);
    }
    let stalled = stalled_threads(context);
    if stalled.is_empty() {
        respond::empty(StatusCode::OK)
    } else {
        respond::plain_text(StatusCode::OK, stalled)
    }
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
    let reason = match &health.last_error {
        Some((_, error)) => error.replace(['\n', '\r'], " "),
        None => "waiting for its first flags".to_owned(),
    };
    Some(format!("no flags from source {name}: {reason}\n"))
}

/// Pings the update thread. Returns true if it answers in time, or if there is no such thread.
pub async fn update_thread_responds(context: &ServerContext) -> bool {
    context.config.memory_freed.notify_one();
    match &context.config.update_thread {
        Some(liveness) => liveness.check().await,
        None => true,
    }
}
