//! The routes below `/fanion/v1`.

use axum::routing::delete;
use axum::routing::get;
use axum::routing::post;
use axum::routing::put;
use http::Method;

use crate::control::access::Verb;
use crate::control::api::native::change::change_routes;
use crate::control::api::native::environment_routes;
use crate::control::api::native::evaluate_route;
use crate::control::api::native::event_route;
use crate::control::api::native::history_routes;
use crate::control::api::native::log_routes;
use crate::control::api::native::replica_routes;
use crate::control::api::native::route::Needs;
use crate::control::api::native::route::Route;
use crate::control::api::native::token_routes;
use crate::control::webhook::routes;

/// Defines a route.
macro_rules! route {
    ($method:ident $path:literal, $needs:expr, [$($parameter:literal),*], $router:ident($handler:path)) => {
        Route {
            method: Method::$method,
            path: $path,
            needs: $needs,
            parameters: &[$($parameter),*],
            handler: || $router($handler),
        }
    };
}

/// All routes.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    route!(GET "/tokens", Needs::Token, ["limit", "cursor"], get(token_routes::list)),
    route!(POST "/tokens", Needs::Token, [], post(token_routes::create)),
    route!(GET "/tokens/{id}", Needs::Token, [], get(token_routes::show)),
    route!(DELETE "/tokens/{id}", Needs::Token, [], delete(token_routes::revoke)),
    route!(GET "/environments", Needs::Token, [], get(environment_routes::list)),
    route!(GET "/environments/{environment}", Needs::AnyGrant, [], get(environment_routes::show)),
    route!(POST "/environments/{environment}/freeze", Needs::Environment(Verb::Kill), ["dryRun"], post(change_routes::freeze)),
    route!(POST "/environments/{environment}/unfreeze", Needs::Environment(Verb::Write), ["dryRun"], post(change_routes::unfreeze)),
    route!(POST "/environments/{environment}/sync", Needs::Environment(Verb::Write), ["dryRun"], post(change_routes::force_sync)),
    route!(GET "/environments/{environment}/flags", Needs::AnyGrant, ["q", "limit", "cursor"], get(environment_routes::list_flags)),
    route!(GET "/environments/{environment}/flags/{key}", Needs::Flag(Verb::Read), [], get(environment_routes::show_flag)),
    route!(PUT "/environments/{environment}/flags/{key}", Needs::Definition, ["dryRun"], put(change_routes::define)),
    route!(DELETE "/environments/{environment}/flags/{key}", Needs::Flag(Verb::Write), ["dryRun"], delete(change_routes::delete)),
    route!(POST "/environments/{environment}/flags/{key}/set", Needs::Flag(Verb::Write), ["dryRun"], post(change_routes::set)),
    route!(POST "/environments/{environment}/flags/{key}/kill", Needs::Flag(Verb::Kill), ["dryRun"], post(change_routes::kill)),
    route!(POST "/environments/{environment}/flags/{key}/restore", Needs::Flag(Verb::Write), ["dryRun"], post(change_routes::restore)),
    route!(POST "/environments/{environment}/flags/{key}/pause", Needs::Flag(Verb::Kill), ["dryRun"], post(change_routes::pause)),
    route!(POST "/environments/{environment}/flags/{key}/resume", Needs::Flag(Verb::Write), ["dryRun"], post(change_routes::resume)),
    route!(POST "/environments/{environment}/flags/{key}/evaluate", Needs::Evaluation, ["revision", "at"], post(evaluate_route::evaluate)),
    route!(GET "/environments/{environment}/export", Needs::Environment(Verb::Read), [], get(history_routes::export)),
    route!(GET "/environments/{environment}/document", Needs::Environment(Verb::Read), ["revision", "at"], get(history_routes::document)),
    route!(GET "/environments/{environment}/log", Needs::Environment(Verb::Read), ["flag", "actor", "kind", "from", "until", "before", "after", "limit", "cursor"], get(log_routes::list)),
    route!(GET "/environments/{environment}/log/raw", Needs::Environment(Verb::Read), ["after"], get(log_routes::raw)),
    route!(GET "/environments/{environment}/events", Needs::Events, [], get(event_route::stream)),
    route!(GET "/environments/{environment}/replicas", Needs::AnyGrant, ["limit", "cursor"], get(replica_routes::list)),
    route!(GET "/environments/{environment}/progress", Needs::AnyGrant, ["revision", "waitMillis"], get(replica_routes::progress)),
    route!(GET "/environments/{environment}/webhooks", Needs::Environment(Verb::Read), [], get(routes::list)),
    route!(POST "/environments/{environment}/webhooks/{id}/retry", Needs::Environment(Verb::Write), [], post(routes::retry)),
];
