//! The first page: flags, replicas and the log for people who are no engineers, as HTML that the server renders.
//!
//! Everything works without a script. The script only shows receipts while they arrive. A session begins with a token,
//! and each request is authenticated by it again, so that a revoked token ends its sessions.

mod context;
mod event_text;
mod flag;
mod flag_list;
mod html;
mod last_change;
mod log;
mod replicas;
mod session;
mod tokens;
mod webhooks;

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;

use crate::control::api::ApiContext;
use crate::control::page::context::PageContext;
use crate::control::page::html::response::redirect;
use crate::control::page::session::signed_in::SignedIn;
use crate::control::page::session::table::Sessions;

/// Returns the routes.
pub fn router(api: ApiContext) -> Router {
    let context = PageContext {
        api,
        sessions: Arc::new(Sessions::new(Instant::now)),
    };
    let environment = Router::new()
        .route("/", get(flag_list::show))
        .route("/flags/{key}", get(flag::show))
        .route("/flags/{key}/receipts", get(flag::receipts::follow))
        .route(
            "/flags/{key}/{action}",
            get(flag::change::confirm).post(flag::change::carry_out),
        )
        .route("/log", get(log::show))
        .route("/replicas", get(replicas::show))
        .route("/tokens", get(tokens::show))
        .route("/webhooks", get(webhooks::show).post(webhooks::retry));
    let signed_in = Router::new()
        .route("/", get(first_environment))
        .route("/sign-out", post(session::sign_in::sign_out))
        .nest("/environments/{environment}", environment)
        .layer(axum::middleware::from_fn_with_state(
            context.clone(),
            session::access::require_session,
        ));
    Router::new()
        .merge(signed_in)
        .route(
            "/sign-in",
            get(session::sign_in::show).post(session::sign_in::sign_in),
        )
        .route("/assets/{file}", get(html::asset::serve))
        .with_state(context)
}

/// `GET /`: leads to the flags of the first environment in which the person has a grant.
async fn first_environment(
    State(context): State<PageContext>,
    Extension(signed_in): Extension<SignedIn>,
) -> Response {
    let caller = &signed_in.caller;
    let mut names = context.api.environments.keys();
    let first = names.find(|name| caller.require_any(name).is_ok());
    let name = first.map_or("default", |name| &**name);
    redirect(&html::text::environment_path(name))
}
