//! Who a flag belongs to, how long it may live, and what has become of it.
//!
//! It is written below `lifecycle`, or in `metadata` under these names or older ones.

use crate::diag;
use crate::diag::Code;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::study::file::Subject;
use crate::study::file::member;
use crate::study::lint::policy::Policy;
use crate::value::Literal;

/// What may be said of a flag's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
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

impl Field {
    /// All of them, each with its names; the first is ours.
    pub const NAMES: [(Field, &'static [&'static str]); 5] = [
        (Field::Owner, &["owner"]),
        (Field::Created, &["created", "createdAt"]),
        (Field::Expires, &["expires", "expectedCleanupDate"]),
        (Field::Status, &["status"]),
        (Field::Ticket, &["ticket", "jiraTicket"]),
    ];

    /// Its names.
    pub fn names(self) -> &'static [&'static str] {
        let found = Field::NAMES.iter().find(|(known, _)| *known == self);
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
fn written<'f>(subject: &Subject<'f>, field: Field) -> Option<&'f Node> {
    let flag = subject.written?;
    let places = ["lifecycle", "metadata"].into_iter();
    let mut places = places.filter_map(|place| member(flag, place));
    places.find_map(|place| field.names().iter().find_map(|name| member(place, name)))
}

/// The text of a field, also if the whole set of flags has it.
fn text<'f>(subject: &Subject<'f>, field: Field) -> Option<&'f str> {
    let own = written(subject, field).and_then(Node::as_text);
    let inherited = || {
        let named = |key: &str| {
            field
                .names()
                .iter()
                .any(|name| name.eq_ignore_ascii_case(key))
        };
        let found = subject.flag.metadata.iter().find(|(key, _)| named(key));
        match found {
            Some((_, Literal::Text(text))) => Some(&**text),
            _ => None,
        }
    };
    own.or_else(inherited)
        .filter(|text| !text.trim().is_empty())
}

/// Whether a flag is archived.
pub fn is_archived(subject: &Subject<'_>) -> bool {
    text(subject, Field::Status) == Some("archived")
}

/// Reports what is missing, wrong, or overdue.
pub fn check(subject: &Subject<'_>, policy: &Policy, report: &mut Report) {
    required(subject, policy, report);
    understood(subject, report);
    overdue(subject, policy, report);
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
        report.warn(Code::Archived, targeting.place, message, help);
    }
}

fn required(subject: &Subject<'_>, policy: &Policy, report: &mut Report) {
    let flag = subject.flag;
    let lives = subject.written.and_then(|flag| member(flag, "lifecycle"));
    let mut wanted = policy.required.clone();
    // Whoever speaks of a flag's life says whose it is.
    if lives.is_some() && !wanted.contains(&Field::Owner) {
        wanted.push(Field::Owner);
    }
    for field in wanted {
        if text(subject, field).is_none() {
            let name = field.name();
            let message = format!("flag `{}` has no `{name}`", flag.key);
            let help = format!("write `lifecycle: {{ {name}: … }}` into it");
            report.warn(Code::Ownerless, flag.place, message, help);
        }
    }
}

fn understood(subject: &Subject<'_>, report: &mut Report) {
    let key = &subject.flag.key;
    if let Some(node) = written(subject, Field::Status)
        && node
            .as_text()
            .is_none_or(|status| !STATUSES.contains(&status))
    {
        let status = node.as_text().unwrap_or("");
        let help = match diag::nearest(status, STATUSES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write one of {}", STATUSES.join(", ")),
        };
        let message = format!("`status` of flag `{key}` is none that is known");
        report.warn(Code::Lifecycle, node.place, message, help);
    }
    for field in [Field::Created, Field::Expires] {
        if let Some(node) = written(subject, field)
            && !matches!(node.kind, Kind::Null)
            && node.as_text().and_then(day).is_none()
        {
            let message = format!("`{}` of flag `{key}` is no date", field.name());
            report.warn(
                Code::Lifecycle,
                node.place,
                message,
                "write it as 2026-09-01",
            );
        }
    }
}

fn overdue(subject: &Subject<'_>, policy: &Policy, report: &mut Report) {
    let Some(expires) = text(subject, Field::Expires) else {
        return;
    };
    let Some(late) = day(expires)
        .map(|day| policy.today - day)
        .filter(|late| *late > 0)
    else {
        return;
    };
    let flag = subject.flag;
    let place = written(subject, Field::Expires).map_or(flag.place, |node| node.place);
    let date = expires.get(..10).unwrap_or(expires);
    let message = format!("flag `{}` expired on {date}", flag.key);
    let help =
        format!("that was {late} days ago: remove it, from the code first, or give it more time");
    report.warn(Code::Expired, place, message, help);
}

/// The day that a date such as `2026-09-01` or `2026-09-01T00:00:00Z` names, counted from 1970-01-01.
pub fn day(text: &str) -> Option<i64> {
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
    use super::day;

    #[test]
    fn dates_are_days() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(11_016));
        assert_eq!(day("2026-09-01T00:00:00Z"), Some(20_697));
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
            assert_eq!(day(none), None, "{none}");
        }
    }
}
