//! Hyper plumbing that every port shares: the handler trait, authentication, bodies, CORS, metrics and traces of requests.

pub mod auth;
pub mod body;
pub mod cors;
pub mod date;
pub mod handler;
pub mod in_flight;
pub mod instrumentation;
pub mod read_body;
pub mod request_scope;
pub mod respond;
pub mod selector;
