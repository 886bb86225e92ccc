//! Explanations of evaluations agree with the evaluations.

use std::sync::Arc;

use bumpalo::Bump;
use fanion::analysis::explain::counterfactual;
use fanion::analysis::explain::trace::Trace;
use fanion::analysis::explain::trace::step::TraceStep;
use fanion::analysis::explain::trace::trace;
use fanion::analysis::model::owned_context::OwnedContext;
use fanion::analysis::outcome::Outcome;
use fanion::document::DocumentFormat;
use fanion::document::flag::FlagDefinition;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::value::OwnedValue;
use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::flagd::recordings;

struct LoadedFlags {
    flags: Vec<Arc<FlagDefinition>>,
    ruleset: Ruleset,
}

fn load(text: &str) -> LoadedFlags {
    let parsed = fanion::document::parse(text, DocumentFormat::Json, &evaluate::origin());
    let document =
        fanion::document::merge::merge_documents([&parsed.document.expect("a document")]);
    let (ruleset, _) = ruleset::compile(&document, FractionalVersion::V2);
    LoadedFlags {
        flags: document.flags,
        ruleset,
    }
}

fn owned_context(context: &Value) -> OwnedContext {
    let body = json!({ "context": context }).to_string();
    let arena = Bump::new();
    let attributes =
        ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a context");
    let members = attributes
        .decode_attributes(&[], &arena)
        .expect("members")
        .into_iter();
    let members = members
        .map(|(name, value)| (name.into(), value.to_owned_value()))
        .collect();
    OwnedContext {
        attributes: members,
        seconds: Some(1_763_600_000.0),
        ..OwnedContext::default()
    }
}

fn trace_checked_against_evaluation(
    loaded: &LoadedFlags,
    key: &str,
    asker: &OwnedContext,
) -> Trace {
    let at = loaded
        .ruleset
        .position(key, &fanion::selector::Selector::All)
        .expect("the flag");
    let (flag, compiled) = (&loaded.flags[at], &loaded.ruleset.flags[at]);
    let trace = trace(flag, compiled, asker);
    assert_eq!(
        trace.decision,
        asker.decide(compiled),
        "{key} for {asker:?}: {trace:?}"
    );
    trace
}

fn check_corpus(name: &str, expected: usize) {
    let corpus = recordings::corpus(name);
    let loaded = load(&recordings::document(&corpus));
    let mut count = 0;
    for (key, rule, context, want) in recordings::cases(&corpus) {
        let trace = trace_checked_against_evaluation(&loaded, key, &owned_context(context));
        let at = loaded
            .ruleset
            .position(key, &fanion::selector::Selector::All)
            .expect("the flag");
        match Outcome::from_decision(&loaded.ruleset.flags[at], trace.decision) {
            Outcome::Variant(variant, _) => {
                assert_eq!(want["variant"], *variant, "{rule} for {context}");
                assert_eq!(
                    want["reason"],
                    trace.decision.reason(),
                    "{rule} for {context}"
                );
            }
            Outcome::Error(code) => {
                assert_eq!(want["errorCode"], code.as_str(), "{rule} for {context}");
            }
            other => assert_eq!(want["reason"], "DEFAULT", "{rule} for {context}: {other:?}"),
        }
        count += 1;
    }
    assert_eq!(count, expected);
}

#[test]
fn traces_agree_with_realistic_recorded_answers() {
    check_corpus("realistic", 3200);
}

#[test]
fn traces_agree_with_wild_recorded_answers() {
    check_corpus("wild", 2000);
}

/// The public suite, with its results as variant names, so that the value of a rule selects the variant.
#[test]
fn traces_agree_with_evaluation_on_the_jsonlogic_suite() {
    let path = format!("{}/tests/data/jsonlogic.json", env!("CARGO_MANIFEST_DIR"));
    let suite: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the suite")).expect("JSON");
    let cases: Vec<&Vec<Value>> = suite.iter().filter_map(Value::as_array).collect();
    let variants: serde_json::Map<_, _> = cases
        .iter()
        .map(|case| (case[2].to_string().replace('"', ""), json!(1)))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let (mut count, mut chosen) = (0, 0);
    for case in cases {
        let flag = json!({"variants": variants, "targeting": case[0]});
        let loaded = load(&json!({"flags": {"f": flag}}).to_string());
        let data = if case[1].is_object() {
            case[1].clone()
        } else {
            json!({ "data": case[1] })
        };
        let trace = trace_checked_against_evaluation(&loaded, "f", &owned_context(&data));
        chosen += usize::from(matches!(
            trace.decision,
            fanion::decision::Decision::Variant(..)
        ));
        count += 1;
    }
    assert!(count > 250 && chosen > 100, "{count} {chosen}");
}

const PAY: &str = r#"{"flags": {"pay": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
 "targeting": {"if": [
   {"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
   {"fractional": [["on", 5], ["off", 95]]}]}}}}"#;

fn find<'s>(steps: &'s [TraceStep], operator: &str) -> &'s TraceStep {
    fn below<'s>(steps: &'s [TraceStep], operator: &str) -> Option<&'s TraceStep> {
        steps.iter().find_map(|step| {
            let this = (step.operator == operator).then_some(step);
            this.or_else(|| below(&step.substeps, operator))
        })
    }
    below(steps, operator).expect("the step")
}

#[test]
fn trace_shows_attribute_values_and_source_positions() {
    let loaded = load(PAY);
    let trace = trace_checked_against_evaluation(
        &loaded,
        "pay",
        &owned_context(&json!({"targetingKey": "emp-42", "ring": "ga"})),
    );
    let step = find(&trace.steps, "in");
    assert_eq!((step.position.line, step.position.column), (3, 4));
    assert_eq!(step.text, r#"ring in ["internal", "beta"]"#);
    assert_eq!(
        step.attributes_read,
        [("ring".to_owned(), OwnedValue::Text("ga".into()))]
    );
    assert_eq!(step.result, Some(OwnedValue::Bool(false)));
    let shares = find(&trace.steps, "fractional")
        .fractional
        .as_ref()
        .expect("shares");
    assert_eq!(shares.key, "payemp-42");
    assert_eq!(
        shares.hash,
        fanion::analysis::model::bucketing::bucketing_hash("payemp-42")
    );
    assert_eq!(
        shares
            .shares
            .iter()
            .map(|s| (s.first_bucket, s.end_bucket))
            .collect::<Vec<_>>(),
        [(0, 5), (5, 100)]
    );
    assert_eq!(
        (trace.decided_by.position.line, &*trace.decided_by.text),
        (4, "the share \"off\" of `fractional`")
    );
}

#[test]
fn counterfactual_names_the_change_to_another_variant() {
    let loaded = load(PAY);
    let asker = owned_context(&json!({"targetingKey": "emp-42", "ring": "ga"}));
    let (ways, whole) =
        counterfactual::find_counterfactuals(&loaded.flags[0], &loaded.ruleset.flags[0], &asker);
    assert!(whole);
    assert_eq!(ways.len(), 1);
    let way = &ways[0];
    assert_eq!(way.outcome.name(), "on");
    if let [other] = &way.attribute_changes[..] {
        assert_eq!(other.condition, r#"ring in ["internal", "beta"]"#);
    } else {
        let hash = &way.hash_changes[0];
        assert!(hash.from == 0 && hash.current >= hash.to, "{way:?}");
    }
}
