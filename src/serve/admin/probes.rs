//! Probes: `/healthz` for liveness and `/readyz` for readiness.

use http::Response;
use http::StatusCode;

use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::respond;

/// The response to a liveness probe: always 200.
pub fn healthz() -> Response<Body> {
    respond::empty(StatusCode::OK)
}

/// The response to a readiness probe: 200 if flags are loaded, shutdown has not begun and the update thread responds.
pub async fn readyz(context: &ServerContext) -> Response<Body> {
    if !context.is_ready() {
        return respond::empty(StatusCode::PRECONDITION_FAILED);
    }
    if !update_thread_responds(context).await {
        let text = "the update thread does not respond\n";
        return respond::plain_text(StatusCode::PRECONDITION_FAILED, text);
    }
    respond::empty(StatusCode::OK)
}

/// Pings the update thread. Returns true if it answers in time, or if there is no such thread.
pub async fn update_thread_responds(context: &ServerContext) -> bool {
    match &context.config.update_thread {
        Some(liveness) => liveness.check().await,
        None => true,
    }
}
