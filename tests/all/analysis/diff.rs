//! Who flips, against asking everyone.

use std::collections::BTreeMap;

use bumpalo::Bump;
use ecow::EcoString;
use fanion::analysis::diff::DiffFlag;
use fanion::analysis::diff::DiffSide;
use fanion::analysis::diff::DiffStatus;
use fanion::analysis::diff::FlagComparison;
use fanion::analysis::diff::FlagDiff;
use fanion::analysis::diff::changed_cell::ChangedCell;
use fanion::analysis::diff::diff;
use fanion::analysis::engine::classify;
use fanion::analysis::model::concrete_eval::OwnedContext;
use fanion::analysis::outcome::Outcome;
use fanion::analysis::outcome::outcome_of_decision;
use fanion::context::EvaluationContext;
use fanion::document::Document;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::value::OwnedValue;
use fanion::value::Value as Given;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::random_flags;
use crate::support::random_flags::Dice;
use crate::support::random_flags::rollout;
use crate::support::random_flags::rollout::Words;

/// Flags as written and compiled.
pub struct Loaded {
    document: Document,
    ruleset: Ruleset,
}

impl Loaded {
    pub fn new(text: &str) -> Loaded {
        let format = if text.starts_with('{') {
            DocumentFormat::Json
        } else {
            DocumentFormat::Yaml
        };
        let parsed = fanion::document::parse(text, format, &evaluate::origin());
        let document = merge_documents([&parsed.document.expect("a document")]);
        let (ruleset, _) = ruleset::compile(&document, FractionalVersion::V2);
        let document = fanion::analysis::expand_rollouts(&document);
        Loaded { document, ruleset }
    }

    pub fn side(&self) -> DiffSide<'_> {
        DiffSide {
            document: &self.document,
            ruleset: &self.ruleset,
        }
    }

    fn pair(&self) -> DiffFlag<'_> {
        DiffFlag {
            definition: &self.document.flags[0],
            compiled: &self.ruleset.flags[0],
        }
    }
}

fn change(old: &str, new: &str) -> FlagDiff {
    let (old, new) = (Loaded::new(old), Loaded::new(new));
    let mut changes = diff(old.side(), new.side(), 3);
    assert_eq!(changes.len(), 1);
    changes.remove(0)
}

fn flag(rule: &str) -> String {
    format!(
        "flags:\n  f:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    targeting: {rule}\n"
    )
}

/// The transitions of a change, a line for each.
fn told(change: &FlagDiff) -> Vec<String> {
    let mut lines = Vec::new();
    for cell in &change.cells {
        let who: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
        for transition in &cell.transitions {
            let what = transition.from.format_transition(&transition.to);
            lines.push(format!(
                "{what} {:.2} % of {}",
                transition.fraction_of_units * 100.0,
                who.join(", ")
            ));
        }
    }
    lines
}

fn check(old: &str, new: &str, want: &[&str]) -> FlagDiff {
    let change = change(&flag(old), &flag(new));
    assert_eq!(told(&change), want, "{change:?}");
    change
}

