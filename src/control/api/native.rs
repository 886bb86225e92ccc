//! The native API, `/fanion/v1`: its routes, and what their handlers share.

mod change;
mod environment_routes;
mod evaluate_route;
mod event_route;
mod flag_json;
mod history_routes;
mod log_routes;
pub mod manifest_route;
pub mod openapi_route;
mod replica_routes;
pub mod route;
pub mod route_table;
mod token_routes;
