//! Diff of random documents against sampled evaluations.

use std::collections::BTreeMap;

use bumpalo::Bump;
use ecow::EcoString;
use fanion::analysis::diff;
use fanion::analysis::diff::changed_cell;
use fanion::analysis::diff::changed_cell::ChangedCell;
use fanion::analysis::diff::flag_comparison::FlagComparison;
use fanion::analysis::model::owned_context::OwnedContext;
use fanion::analysis::outcome::Outcome;
use fanion::context::EvaluationContext;
use fanion::ruleset;
use fanion::value::OwnedValue;
use fanion::value::Value as Given;
use serde_json::Value;

use crate::support::evaluate::compiled_document::CompiledDocument;
use crate::support::random_flags;
use crate::support::random_flags::SeededRng;
use crate::support::random_flags::rollout;
use crate::support::random_flags::rollout::RandomRollout;

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
                    .map(compare_random_pair)
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

/// Compares one random pair of documents. Returns counts of the verdict and of contexts whose variant changed.
fn compare_random_pair(seed: u64) -> BTreeMap<&'static str, u64> {
    let mut dice = SeededRng::new(seed + 77_000);
    let worded = seed.is_multiple_of(3);
    let (old, new) = if worded {
        random_rollout_pair(&mut dice)
    } else {
        random_rule_pair(&mut dice)
    };
    let (before, after) = (CompiledDocument::new(&old), CompiledDocument::new(&new));
    let mut comparison = FlagComparison::new(before.first_flag(), after.first_flag());
    let (cells, unknown) = diff::changed_cells(&mut comparison, 1);
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
            moved += assert_shares_match_samples(
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

/// A random document with rollout fields, and a variation of it.
fn random_rollout_pair(dice: &mut SeededRng) -> (String, String) {
    let old = RandomRollout::new(dice);
    let new = match dice.below(10) {
        0 => RandomRollout::new(dice),
        1..=3 => old.respelled(dice),
        4 => old.edited(dice).edited(dice),
        _ => old.edited(dice),
    };
    (old.document().to_string(), new.document().to_string())
}

/// A random document with a targeting rule, and a variation of it.
fn random_rule_pair(dice: &mut SeededRng) -> (String, String) {
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let name = |dice: &mut SeededRng| (*dice.of(&["a", "b", "c"])).to_owned();
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

/// Evaluates many units that differ only in the digits of their targeting key, and compares shares with the diff.
fn assert_shares_match_samples(
    dice: &mut SeededRng,
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
    let cell = changed_cell::find_cell(&asker, cells, &comparison.domain, &programs);
    let transitions = cell.map_or(&[][..], |at| &cells[at].transitions);
    let mut seen: Vec<u64> = vec![0; transitions.len()];
    let start = dice.below(1_000_000_000);
    for n in 0..count {
        let unit = format!("{family}{}", 1_000_000_000 + start + n);
        let before = evaluate_user(comparison.old.compiled, attributes, seconds, &unit);
        let after = evaluate_user(comparison.new.compiled, attributes, seconds, &unit);
        if before == after {
            continue;
        }
        let at = transitions
            .iter()
            .position(|t| t.from == before && t.to == after);
        let Some(at) = at else {
            panic!(
                "{before:?} to {after:?} for {unit} and {attributes:?} at {seconds} is not reported: {old}\n{new}\n{transitions:?}"
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

fn evaluate_user(
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
        context.set_full_context(&flag.key, &all);
    }
    if let Some(read) = flag.read_set.root(b"targetingKey") {
        context.fill_slots(read, Given::Text(unit));
    }
    Outcome::from_decision(flag, flag.decide(&context))
}
