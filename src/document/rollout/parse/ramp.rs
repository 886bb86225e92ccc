//! Parses `rollout.ramp`: start, end, shape and steps.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::ramp;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::ramp::RampShape;
use crate::document::rollout::timestamp;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

impl FieldParser<'_> {
    pub(super) fn parse_ramp(&mut self, node: &Node) -> Option<Ramp> {
        let field = "rollout.ramp";
        let help = "write it as an object, for instance `{ from: 2026-06-01, to: 2026-06-08 }`";
        let (mut from, mut to, mut steps) = (None, None, None);
        let (mut doubling, mut reverse) = (false, false);
        for member in self.parse_known_members(node, field, &schema::RAMP, help) {
            let value = &member.value;
            match &*member.key {
                "from" => from = self.parse_timestamp(value, "rollout.ramp.from"),
                "to" => to = self.parse_timestamp(value, "rollout.ramp.to"),
                "shape" => doubling = self.parse_is_doubling(value)?,
                "steps" => steps = self.parse_steps(value),
                "reverse" => reverse = self.parse_bool(value, "rollout.ramp.reverse"),
                _ => {}
            }
        }
        if doubling && steps.is_some() {
            let help = "remove it: a doubling ramp has the steps 1, 2, 4 and so on";
            self.report_no_effect(node.position, "rollout.ramp.steps", "has no effect", help);
        }
        let (Some(from), Some(to)) = (from, to) else {
            if !self.faulty {
                self.report_invalid(node.position, field, "has no `from` or no `to`", help);
            }
            return None;
        };
        if from >= to {
            let help = "swap `from` and `to`; for a decreasing ramp write `reverse: true`";
            self.report_invalid(
                node.position,
                field,
                "has a `from` that is not before `to`",
                help,
            );
            return None;
        }
        let shape = if doubling {
            RampShape::Doubling
        } else {
            RampShape::Linear(steps)
        };
        Some(Ramp {
            from,
            to,
            shape,
            reverse,
        })
    }

    fn parse_timestamp(&mut self, node: &Node, field: &str) -> Option<i64> {
        if let NodeKind::Number(seconds) = node.kind {
            let what = format!("is the number {seconds}, not a timestamp");
            self.report_invalid(node.position, field, what, &timestamp_of_number(seconds));
            return None;
        }
        let text = self.parse_string(node, field)?;
        let found = timestamp::parse_timestamp(&text);
        if found.is_none() {
            let (why, help) = explain_timestamp(&text);
            let what = format!("is `{text}`, which {why}");
            self.report_invalid(node.position, field, what, &help);
        }
        found
    }

    /// Parses the shape; returns true for `doubling`.
    fn parse_is_doubling(&mut self, node: &Node) -> Option<bool> {
        match &*self.parse_string(node, "rollout.ramp.shape")? {
            "linear" => Some(false),
            "doubling" => Some(true),
            other => {
                let what = format!("is `{other}`, which is not a shape");
                self.report_invalid(
                    node.position,
                    "rollout.ramp.shape",
                    what,
                    "write linear or doubling",
                );
                None
            }
        }
    }

    fn parse_steps(&mut self, node: &Node) -> Option<u32> {
        let whole = match node.kind {
            NodeKind::Number(n) if n.fract() == 0.0 => {
                u32::try_from(crate::number::truncate_to_i64(n)).ok()
            }
            _ => None,
        };
        let found = whole.filter(|n| (1..=ramp::MAX_STEPS).contains(n));
        if found.is_none() {
            let help = "write a whole number from 1 to 1000";
            self.report_invalid(
                node.position,
                "rollout.ramp.steps",
                "is not a valid number of steps",
                help,
            );
        }
        found
    }
}

const TIMESTAMP: &str =
    "write a date such as 2026-06-01, or a timestamp such as 2026-06-01T08:00:00Z";

/// The reason why a text is not a timestamp, and the remedy.
fn explain_timestamp(text: &str) -> (&'static str, String) {
    let trimmed = text.trim();
    if timestamp::parse_timestamp(&format!("{trimmed}Z")).is_some() {
        let help = format!("add `Z` or an offset such as `+02:00`: `{trimmed}Z`");
        return ("has no time zone", help);
    }
    // `+0200` without a colon.
    let zone = trimmed.len().saturating_sub(2);
    if let Some((front, minutes)) = trimmed.split_at_checked(zone) {
        let corrected = format!("{front}:{minutes}");
        if timestamp::parse_timestamp(&corrected).is_some() {
            return ("is not a valid timestamp", format!("write `{corrected}`"));
        }
    }
    if timestamp::parse_timestamp(trimmed).is_some() {
        return ("has white space around it", format!("write `{trimmed}`"));
    }
    ("is not a valid timestamp", TIMESTAMP.to_owned())
}

/// The help for a number in place of a timestamp: seconds or milliseconds since 1970.
fn timestamp_of_number(number: f64) -> String {
    let seconds = if number.abs() >= 1e11 {
        number / 1000.0
    } else {
        number
    };
    if (1e8..1e11).contains(&seconds) {
        let seconds = crate::number::truncate_to_i64(seconds);
        return format!("write `{}`", timestamp::format_rfc3339(seconds));
    }
    TIMESTAMP.to_owned()
}
