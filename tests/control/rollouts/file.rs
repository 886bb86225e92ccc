//! A flag of a flag file, and the variants of units.

use fanion::analysis::model::owned_context::OwnedContext;
use fanion::decision::Decision;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::flag::FlagDefinition;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::CompiledFlag;
use fanion::value::OwnedValue;
use serde_json::Value;
use serde_json::json;

/// The flag `f`, which has the variants `on`, `off` and `beta`, and this rollout.
pub fn flag(rollout: &Value) -> FlagDefinition {
    let text = json!({
        "rings": {"internal": {"segments": ["employee"]}},
        "flags": {"f": {
            "state": "ENABLED", "variants": {"on": 1, "off": 0, "beta": 2}, "defaultVariant": "off", "rollout": rollout,
        }},
    });
    parse(&text)
}

pub fn parse(document: &Value) -> FlagDefinition {
    let origin = DocumentOrigin {
        source: "flags.json".into(),
        file: "flags.json".into(),
    };
    let parsed = document::parse(&document.to_string(), DocumentFormat::Json, &origin);
    assert_eq!(parsed.diagnostics, [], "{document}");
    let flags = parsed.document.expect("a document").flags;
    (**flags.first().expect("a flag")).clone()
}

pub fn compile(flag: &FlagDefinition) -> CompiledFlag {
    ruleset::compile_flag(flag.clone(), FractionalVersion::default())
}

/// The variant of a unit at a time in seconds since 1970, in a ring or in none.
pub fn variant(flag: &CompiledFlag, unit: &str, ring: Option<&str>, seconds: u64) -> String {
    let mut context = OwnedContext {
        seconds: Some(seconds as f64),
        ..OwnedContext::default()
    };
    context.set_at_path("targetingKey", OwnedValue::Text(unit.into()));
    if let Some(ring) = ring {
        context.set_at_path("ring", OwnedValue::Text(ring.into()));
    }
    match context.decide(flag) {
        Decision::Variant(index, _) => flag.variant_names[usize::from(index)].to_string(),
        other => format!("{other:?}"),
    }
}

/// The units of 10,000 that get `on`.
pub fn cohort(flag: &CompiledFlag, seconds: u64) -> Vec<usize> {
    let units =
        (0..10_000).filter(|at| variant(flag, &format!("user-{at}"), None, seconds) == "on");
    units.collect()
}
