//! The native API over HTTP: probes, environments, flags, log, history and replicas.
//!
//! Bodies are read as JSON; the content type is ignored. Unknown parameters and members are refused. Errors are
//! `application/problem+json` (<https://www.rfc-editor.org/rfc/rfc9457>).

pub mod authentication;
pub mod authorization;
mod dialects;
pub mod event_streams;
pub mod handler;
mod health;
pub mod native;
pub mod problem;
pub mod query;
pub mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::control::access::TokenRegistry;
use crate::control::api::event_streams::EventStreams;
use crate::control::api::problem::Problem;
use crate::control::api::request::idempotency::RequestsInProgress;
use crate::control::api::request::rate_limit::RateLimits;
use crate::control::environment::Environment;
use crate::control::environment::error::ChangeError;
use crate::control::environment::journal::Journal;
use crate::control::store::RecordChange;
use crate::control::store::StoreReader;
use crate::control::webhook::dispatcher::Dispatcher;
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
    /// All other tokens.
    pub tokens: Arc<TokenRegistry>,
    /// The streams of events.
    pub events: EventStreams,
    /// The rates of requests.
    pub rate_limits: Arc<RateLimits>,
    /// The requests with an idempotency key that are being carried out.
    pub in_progress: Arc<RequestsInProgress>,
    /// The webhooks, one for each endpoint and environment.
    pub webhooks: Arc<[Arc<Dispatcher>]>,
    /// The origins from which remote modules may be loaded; every https origin, if there are none.
    pub remote_origins: Arc<[String]>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

impl ApiContext {
    /// Writes records without an event.
    ///
    /// # Errors
    /// If the store does not take them.
    pub async fn write_records(&self, records: Vec<RecordChange>) -> Result<(), Problem> {
        let written = self.journal.write_records(records)?.await;
        Ok(written.map_err(|_| ChangeError::Ended("the journal"))??)
    }

    /// Returns the environment of this name.
    ///
    /// # Errors
    /// If there is none; the names of all are in the problem.
    pub fn environment(&self, name: &str) -> Result<&Arc<Environment>, Problem> {
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
    let mut api = Router::new();
    for route in native::route_table::ROUTES {
        let state = (context.clone(), route);
        let authorize = axum::middleware::from_fn_with_state(state, authorization::authorize);
        api = api.route(route.path, (route.handler)().route_layer(authorize));
    }
    let state = context.clone();
    let authenticate = axum::middleware::from_fn_with_state(state, authentication::require_caller);
    let manifest = get(native::manifest_route::show).layer(authenticate.clone());
    let api = Router::new()
        .nest("/fanion/v1", api)
        .merge(dialects::router())
        .layer(authenticate);
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/fanion/v1/openapi.json", get(native::openapi_route::show))
        .route("/openfeature/v0/manifest", manifest)
        .merge(api)
        .fallback(problem::unknown_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(context)
}
