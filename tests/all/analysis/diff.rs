//! Diff of two documents: which contexts change their variant.

use fanion::analysis::diff::DiffStatus;
use fanion::analysis::diff::FlagDiff;
use fanion::analysis::diff::diff;

use crate::support::evaluate::compiled_document::CompiledDocument;

fn change(old: &str, new: &str) -> FlagDiff {
    let (old, new) = (CompiledDocument::new(old), CompiledDocument::new(new));
    let mut changes = diff(old.side(), new.side(), 3);
    assert_eq!(changes.len(), 1);
    changes.remove(0)
}

fn flag(rule: &str) -> String {
    format!(
        "flags:\n  f:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    targeting: {rule}\n"
    )
}

/// The transitions of a change, one line each.
fn transition_lines(change: &FlagDiff) -> Vec<String> {
    let mut lines = Vec::new();
    for cell in &change.cells {
        let who: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
        for transition in &cell.transitions {
            let what = transition.format_outcomes();
            lines.push(format!(
                "{what} {:.2} % of {}",
                transition.fraction_of_units * 100.0,
                who.join(", ")
            ));
        }
    }
    lines
}

fn assert_transitions(old: &str, new: &str, want: &[&str]) -> FlagDiff {
    let change = change(&flag(old), &flag(new));
    assert_eq!(transition_lines(&change), want, "{change:?}");
    change
}

#[test]
fn raised_percentage_changes_only_the_added_share() {
    let change = assert_transitions(
        "{fractional: [[on, 1], [off, 99]]}",
        "{fractional: [[on, 5], [off, 95]]}",
        &["off→on 4.00 % of "],
    );
    let transition = &change.cells[0].transitions[0];
    assert_eq!(transition.examples.len(), 3);
    assert_eq!(transition.hash_intervals[0][0].key, "\"f\" + targetingKey");
}

#[test]
fn changed_users_are_described_by_their_attributes() {
    assert_transitions(
        "{if: [{'==': [{var: country}, DE]}, {fractional: [[on, 1], [off, 99]]}, 'off']}",
        "{if: [{'==': [{var: country}, DE]}, {fractional: [[on, 5], [off, 95]]}, 'off']}",
        &["off→on 4.00 % of country == \"DE\""],
    );
}

#[test]
fn equivalent_rules_are_proved_equivalent() {
    let spellings = [
        "{if: [{and: [{in: [{var: country}, [DE, AT]]}, {'>=': [{var: age}, 18]}]}, 'on']}",
        "{if: [{'<': [{var: age}, 18]}, 'off', {'==': [{var: country}, AT]}, 'on', {'==': [{var: country}, DE]}, 'on', 'off']}",
    ];
    let change = change(&flag(spellings[0]), &flag(spellings[1]));
    // A string that is not a number is neither below 18 nor at least 18.
    assert_eq!(change.status, DiffStatus::Changed);
    let spelled = "{if: [{'!': [{or: [{'!': [{'>=': [{var: age}, 18]}]}, {'!': [{in: [{var: country}, [AT, DE]]}]}]}]}, 'on', 'off']}";
    let change = self::change(&flag(spellings[0]), &flag(spelled));
    assert_eq!(change.status, DiffStatus::Equivalent, "{change:?}");
}

#[test]
fn unsupported_operators_give_verdict_unknown() {
    let old = flag("{if: [{'==': [{'%': [{var: n}, 2]}, 1]}, 'on', 'off']}");
    let new = flag("{if: [{'==': [{'%': [{var: n}, 3]}, 1]}, 'on', 'off']}");
    let change = change(&old, &new);
    assert_eq!(change.status, DiffStatus::Unknown);
    assert!(
        change.unknown_reasons[0].contains("flags.yaml:6:"),
        "{:?}",
        change.unknown_reasons
    );
    assert!(
        change.unknown_reasons[0].contains("`%`"),
        "{:?}",
        change.unknown_reasons
    );
    let grown = flag(
        "{if: [{'==': [{'%': [{var: n}, 2]}, 1]}, 'on', {fractional: [['on', 0], ['off', 1]]}]}",
    );
    assert_eq!(self::change(&old, &grown).status, DiffStatus::Equivalent);
}

#[test]
fn added_and_removed_flags_are_reported() {
    let none = CompiledDocument::new("flags: {}");
    let one = CompiledDocument::new(&flag("{}"));
    let verdicts = |old: &CompiledDocument, new: &CompiledDocument| -> Vec<DiffStatus> {
        diff(old.side(), new.side(), 0)
            .iter()
            .map(|c| c.status)
            .collect()
    };
    assert_eq!(verdicts(&none, &one), [DiffStatus::Added]);
    assert_eq!(verdicts(&one, &none), [DiffStatus::Removed]);
    assert_eq!(verdicts(&one, &one), [DiffStatus::Same]);
}

/// A flag with rollout fields.
fn flag_with_rollout(words: &str) -> String {
    format!(
        "rings:\n  internal: {{ in: [{{ var: group }}, [employee]] }}\nflags:\n  f:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    rollout: {words}\n"
    )
}

#[test]
fn rollout_fields_are_expanded_before_comparison() {
    let old =
        flag_with_rollout("{ variant: 'on', rings: [internal], percentage: 1, allow: [emp-1] }");
    let new = flag_with_rollout(
        "{ variant: 'on', rings: [internal], percentage: 5, allow: [emp-1], deny: [emp-2] }",
    );
    let change = change(&old, &new);
    assert_eq!(change.unknown_reasons, Vec::<String>::new());
    assert_eq!(change.status, DiffStatus::Changed);
    let shares: Vec<f64> = change
        .cells
        .iter()
        .flat_map(|cell| &cell.transitions)
        .map(|t| t.fraction_of_units)
        .collect();
    assert!(
        shares.iter().any(|share| (share - 0.04).abs() < 1e-6),
        "{change:?}"
    );
    assert!(
        transition_lines(&change)
            .iter()
            .any(|line| line.starts_with("on→off 100.00 % of ")),
        "{change:?}"
    );
    assert_eq!(self::change(&old, &old).status, DiffStatus::Same);
}
