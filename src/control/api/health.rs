//! `/healthz`, `/readyz` and `/metrics`.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::control::api::ApiContext;
use crate::metric::prometheus;

/// An append that takes longer than this is reported.
const JOURNAL_STALL: Duration = Duration::from_secs(5);

/// `GET /healthz`: the process answers.
pub async fn alive() -> StatusCode {
    StatusCode::OK
}

/// `GET /readyz`: 200 once every environment has flags; else 412 and a reason in each line. Problems that do not prevent
/// serving flags are listed with status 200.
pub async fn ready(State(context): State<ApiContext>) -> Response {
    let mut reasons = Vec::new();
    let mut status = StatusCode::OK;
    for environment in context.environments.values() {
        let shown = environment.status();
        let name = &environment.name;
        if shown.revision.number == 0 {
            status = StatusCode::PRECONDITION_FAILED;
            reasons.push(format!(
                "environment {name}: the flag files have not been read yet"
            ));
        }
        for source in environment.sources.iter() {
            let health = source.health();
            if let Some((_, why)) = health.last_error.filter(|_| health.failing_since.is_some()) {
                reasons.push(format!("environment {name}: {why}"));
            }
        }
        if shown.backlog.kills > 0 {
            let why = shown.backlog.error.unwrap_or_default();
            reasons.push(format!("environment {name}: a kill is not recorded: {why}"));
        }
    }
    if let Some(busy) = context
        .journal
        .busy_for()
        .filter(|busy| *busy > JOURNAL_STALL)
    {
        let seconds = busy.as_secs();
        reasons.push(format!("the store has not responded for {seconds} s"));
    }
    let mut response = Response::new(Body::from(reasons.join("\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// `GET /metrics`: all metrics in Prometheus' text format.
pub async fn metrics(State(context): State<ApiContext>) -> Response {
    let families = context.metrics.collect();
    let text = prometheus::encode_text(&families, &context.metrics.resource);
    let mut response = Response::new(Body::from(text));
    let format = HeaderValue::from_static(prometheus::CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}
