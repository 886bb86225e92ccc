//! A running replica, queried through its debug endpoints.

pub mod client;
pub mod definitions;
pub mod evaluation;
