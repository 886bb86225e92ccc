//! Who a flag belongs to, how long it may live, and what has become of it.
//!
//! It is written below `lifecycle`, or in `metadata` under these names or older ones.

use crate::analysis::flag_file::FlagView;
use crate::analysis::flag_file::find_member_ignore_case;
use crate::analysis::lint::policy::LintPolicy;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// What may be said of a flag's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleField {
    /// Who answers for it.
    Owner,
    /// When it was made.
    Created,
    /// When it should be gone.
    Expires,
    /// What has become of it.
    Status,
    /// Where its removal is planned.
    Ticket,
}

impl LifecycleField {
    /// All of them, each with its names; the first is ours.
    pub const NAMES: [(LifecycleField, &'static [&'static str]); 5] = [
        (LifecycleField::Owner, &["owner"]),
        (LifecycleField::Created, &["created", "createdAt"]),
        (LifecycleField::Expires, &["expires", "expectedCleanupDate"]),
        (LifecycleField::Status, &["status"]),
        (LifecycleField::Ticket, &["ticket", "jiraTicket"]),
    ];

    /// Its names.
    pub fn names(self) -> &'static [&'static str] {
        let found = LifecycleField::NAMES
            .iter()
            .find(|(known, _)| *known == self);
        found.map_or(&[], |(_, names)| names)
    }

    /// What it is called here.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or("")
    }
}

/// What may have become of a flag.
pub const STATUSES: [&str; 3] = ["active", "fully-rolled-out", "archived"];

/// Where a field is written for a flag.
fn field_node<'f>(subject: &FlagView<'f>, field: LifecycleField) -> Option<&'f Node> {
    let flag = subject.node?;
    let places = ["lifecycle", "metadata"].into_iter();
    let mut places = places.filter_map(|place| find_member_ignore_case(flag, place));
    places.find_map(|place| {
        field
            .names()
            .iter()
            .find_map(|name| find_member_ignore_case(place, name))
    })
}

/// The text of a field, also if the whole set of flags has it.
fn field_text<'f>(subject: &FlagView<'f>, field: LifecycleField) -> Option<&'f str> {
    let own = field_node(subject, field).and_then(Node::as_text);
    let inherited = || {
        let named = |key: &str| {
            field
                .names()
                .iter()
                .any(|name| name.eq_ignore_ascii_case(key))
        };
        let found = subject.flag.metadata.iter().find(|(key, _)| named(key));
        match found {
            Some((_, OwnedValue::Text(text))) => Some(&**text),
            _ => None,
        }
    };
    own.or_else(inherited)
        .filter(|text| !text.trim().is_empty())
}

/// Whether a flag is archived.
pub fn is_archived(subject: &FlagView<'_>) -> bool {
    field_text(subject, LifecycleField::Status) == Some("archived")
}

/// Reports what is missing, wrong, or overdue.
pub fn check(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    check_required_fields(subject, policy, report);
    check_field_values(subject, report);
    check_expiry(subject, policy, report);
    let decides = subject
        .flag
        .targeting
        .as_ref()
        .filter(|node| node.depth() > 0);
    let decides = decides.filter(|node| node.as_map().is_none_or(|members| !members.is_empty()));
    if is_archived(subject)
        && let Some(targeting) = decides
    {
        let message = format!(
            "flag `{}` is archived and still has a rule",
            subject.flag.key
        );
        let help = "leave the rule out: an archived flag gives its final value, to everyone";
        report.warn(Code::ArchivedFlagDecides, targeting.position, message, help);
    }
}

fn check_required_fields(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let flag = subject.flag;
    let lives = subject
        .node
        .and_then(|flag| find_member_ignore_case(flag, "lifecycle"));
    let mut wanted = policy.required_lifecycle_fields.clone();
    // Whoever speaks of a flag's life says whose it is.
    if lives.is_some() && !wanted.contains(&LifecycleField::Owner) {
        wanted.push(LifecycleField::Owner);
    }
    for field in wanted {
        if field_text(subject, field).is_none() {
            let name = field.name();
            let message = format!("flag `{}` has no `{name}`", flag.key);
            let help = format!("write `lifecycle: {{ {name}: … }}` into it");
            report.warn(Code::MissingLifecycleField, flag.position, message, help);
        }
    }
}

fn check_field_values(subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let key = &subject.flag.key;
    if let Some(node) = field_node(subject, LifecycleField::Status)
        && node
            .as_text()
            .is_none_or(|status| !STATUSES.contains(&status))
    {
        let status = node.as_text().unwrap_or("");
        let help = match diag::closest_match(status, STATUSES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write one of {}", STATUSES.join(", ")),
        };
        let message = format!("`status` of flag `{key}` is none that is known");
        report.warn(Code::Lifecycle, node.position, message, help);
    }
    for field in [LifecycleField::Created, LifecycleField::Expires] {
        if let Some(node) = field_node(subject, field)
            && !matches!(node.kind, NodeKind::Null)
            && node.as_text().and_then(parse_days_since_epoch).is_none()
        {
            let message = format!("`{}` of flag `{key}` is no date", field.name());
            report.warn(
                Code::Lifecycle,
                node.position,
                message,
                "write it as 2026-09-01",
            );
        }
    }
}

fn check_expiry(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let Some(expires) = field_text(subject, LifecycleField::Expires) else {
        return;
    };
    let Some(late) = parse_days_since_epoch(expires)
        .map(|day| policy.today - day)
        .filter(|late| *late > 0)
    else {
        return;
    };
    let flag = subject.flag;
    let place =
        field_node(subject, LifecycleField::Expires).map_or(flag.position, |node| node.position);
    let date = expires.get(..10).unwrap_or(expires);
    let message = format!("flag `{}` expired on {date}", flag.key);
    let help =
        format!("that was {late} days ago: remove it, from the code first, or give it more time");
    report.warn(Code::ExpiredFlag, place, message, help);
}

/// The day that a date such as `2026-09-01` or `2026-09-01T00:00:00Z` names, counted from 1970-01-01.
pub fn parse_days_since_epoch(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let behind = text.get(10..)?;
    if !(behind.is_empty() || behind.starts_with(['T', 't', ' '])) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = date.get(from..to)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let dashes = date.get(4..5) == Some("-") && date.get(7..8) == Some("-");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !dashes || !(1..=days).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the day that leap years have comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let years = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(years + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::parse_days_since_epoch;

    #[test]
    fn dates_are_parsed_to_day_numbers() {
        assert_eq!(parse_days_since_epoch("1970-01-01"), Some(0));
        assert_eq!(parse_days_since_epoch("2000-02-29"), Some(11_016));
        assert_eq!(parse_days_since_epoch("2026-09-01T00:00:00Z"), Some(20_697));
        for none in [
            "",
            "2026-9-1",
            "2026-02-29",
            "2026-13-01",
            "2026-01-00",
            "2026-01-01x",
            "20260-1-01",
            "+026-01-01",
        ] {
            assert_eq!(parse_days_since_epoch(none), None, "{none}");
        }
    }
}
