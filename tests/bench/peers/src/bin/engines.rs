//! Measures rule engines that evaluate flags in the process of a Rust program. Usage: `engines RULES`.
//!
//! RULES is a JSON object of names and targeting rules with the variants `on` and `off`. All rules are evaluated for
//! the context in its member `context`. Prints a JSON object of nanoseconds by rule and engine.

use std::hint::black_box;
use std::time::Instant;

use flagd_evaluation_engine::targeting::Operator;
use open_feature::EvaluationContext;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const FLAG: &str = "checkout.payments.express-pay";

/// The best of several runs in nanoseconds, because interference only makes a run longer.
fn time(mut once: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..30 {
        let (begun, count) = (Instant::now(), 2_000);
        for _ in 0..count {
            once();
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / f64::from(count));
    }
    best
}

/// The context with the `$flagd` properties, for engines that do not add them.
fn enriched(context: &Value) -> Value {
    let mut context = context.clone();
    context["$flagd"] = json!({"flagKey": FLAG, "timestamp": 1_763_600_000});
    context
}

fn datalogic(rule: &Value, context: &Value, out: &mut Map<String, Value>) {
    let engine = datalogic_rs::Engine::new();
    let logic = engine.compile(&*rule.to_string()).expect("a valid rule");
    let mut session = engine.session();
    let text = enriched(context).to_string();
    let parsed = datalogic_rs::ParsedData::from_json(&text).expect("JSON");
    let run = time(|| {
        black_box(session.eval_borrowed(&logic, black_box(&parsed)).expect("an outcome"));
        session.reset();
    });
    out.insert("datalogic-rs, parsed context".into(), run.into());
    let run = time(|| {
        black_box(session.eval_borrowed(&logic, black_box(text.as_str())).expect("an outcome"));
        session.reset();
    });
    out.insert("datalogic-rs, JSON context".into(), run.into());
}

fn jsonlogic(rule: &Value, context: &Value, out: &mut Map<String, Value>) {
    let context = enriched(context);
    // jsonlogic-rs does not support flagd's operators and reports no error for them.
    let foreign = ["fractional", "sem_ver", "ends_with", "starts_with"];
    if foreign.iter().any(|operator| rule.to_string().contains(operator)) {
        return;
    }
    let run = time(|| drop(black_box(jsonlogic_rs::apply(black_box(rule), black_box(&context)))));
    out.insert("jsonlogic-rs, parsed context".into(), run.into());
}

/// The engine that the official Rust provider runs in process.
fn official(rule: &Value, context: &Value, out: &mut Map<String, Value>) {
    let mut asked = EvaluationContext::default();
    for (name, value) in context.as_object().expect("an object") {
        asked = match value {
            Value::String(text) if name == "targetingKey" => asked.with_targeting_key(text),
            Value::String(text) => asked.with_custom_field(name, text.clone()),
            Value::Number(number) => asked.with_custom_field(name, number.as_i64().expect("a whole number")),
            _ => panic!("unsupported attribute type"),
        };
    }
    let (operator, rule) = (Operator::new(), rule.to_string());
    let run = time(|| drop(black_box(operator.apply(FLAG, black_box(&rule), black_box(&asked)).expect("an outcome"))));
    out.insert("flagd-evaluation-engine".into(), run.into());
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: engines RULES");
    let mut rules: Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON");
    let context = rules.remove("context").expect("a context");
    let mut all = Map::new();
    for (name, rule) in &rules {
        let mut out = Map::new();
        datalogic(rule, &context, &mut out);
        jsonlogic(rule, &context, &mut out);
        official(rule, &context, &mut out);
        all.insert(name.clone(), out.into());
    }
    println!("{}", serde_json::to_string_pretty(&all).expect("JSON"));
}
