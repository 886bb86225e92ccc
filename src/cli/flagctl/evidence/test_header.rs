//! The first line of a recording: the test, alpha, and the parameters of the test.

use crate::cli::flagctl::evidence::json_lines::JsonLine;
use crate::evidence::e_process::absolute_limit::Counted;
use crate::evidence::guardrail::kind::GuardrailKind;

/// The names of the tests.
const TESTS: [&str; 5] = ["compare", "limit", "share-bet", "must-not-fall", "health"];

/// Alpha without a choice.
const DEFAULT_ALPHA: f64 = 0.05;

/// The fall of a wanted outcome that is allowed without a choice.
const DEFAULT_FALL: f64 = 0.05;

/// The ratio that `health` excludes without a choice.
const DEFAULT_HEALTH_MARGIN: f64 = 1.5;

/// A test with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestHeader {
    /// The test.
    pub guardrail: GuardrailKind,
    /// The chance of a false alarm.
    pub alpha: f64,
}

impl Default for TestHeader {
    fn default() -> TestHeader {
        TestHeader {
            guardrail: GuardrailKind::NoWorse {
                margin: 0.0,
                proof: None,
            },
            alpha: DEFAULT_ALPHA,
        }
    }
}

impl TestHeader {
    /// Parses the first line.
    ///
    /// # Errors
    /// If the test is unknown, or a parameter is unknown or out of its range.
    pub fn parse(line: &JsonLine) -> anyhow::Result<TestHeader> {
        let Some(test) = line.optional_name("test", &TESTS)? else {
            return Err(line.error(
                "`test` is missing: begin with a line such as {\"test\": \"compare\", \"alpha\": 0.05}",
            ));
        };
        line.expect_own_members(match test {
            "compare" => &["test", "alpha", "margin", "proof"],
            "limit" => &["test", "alpha", "max", "count"],
            _ => &["test", "alpha", "margin"],
        })?;
        let alpha = within(line, "alpha", DEFAULT_ALPHA, 0.0, 1.0)?;
        Ok(TestHeader {
            guardrail: guardrail(line, test)?,
            alpha,
        })
    }
}

fn guardrail(line: &JsonLine, test: &str) -> anyhow::Result<GuardrailKind> {
    Ok(match test {
        "limit" => {
            let Some(_) = line.member("max") else {
                return Err(
                    line.error("`max` is missing: write the largest allowed share, such as 0.02")
                );
            };
            let events = line.optional_name("count", &["units", "events"])? == Some("events");
            GuardrailKind::Limit {
                max: within(line, "max", 0.0, 0.0, 1.0)?,
                counted: if events {
                    Counted::Events
                } else {
                    Counted::Units
                },
            }
        }
        "share-bet" => GuardrailKind::ShareBet {
            margin: margin(line, 0.0, 100.0)?,
        },
        "must-not-fall" => GuardrailKind::MustNotFall {
            margin: margin(line, DEFAULT_FALL, 1.0)?,
        },
        "health" => GuardrailKind::Health {
            margin: health_margin(line, "margin")?.unwrap_or(DEFAULT_HEALTH_MARGIN),
        },
        _ => GuardrailKind::NoWorse {
            margin: margin(line, 0.0, 100.0)?,
            proof: health_margin(line, "proof")?,
        },
    })
}

/// Returns a parameter between two bounds, which it must not reach.
fn within(line: &JsonLine, name: &str, default: f64, low: f64, high: f64) -> anyhow::Result<f64> {
    let value = line.optional_number(name)?.unwrap_or(default);
    if value > low && value < high {
        return Ok(value);
    }
    Err(line.error(format_args!(
        "`{name}` is {value}: write a number above {low} and below {high}"
    )))
}

fn margin(line: &JsonLine, default: f64, below: f64) -> anyhow::Result<f64> {
    let value = line.optional_number("margin")?.unwrap_or(default);
    if (0.0..below).contains(&value) {
        return Ok(value);
    }
    Err(line.error(format_args!(
        "`margin` is {value}: write a number from 0 on and below {below}, such as 0.1 for one tenth"
    )))
}

/// Returns a ratio above 1. A number below 1 is what is added to 1, as in the other tests.
fn health_margin(line: &JsonLine, name: &str) -> anyhow::Result<Option<f64>> {
    match line.optional_number(name)? {
        None => Ok(None),
        Some(added) if added > 0.0 && added < 1.0 => Ok(Some(1.0 + added)),
        Some(ratio) if ratio > 1.0 && ratio <= 100.0 => Ok(Some(ratio)),
        Some(value) => Err(line.error(format_args!(
            "`{name}` is {value}: write the ratio to exclude, such as 1.5"
        ))),
    }
}
