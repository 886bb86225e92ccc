//! Routes of webhooks: what waits, what was given up, and the request that sends it again.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::webhook::dispatcher::Dispatcher;

/// `GET …/environments/{environment}/webhooks`
pub async fn list(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
) -> Result<Response, Problem> {
    let name = &context.environment(&environment)?.name;
    let webhooks = context.webhooks.iter();
    let own = webhooks.filter(|webhook| webhook.environment.name == *name);
    let shown: Vec<Value> = own.map(webhook_json).collect();
    Ok(json_response(&json!({ "webhooks": shown })))
}

/// `POST …/environments/{environment}/webhooks/{id}/retry`: sends everything at once that waits or was given up.
pub async fn retry(
    State(context): State<ApiContext>,
    Path((environment, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let name = &context.environment(&environment)?.name;
    let mut webhooks = context.webhooks.iter();
    let found = webhooks
        .find(|webhook| webhook.environment.name == *name && webhook.endpoint.name == id)
        .ok_or_else(|| {
            let why = format!("there is no webhook `{id}`");
            Problem::not_found("unknown-webhook", why)
        })?;
    found.retry();
    Ok(json_response(&webhook_json(found)))
}

/// The webhook without its URL, which may contain a secret.
fn webhook_json(webhook: &Arc<Dispatcher>) -> Value {
    let outbox = webhook.outbox();
    json!({
        "name": webhook.endpoint.name,
        "cursor": outbox.cursor,
        "waiting": outbox.waiting(),
        "dead": outbox.dead,
    })
}