#[test]
fn raised_percentage_changes_only_the_added_share() {
    let change = check(
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
    check(
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
    // A string that is no number is neither below 18 nor at least 18.
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

const SAMPLES: u64 = 100_000;
const PAIRS: u64 = 500;

#[test]
fn random_rule_changes_agree_with_sampled_evaluations() {
    let threads = 2;
    let counts: Vec<BTreeMap<&str, u64>> = std::thread::scope(|scope| {
        let run = |thread| {
            move || {
                (0..PAIRS)
                    .filter(|n| n % threads == thread)
                    .map(sampled)
                    .collect::<Vec<_>>()
            }
        };
        let handles: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(run(thread)))
            .collect();
        let joined = handles
            .into_iter()
            .flat_map(|handle| handle.join().expect("no panic"));
        joined.collect()
    });
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for count in counts {
        for (name, n) in count {
            *all.entry(name).or_default() += n;
        }
    }
    println!("{all:?}");
    assert!(all["changed"] > 200 && all["equivalent"] > 40, "{all:?}");
    assert!(
        all["words, changed"] > 80 && all["words, equivalent"] > 30,
        "{all:?}"
    );
    assert!(
        all.get("unknown").copied().unwrap_or(0) * 20 < PAIRS,
        "{all:?}"
    );
    assert!(all["moved"] > 1_000_000, "{all:?}");
}

/// One invented pair: counts the verdict and the contexts that moved.
fn sampled(seed: u64) -> BTreeMap<&'static str, u64> {
    let mut dice = Dice::new(seed + 77_000);
    let worded = seed.is_multiple_of(3);
    let (old, new) = if worded {
        in_words(&mut dice)
    } else {
        pair(&mut dice)
    };
    let (before, after) = (Loaded::new(&old), Loaded::new(&new));
    let mut comparison = FlagComparison::new(before.pair(), after.pair());
    let (cells, unknown) = comparison.compute_cells(1);
    let (verdict, of_words) = match (cells.is_empty(), unknown.is_empty()) {
        (true, true) => ("equivalent", "words, equivalent"),
        (false, true) => ("changed", "words, changed"),
        _ => return BTreeMap::from([("unknown", 1)]),
    };
    for transition in cells.iter().flat_map(|cell| &cell.transitions) {
        assert!(
            transition.fraction_of_units > 0.0 && transition.fraction_of_units <= 1.0 + 1e-9,
            "{transition:?}"
        );
    }
    let mut moved = 0;
    for _ in 0..16 {
        let attributes = literals(&random_flags::attributes(&mut dice));
        let seconds = *dice.of(&rollout::INSTANTS);
        for family in ["user-", "emp-", "u", ""] {
            moved += family_agrees(
                &mut dice,
                family,
                &attributes,
                seconds,
                &comparison,
                &cells,
                &[&old, &new],
            );
        }
    }
    BTreeMap::from([
        (verdict, 1),
        (of_words, u64::from(worded)),
        ("moved", moved),
    ])
}

/// A document in words and another one made of it.
fn in_words(dice: &mut Dice) -> (String, String) {
    let old = Words::new(dice);
    let new = match dice.below(10) {
        0 => Words::new(dice),
        1..=3 => old.respelled(dice),
        4 => old.edited(dice).edited(dice),
        _ => old.edited(dice),
    };
    (old.document().to_string(), new.document().to_string())
}

/// A document and another one made of it.
fn pair(dice: &mut Dice) -> (String, String) {
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let name = |dice: &mut Dice| (*dice.of(&["a", "b", "c"])).to_owned();
    let old = random_flags::rule(dice, 2, &mut { name });
    let new = match dice.below(10) {
        0 => random_flags::rule(dice, 2, &mut { name }),
        1..=3 => random_flags::respelled(dice, &old),
        _ => random_flags::edited(dice, &old, &names),
    };
    let write = |rule: &Value| random_flags::document(rule, &names, "d").to_string();
    (write(&old), write(&new))
}

fn literals(members: &serde_json::Map<String, Value>) -> Vec<(EcoString, OwnedValue)> {
    members
        .iter()
        .map(|(k, v)| (k.as_str().into(), literal(v)))
        .collect()
}

fn literal(value: &Value) -> OwnedValue {
    match value {
        Value::Null => OwnedValue::Null,
        Value::Bool(b) => OwnedValue::Bool(*b),
        Value::Number(n) => OwnedValue::Number(n.as_f64().unwrap()),
        Value::String(s) => OwnedValue::Text(s.as_str().into()),
        Value::Array(items) => OwnedValue::List(items.iter().map(literal).collect()),
        Value::Object(members) => OwnedValue::Map(literals(members).into()),
    }
}

/// Asks for many units that differ only in the digits of their targeting key.
fn family_agrees(
    dice: &mut Dice,
    family: &str,
    attributes: &[(EcoString, OwnedValue)],
    seconds: f64,
    comparison: &FlagComparison<'_>,
    cells: &[ChangedCell],
    [old, new]: &[&str; 2],
) -> u64 {
    let count = SAMPLES / 64;
    let mut members = attributes.to_vec();
    members.push((
        "targetingKey".into(),
        OwnedValue::Text(format!("{family}1999999999").into()),
    ));
    let asker = OwnedContext {
        attributes: members.into(),
        seconds: Some(seconds),
        ..OwnedContext::default()
    };
    let programs = [&comparison.old_program, &comparison.new_program];
    let cell = classify::find_cell(&asker, cells, &comparison.domain, &programs);
    let transitions = cell.map_or(&[][..], |at| &cells[at].transitions);
    let mut seen: Vec<u64> = vec![0; transitions.len()];
    let start = dice.below(1_000_000_000);
    for n in 0..count {
        let unit = format!("{family}{}", 1_000_000_000 + start + n);
        let before = asked(comparison.old.compiled, attributes, seconds, &unit);
        let after = asked(comparison.new.compiled, attributes, seconds, &unit);
        if before == after {
            continue;
        }
        let at = transitions
            .iter()
            .position(|t| t.from == before && t.to == after);
        let Some(at) = at else {
            panic!(
                "{before:?} to {after:?} for {unit} and {attributes:?} at {seconds} is not told: {old}\n{new}\n{transitions:?}"
            );
        };
        seen[at] += 1;
    }
    for (transition, seen) in transitions.iter().zip(&seen) {
        let (n, p) = (count as f64, transition.fraction_of_units);
        let band = 6.0 * (n * p * (1.0 - p)).sqrt() + 1e-6 * n;
        let off = (*seen as f64 - n * p).abs();
        assert!(
            off <= band.max(6.0 * f64::from(p < 1.0)),
            "{seen} of {count} for {p}, {attributes:?} {family} at {seconds}: {old}\n{new}\n{transition:?}"
        );
    }
    seen.iter().sum()
}

fn asked(
    flag: &ruleset::CompiledFlag,
    attributes: &[(EcoString, OwnedValue)],
    seconds: f64,
    unit: &str,
) -> Outcome {
    let arena = Bump::new();
    let mut context = EvaluationContext::new(&flag.read_set, &arena, seconds);
    for (name, value) in attributes {
        if let Some(read) = flag.read_set.root(name.as_bytes()) {
            context.fill_slots(read, value.to_value(&arena));
        }
    }
    if flag.read_set.full_context_flag_key.is_some() {
        let mut all: Vec<(&str, Given<'_>)> = attributes
            .iter()
            .map(|(k, v)| (&**k, v.to_value(&arena)))
            .collect();
        all.push(("targetingKey", Given::Text(unit)));
        context.set_full_context(&flag.key, all);
    }
    if let Some(read) = flag.read_set.root(b"targetingKey") {
        context.fill_slots(read, Given::Text(unit));
    }
    outcome_of_decision(flag, flag.decide(&context))
}

#[test]
fn added_and_removed_flags_are_reported() {
    let none = Loaded::new("flags: {}");
    let one = Loaded::new(&flag("{}"));
    let verdicts = |old: &Loaded, new: &Loaded| -> Vec<DiffStatus> {
        diff(old.side(), new.side(), 0)
            .iter()
            .map(|c| c.status)
            .collect()
    };
    assert_eq!(verdicts(&none, &one), [DiffStatus::Added]);
    assert_eq!(verdicts(&one, &none), [DiffStatus::Removed]);
    assert_eq!(verdicts(&one, &one), [DiffStatus::Same]);
    let _ = json!(null);
}

/// A flag with words.
fn rollout(words: &str) -> String {
    format!(
        "rings:\n  internal: {{ in: [{{ var: group }}, [employee]] }}\nflags:\n  f:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    rollout: {words}\n"
    )
}

#[test]
fn rollout_fields_are_expanded_before_comparison() {
    let old = rollout("{ variant: 'on', rings: [internal], percentage: 1, allow: [emp-1] }");
    let new = rollout(
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
        told(&change)
            .iter()
            .any(|line| line.starts_with("on→off 100.00 % of ")),
        "{change:?}"
    );
    assert_eq!(self::change(&old, &old).status, DiffStatus::Same);
}
