//! The stages of the shipped template, which flags without a plan have.

use serde_json::json;

use crate::control::api::problem::Problem;
use http::StatusCode;

/// The names of stages and their shares, in percent.
const STAGES: [(&str, f64); 4] = [
    ("canary", 1.0),
    ("early", 10.0),
    ("quarter", 25.0),
    ("all", 100.0),
];

/// The share of a stage.
///
/// # Errors
/// If the stage is unknown; the problem names those that there are.
pub fn percentage(name: &str) -> Result<f64, Problem> {
    let found = STAGES.iter().find(|(known, _)| *known == name);
    found.map(|(_, percentage)| *percentage).ok_or_else(|| {
        let names = STAGES.map(|(name, _)| name);
        let why = format!("there is no stage `{name}`; there are {}", names.join(", "));
        let code = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(code, "unknown-stage", why).with(json!({ "stages": names }))
    })
}
