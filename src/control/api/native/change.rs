//! Requests that change something: their parts, their routes and their answers.

pub mod change_call;
mod change_json;
pub mod change_routes;
mod flips;
