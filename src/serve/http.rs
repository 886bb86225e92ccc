//! Hyper plumbing that every port shares: the handler trait, bodies, CORS, metrics and traces of requests.

pub mod body;
pub mod cors;
pub mod handler;
pub mod instrumentation;
