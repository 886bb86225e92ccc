//! Reachability of branches, against sampled evaluations.

use std::collections::BTreeSet;
use std::sync::Arc;

use fanion::analysis::engine::coverage;
use fanion::analysis::engine::coverage::Budget;
use fanion::analysis::engine::reachability::Reachability;
use fanion::analysis::engine::reachability::ReachabilityReport;
use fanion::analysis::engine::reachability::analyze_reachability;
use fanion::decision::Decision;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::flag::FlagDefinition;
use fanion::ruleset;
use fanion::value::OwnedValue;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::random_flags;
use crate::support::random_flags::SeededRng;

/// The definition of flag `f` in a document.
pub fn flag(text: &str) -> Arc<FlagDefinition> {
    let parsed = document::parse(text, DocumentFormat::Json, &evaluate::origin());
    let document = parsed.document.expect("a document");
    document.flags[0].clone()
}

fn variant(flag: &ruleset::CompiledFlag, decision: Decision) -> Option<&str> {
    match decision {
        Decision::Variant(index, _) => flag
            .variant_names
            .get(usize::from(index))
            .map(|name| &**name),
        _ => None,
    }
}

fn rule(rule: &Value) -> ReachabilityReport {
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    analyze_reachability(&flag(
        &random_flags::document(rule, &names, "d").to_string(),
    ))
}

fn verdict<'r>(reach: &'r ReachabilityReport, name: &str) -> &'r Reachability {
    let named = |end: &&fanion::analysis::engine::reachability::BranchReachability| {
        end.constant == Some(OwnedValue::Text(name.into()))
    };
    &reach
        .branches
        .iter()
        .find(named)
        .expect("the end")
        .reachability
}

/// Counts over all random rules.
#[derive(Debug, Default)]
struct Counts {
    reachable: usize,
    unreachable: usize,
    unknown: usize,
    found_by_coverage: usize,
    sampled: usize,
}

/// Checks each branch of a flag, and returns the variants of the unreachable ones.
fn check_branches(
    flag: &FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    counts: &mut Counts,
) -> BTreeSet<String> {
    let quick = coverage::analyze_coverage(flag, Budget::PER_LINTED_FLAG);
    let mut out_of_reach = BTreeSet::new();
    for (at, end) in analyze_reachability(flag).branches.iter().enumerate() {
        let excluded = matches!(end.reachability, Reachability::Unreachable(_));
        assert!(excluded || !quick.is_unreachable(at), "{end:?}");
        counts.found_by_coverage += usize::from(quick.is_unreachable(at));
        let Some(OwnedValue::Text(name)) = &end.constant else {
            continue;
        };
        match &end.reachability {
            Reachability::Reachable(example) => {
                counts.reachable += 1;
                let found = variant(compiled, example.decide(compiled));
                assert_eq!(found, Some(&**name), "{example:?}");
            }
            Reachability::Unreachable(premises) => {
                counts.unreachable += 1;
                assert!(!premises.is_empty(), "{name}");
                out_of_reach.insert(name.to_string());
            }
            Reachability::Unknown(_) => counts.unknown += 1,
        }
    }
    out_of_reach
}

#[test]
fn random_rules_agree_with_sampled_evaluations() {
    let mut counts = Counts::default();
    for seed in 0..2000 {
        let mut dice = SeededRng::new(seed);
        let mut names = vec!["default".to_owned()];
        let rule = random_flags::rule(&mut dice, 3, &mut |_| {
            names.push(format!("v{}", names.len()));
            names[names.len() - 1].clone()
        });
        let text = random_flags::document(&rule, &names, "default").to_string();
        let (ruleset, _) = evaluate::load(&text, DocumentFormat::Json);
        let compiled = ruleset.flag("f").expect("the flag");
        let out_of_reach = check_branches(&flag(&text), compiled, &mut counts);
        for _ in 0..500 {
            let mut context = random_flags::attributes(&mut dice);
            let unit = json!(random_flags::unit(&mut dice));
            context.insert("targetingKey".to_owned(), unit);
            let context = Value::Object(context);
            let answer = evaluate::evaluate(&ruleset, "f", &context);
            if let Some(variant) = answer["variant"].as_str() {
                let excluded = out_of_reach.contains(variant);
                assert!(!excluded, "{rule}: {variant} for {context}");
                counts.sampled += 1;
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.reachable > 5000 && counts.unreachable > 500);
    assert!(counts.found_by_coverage > 500);
    assert!(counts.unknown * 50 < counts.reachable);
}

#[test]
fn contradictory_conditions_prove_unreachability() {
    let reach = rule(&json!({"if": [
        {"in": [{"var": "country"}, ["DE", "AT"]]}, "a",
        {"and": [{"!!": [{"var": "beta"}]}, {"==": [{"var": "country"}, "DE"]}]}, "b",
        "c"]}));
    let Reachability::Unreachable(premises) = verdict(&reach, "b") else {
        panic!("{reach:?}")
    };
    let said: Vec<(&str, bool)> = premises
        .iter()
        .map(|p| (p.text.as_str(), p.must_hold))
        .collect();
    assert_eq!(
        said,
        [
            (r#"country in ["DE", "AT"]"#, false),
            (r#"country == "DE""#, true)
        ]
    );
    assert!(premises.iter().all(|premise| premise.position.column > 1));
    assert!(matches!(verdict(&reach, "c"), Reachability::Reachable(_)));
}

#[test]
fn unsupported_operators_are_unknown() {
    let reach = rule(&json!({"if": [
        {"==": [{"%": [{"var": "number"}, 2]}, 7]}, "a",
        {"<": [{"var": "x"}, {"var": "y"}]}, "b",
        "c"]}));
    for name in ["a", "b"] {
        assert!(
            matches!(verdict(&reach, name), Reachability::Unknown(_)),
            "{reach:?}"
        );
    }
    assert_eq!(reach.unsupported.len(), 2);
}

/// The core names only the two conditions that conflict, out of more than 40.
#[test]
fn unsat_core_is_minimal() {
    let mut arguments: Vec<Value> = Vec::new();
    for number in 0..40 {
        arguments.push(json!({"==": [{"var": "plan"}, format!("p{number}")]}));
        arguments.push(json!("a"));
    }
    arguments.insert(30, json!({"in": [{"var": "country"}, ["DE", "AT"]]}));
    arguments.insert(31, json!("a"));
    arguments.push(json!({"and": [{"var": "beta"}, {"in": [{"var": "country"}, ["AT"]]}]}));
    arguments.extend([json!("b"), json!("c")]);
    let reach = rule(&json!({ "if": arguments }));
    let Reachability::Unreachable(premises) = verdict(&reach, "b") else {
        panic!("{reach:?}")
    };
    let said: Vec<(&str, bool)> = premises
        .iter()
        .map(|p| (p.text.as_str(), p.must_hold))
        .collect();
    let want = [
        (r#"country in ["DE", "AT"]"#, false),
        (r#"country in ["AT"]"#, true),
    ];
    assert_eq!(said, want);
}
