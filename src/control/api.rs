//! The native API over HTTP: probes, environments, flags, log, history and replicas.
//!
//! Bodies are read as JSON; the content type is ignored. Unknown parameters and members are refused. Errors are
//! `application/problem+json` (<https://www.rfc-editor.org/rfc/rfc9457>).

mod authentication;
mod change_routes;
mod environment_routes;
mod evaluate_route;
mod flag_json;
pub mod handler;
mod health;
mod history_routes;
mod log_routes;
mod problem;
mod query;
mod replica_routes;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum::routing::post;

use crate::control::api::problem::Problem;
use crate::control::environment::Environment;
use crate::control::environment::journal::Journal;
use crate::control::store::StoreReader;
use crate::metric::registry::Metrics;
use crate::serve::http::auth::token_file::TokenFile;

/// The context that all routes share.
#[derive(Clone)]
pub struct ApiContext {
    /// The environments by name.
    pub environments: Arc<BTreeMap<Arc<str>, Arc<Environment>>>,
    /// Reads of the store.
    pub reader: Arc<dyn StoreReader>,
    /// The journal, for readiness.
    pub journal: Journal,
    /// The token with full access. Without one, nothing can be changed or read.
    pub bootstrap_token: Option<Arc<TokenFile>>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

impl ApiContext {
    /// Returns the environment of this name.
    ///
    /// # Errors
    /// If there is none; the names of all are in the problem.
    fn environment(&self, name: &str) -> Result<&Arc<Environment>, Problem> {
        self.environments.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.environments.keys().map(|name| &**name).collect();
            let known = known.join(", ");
            Problem::not_found(
                "unknown-environment",
                format!("there is no environment `{name}`; there are: {known}"),
            )
        })
    }
}

/// Returns the routes.
pub fn router(context: ApiContext) -> Router {
    let environment = Router::new()
        .route("/", get(environment_routes::show))
        .route("/freeze", post(change_routes::freeze))
        .route("/unfreeze", post(change_routes::unfreeze))
        .route("/sync", post(change_routes::force_sync))
        .route("/flags", get(environment_routes::list_flags))
        .route(
            "/flags/{key}",
            get(environment_routes::show_flag)
                .put(change_routes::define)
                .delete(change_routes::delete),
        )
        .route("/flags/{key}/set", post(change_routes::set))
        .route("/flags/{key}/kill", post(change_routes::kill))
        .route("/flags/{key}/restore", post(change_routes::restore))
        .route("/flags/{key}/pause", post(change_routes::pause))
        .route("/flags/{key}/resume", post(change_routes::resume))
        .route("/flags/{key}/evaluate", post(evaluate_route::evaluate))
        .route("/export", get(history_routes::export))
        .route("/document", get(history_routes::document))
        .route("/log", get(log_routes::list))
        .route("/log/raw", get(log_routes::raw))
        .route("/replicas", get(replica_routes::list))
        .route("/progress", get(replica_routes::progress));
    let api = Router::new()
        .route("/environments", get(environment_routes::list))
        .nest("/environments/{environment}", environment)
        .layer(axum::middleware::from_fn_with_state(
            context.clone(),
            authentication::require_token,
        ));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .nest("/fanion/v1", api)
        .fallback(problem::unknown_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(context)
}
