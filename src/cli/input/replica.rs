//! A running replica, asked through its debug endpoints.

pub mod client;
pub mod evaluation;
