//! What is said to be reached is reached, and what is said to be out of reach never is.

use std::collections::BTreeSet;
use std::sync::Arc;

use fanion::decision::Decision;
use fanion::document;
use fanion::document::Format;
use fanion::document::flag::Flag;
use fanion::ruleset;
use fanion::study::reach::Reach;
use fanion::study::reach::Verdict;
use fanion::study::reach::reach;
use fanion::study::survey;
use fanion::study::survey::Effort;
use fanion::value::Literal;
use serde_json::Value;
use serde_json::json;

use crate::evaluate;
use crate::invented;
use crate::invented::Dice;

/// The flag `f` of a document, as written.
pub fn flag(text: &str) -> Arc<Flag> {
    let parsed = document::parse(text, Format::Json, &evaluate::origin());
    let document = parsed.document.expect("a document");
    document.flags[0].clone()
}

fn variant(flag: &ruleset::Flag, decision: Decision) -> Option<&str> {
    match decision {
        Decision::Variant(index, _) => flag.names.get(usize::from(index)).map(|name| &**name),
        _ => None,
    }
}

fn rule(rule: &Value) -> Reach {
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    reach(&flag(&invented::document(rule, &names, "d").to_string()))
}

fn verdict<'r>(reach: &'r Reach, name: &str) -> &'r Verdict {
    let named = |end: &&fanion::study::reach::End| end.constant == Some(Literal::Text(name.into()));
    &reach.ends.iter().find(named).expect("the end").verdict
}

#[test]
fn two_thousand_invented_rules_agree_with_trying() {
    let (mut reachable, mut unreachable, mut unknown, mut met) = (0, 0, 0, 0);
    let mut surveyed = 0;
    for seed in 0..2000 {
        let mut dice = Dice::new(seed);
        let mut names = vec!["default".to_owned()];
        let rule = invented::rule(&mut dice, 3, &mut |_| {
            names.push(format!("v{}", names.len()));
            names[names.len() - 1].clone()
        });
        let text = invented::document(&rule, &names, "default").to_string();
        let (ruleset, _) = evaluate::load(&text, Format::Json);
        let compiled = ruleset.flag("f").expect("the flag");
        let flag = flag(&text);
        let reach = reach(&flag);
        let quick = survey::survey(&flag, Effort::MANY);
        for (at, end) in reach.ends.iter().enumerate() {
            let excluded = matches!(end.verdict, Verdict::Unreachable(_));
            assert!(excluded || !quick.excludes(at), "{rule}: {end:?}");
            surveyed += usize::from(quick.excludes(at));
        }
        let mut out_of_reach = BTreeSet::new();
        for end in &reach.ends {
            let Some(Literal::Text(name)) = &end.constant else {
                continue;
            };
            match &end.verdict {
                Verdict::Reachable(asker) => {
                    reachable += 1;
                    let decision = asker.decide(compiled);
                    assert_eq!(
                        variant(compiled, decision),
                        Some(&**name),
                        "{rule} for {asker:?}"
                    );
                }
                Verdict::Unreachable(premises) => {
                    unreachable += 1;
                    assert!(!premises.is_empty(), "{rule}: {name}");
                    out_of_reach.insert(name.to_string());
                }
                Verdict::Unknown(_) => unknown += 1,
            }
        }
        for _ in 0..500 {
            let mut context = invented::attributes(&mut dice);
            context.insert("targetingKey".to_owned(), json!(invented::unit(&mut dice)));
            let context = Value::Object(context);
            let answer = evaluate::ask(&ruleset, "f", &context);
            if let Some(variant) = answer["variant"].as_str() {
                assert!(
                    !out_of_reach.contains(variant),
                    "{rule}: {variant} for {context}"
                );
                met += 1;
            }
        }
    }
    println!("{reachable} reachable, {unreachable} unreachable, {unknown} unknown; {met} answers");
    assert!(
        reachable > 5000 && unreachable > 500,
        "{reachable} {unreachable}"
    );
    assert!(surveyed > 500, "{surveyed}");
    assert!(unknown * 50 < reachable, "{unknown} unknown");
}

#[test]
fn conditions_that_exclude_each_other_are_the_proof() {
    let reach = rule(&json!({"if": [
        {"in": [{"var": "country"}, ["DE", "AT"]]}, "a",
        {"and": [{"!!": [{"var": "beta"}]}, {"==": [{"var": "country"}, "DE"]}]}, "b",
        "c"]}));
    let Verdict::Unreachable(premises) = verdict(&reach, "b") else {
        panic!("{reach:?}")
    };
    let said: Vec<(&str, bool)> = premises
        .iter()
        .map(|p| (p.text.as_str(), p.holds))
        .collect();
    assert_eq!(
        said,
        [
            (r#"country in ["DE", "AT"]"#, false),
            (r#"country == "DE""#, true)
        ]
    );
    assert!(premises.iter().all(|premise| premise.place.column > 1));
    assert!(matches!(verdict(&reach, "c"), Verdict::Reachable(_)));
}

#[test]
fn what_is_outside_of_the_theory_is_unknown() {
    let reach = rule(&json!({"if": [
        {"==": [{"%": [{"var": "number"}, 2]}, 7]}, "a",
        {"<": [{"var": "x"}, {"var": "y"}]}, "b",
        "c"]}));
    for name in ["a", "b"] {
        assert!(
            matches!(verdict(&reach, name), Verdict::Unknown(_)),
            "{reach:?}"
        );
    }
    assert_eq!(reach.outside.len(), 2);
}

/// The fewest conditions of a long rule, told apart from those that do no harm.
#[test]
fn a_proof_has_no_condition_too_many() {
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
    let Verdict::Unreachable(premises) = verdict(&reach, "b") else {
        panic!("{reach:?}")
    };
    let said: Vec<(&str, bool)> = premises
        .iter()
        .map(|p| (p.text.as_str(), p.holds))
        .collect();
    let want = [
        (r#"country in ["DE", "AT"]"#, false),
        (r#"country in ["AT"]"#, true),
    ];
    assert_eq!(said, want);
}
