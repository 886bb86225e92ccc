//! Lints of a flag's lifecycle: required fields, valid dates and status, expiry, and archived flags with a rule.
//!
//! The fields are members of `lifecycle`, or of `metadata` under the same or older names.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::format;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::policy::lifecycle_field::LifecycleField;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::timestamp;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// The valid values of `status`.
pub const STATUSES: [&str; 3] = ["active", "fully-rolled-out", "archived"];

/// The node of a lifecycle field.
fn field_node<'f>(subject: &FlagView<'f>, field: LifecycleField) -> Option<&'f Node> {
    let flag = subject.node?;
    let places = ["lifecycle", "metadata"].into_iter();
    let mut places = places.filter_map(|place| flag.member_ignore_case(place));
    places.find_map(|place| {
        field
            .names()
            .iter()
            .find_map(|name| place.member_ignore_case(name))
    })
}

/// The text of a field of the flag, or of its flag set.
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

/// Returns true if a flag is archived.
pub fn is_archived(subject: &FlagView<'_>) -> bool {
    field_text(subject, LifecycleField::Status) == Some("archived")
}

/// Reports missing, invalid and overdue fields, and archived flags with a rule.
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
            "archived flag `{}` still has a targeting rule",
            subject.flag.key
        );
        let help = "remove `targeting`: an archived flag serves its final value to everyone";
        report.warn(Code::ArchivedFlagDecides, targeting.position, message, help);
    }
}

fn check_required_fields(subject: &FlagView<'_>, policy: &LintPolicy, report: &mut DiagnosticSink) {
    let flag = subject.flag;
    let lives = subject
        .node
        .and_then(|flag| flag.member_ignore_case("lifecycle"));
    let mut wanted = policy.required_lifecycle_fields.clone();
    // A flag with a `lifecycle` must have an owner.
    if lives.is_some() && !wanted.contains(&LifecycleField::Owner) {
        wanted.push(LifecycleField::Owner);
    }
    for field in wanted {
        if field_text(subject, field).is_none() {
            let name = field.name();
            let message = format!(
                "required lifecycle field `{name}` of flag `{}` is missing",
                flag.key
            );
            let help = format!("add `lifecycle: {{ {name}: … }}` to the flag");
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
        let help = diag::suggest_one_of(status, STATUSES);
        let value = format::format_value(&node.to_owned_value());
        let message = format!("invalid `status` of flag `{key}`: {value}");
        report.warn(Code::Lifecycle, node.position, message, help);
    }
    for field in [LifecycleField::Created, LifecycleField::Expires] {
        if let Some(node) = field_node(subject, field)
            && !matches!(node.kind, NodeKind::Null)
            && node.as_text().and_then(parse_days_since_epoch).is_none()
        {
            let value = format::format_value(&node.to_owned_value());
            let message = format!(
                "invalid date in `{}` of flag `{key}`: {value}",
                field.name()
            );
            report.warn(
                Code::Lifecycle,
                node.position,
                message,
                "write a date such as 2026-09-01",
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
    let help = format!(
        "it expired {late} days ago: remove it, first from the code, or set a later `expires`"
    );
    report.warn(Code::ExpiredFlag, place, message, help);
}

/// The days since 1970-01-01 of a date such as `2026-09-01` or `2026-09-01T00:00:00Z`; a time is ignored.
pub fn parse_days_since_epoch(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let is_date = time.is_empty() || time.starts_with(['T', 't', ' ']);
    timestamp::parse_date(date).filter(|_| is_date)
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
