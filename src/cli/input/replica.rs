//! A running replica, queried through its debug endpoints.

pub mod client;
pub mod evaluation;
