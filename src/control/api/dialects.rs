//! The routes of other flag services: `/api/flags`, `/v1/flags`, `/api/v1/flags` and the webhook of alerts.
//!
//! All of them are views of the same flags. They concern the environment `default`, or the only one, unless the parameter
//! `environment` names another.

mod alert_ledger;
mod alert_routes;
mod call;
mod definition_routes;
mod event_stream;
mod evaluation;
mod patch_route;
mod rollout_routes;
mod service_routes;
mod shown_flag;
mod stage;
mod stream_routes;
mod write_document;

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::routing::get;
use axum::routing::patch;
use axum::routing::post;

use crate::control::api::ApiContext;
use crate::control::api::dialects::alert_ledger::AlertLedger;

/// Returns the routes.
pub fn router() -> Router<ApiContext> {
    let service = Router::new()
        .route(
            "/",
            get(service_routes::bootstrap).post(service_routes::create),
        )
        .route("/stream", get(stream_routes::results))
        .route(
            "/{key}",
            get(service_routes::show)
                .put(service_routes::replace)
                .patch(patch_route::change)
                .delete(service_routes::delete),
        )
        .route("/{key}/evaluate", post(service_routes::evaluate))
        .route("/{key}/rollout", post(rollout_routes::set_stage));
    let definitions = Router::new()
        .route(
            "/",
            get(definition_routes::list).post(definition_routes::create),
        )
        .route("/stream", get(stream_routes::definitions))
        .route(
            "/{key}",
            get(definition_routes::show)
                .put(definition_routes::replace)
                .delete(definition_routes::delete),
        )
        .route("/{key}/evaluate", post(definition_routes::evaluate));
    Router::new()
        .nest("/api/flags", service)
        .nest("/api/v1/flags", definitions)
        .route("/v1/flags/{key}/rollout", patch(rollout_routes::set_share))
        .route("/webhook/slo-alert", post(alert_routes::receive))
        .layer(Extension(Arc::new(AlertLedger::default())))
}
