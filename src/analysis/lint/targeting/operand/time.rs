//! Lint: `$flagd.timestamp`, a number of seconds, compared with a date as text, with milliseconds or with a day.

use std::ops::Range;

use crate::analysis::model::var_path;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::timestamp;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The number of seconds at the beginning of 2001, and at the end of 5138: ordinary times are between them.
const SECONDS: Range<f64> = 978_307_200.0..1e11;

/// Reports such a comparison; returns true if it is one.
pub fn check(flag: &str, member: &Member, report: &mut DiagnosticSink) -> bool {
    let is_comparison = matches!(
        &*member.key,
        "<" | "<=" | ">" | ">=" | "==" | "!=" | "===" | "!=="
    );
    let arguments = member.arguments();
    let is_time =
        |node: &Node| var_path::constant_var_path(node).as_deref() == Some(TIMESTAMP_PATH);
    if !is_comparison || !arguments.iter().any(is_time) {
        return false;
    }
    for node in arguments {
        let (what, help) = match &node.kind {
            NodeKind::Text(text) if text.trim().parse::<f64>().is_err() => (
                format!("is compared with the text `{}`", date(text)),
                seconds_of_text(text),
            ),
            NodeKind::Number(n) if *n >= SECONDS.end => (
                format!("is compared with {n}, which looks like milliseconds"),
                format!("write {}", (n / 1000.0).trunc()),
            ),
            NodeKind::Number(n) if *n > 0.0 && *n < SECONDS.start => (
                format!("is compared with {n}, which is a time in or near 1970"),
                seconds_of_day(*n),
            ),
            _ => continue,
        };
        let message =
            format!("`{TIMESTAMP_PATH}` in flag `{flag}` counts seconds since 1970, and {what}");
        report.error(Code::UnsatisfiableComparison, node.position, message, help);
        return true;
    }
    false
}

/// A date without the time that YAML adds to it.
fn date(text: &str) -> &str {
    text.strip_suffix("T00:00:00Z").unwrap_or(text)
}

fn seconds_of_text(text: &str) -> String {
    let text = text.trim();
    let seconds = timestamp::parse_timestamp(text)
        .or_else(|| timestamp::parse_timestamp(&format!("{text}Z")));
    match seconds {
        Some(seconds) => format!("write {seconds}, the same time in seconds"),
        None => "write a number of seconds, such as 1780300800 for 2026-06-01T08:00:00Z".to_owned(),
    }
}

/// The help for a number such as 20260601.
fn seconds_of_day(number: f64) -> String {
    let digits = number.to_string();
    let day = match (digits.get(..4), digits.get(4..6), digits.get(6..8)) {
        (Some(year), Some(month), Some(day)) if digits.len() == 8 => {
            format!("{year}-{month}-{day}")
        }
        _ => String::new(),
    };
    seconds_of_text(&day)
}
