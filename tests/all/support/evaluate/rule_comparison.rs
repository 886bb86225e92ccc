//! Compares the compiled rule with the oracle, value by value.

use bumpalo::Bump;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::rule::Scope;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::rule::decision_tree::DecisionTree;
use fanion::ruleset;
use fanion::ruleset::CompiledFlag;
use fanion::ruleset::EvaluationPlan;
use fanion::value::Value as FanionValue;
use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use serde_json::Value;
use serde_json::json;

use crate::support::oracle;
use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::generator::VARIANTS;

/// The time of every evaluation.
const SECONDS: u32 = 1_763_600_000;
/// The default variant, which no rule yields.
const DEFAULT: &str = "the default";

/// A rule in both forms, compiled twice: as the rule of a flag, whose result is a decision, and as the only item of a
/// list, whose result is a value.
pub struct ComparedRule {
    text: String,
    oracle: Term,
    decided: CompiledFlag,
    computed: CompiledFlag,
}

impl ComparedRule {
    pub fn new(rule: &Value) -> ComparedRule {
        ComparedRule {
            text: rule.to_string(),
            oracle: Term::from_json(rule),
            decided: compile(rule),
            computed: compile(&json!([rule])),
        }
    }

    /// Asserts that both give the same value and the same decision for a context.
    pub fn assert_equal(&self, attributes: &serde_json::Map<String, Value>) {
        let body = json!({ "context": attributes }).to_string();
        let mut data = attributes.clone();
        let flagd = json!({"flagKey": "f", "timestamp": SECONDS});
        data.insert("$flagd".to_owned(), flagd);
        let data = Term::from_json(&Value::Object(data));

        let outcome = oracle::evaluate(&self.oracle, &data);
        let want = oracle::decide(&self.oracle, &outcome, &VARIANTS);
        let decision = decide(&self.decided, &body);
        assert_eq!(decision, want, "rule {} for {body}", self.text);

        let Some(value) = compute(&self.computed, &body) else {
            return;
        };
        let equal = match (&value, &outcome) {
            (Err(_), Err(_)) => true,
            (Ok(ours), Ok(want)) => same(ours, want),
            _ => false,
        };
        assert!(
            equal,
            "{value:?} instead of {outcome:?}: rule {} for {body}",
            self.text
        );
    }
}

fn compile(rule: &Value) -> CompiledFlag {
    let named = VARIANTS.iter().chain([&DEFAULT]);
    let variants: serde_json::Map<_, _> =
        named.map(|name| ((*name).to_owned(), json!(1))).collect();
    let flag = json!({"variants": variants, "defaultVariant": DEFAULT, "targeting": rule});
    let text = json!({"flags": {"f": flag}}).to_string();
    let origin = DocumentOrigin {
        source: "s".into(),
        file: "f".into(),
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    let document = parsed.document.expect("a document");
    ruleset::compile_flag((*document.flags[0]).clone(), FractionalVersion::V2)
}

fn decide(flag: &CompiledFlag, body: &str) -> String {
    use fanion::decision::Decision;
    let arena = Bump::new();
    let request = ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes());
    let request = request.expect("a request");
    let context = request.context_for_flag(flag, &[], &arena, f64::from(SECONDS));
    match flag.decide(&context.expect("a context")) {
        Decision::Variant(index, _) => match &*flag.variant_names[usize::from(index)] {
            DEFAULT => "default".to_owned(),
            name => name.to_owned(),
        },
        Decision::Error(code) => code.as_str().to_owned(),
        other => panic!("unexpected {other:?}"),
    }
}

/// The value of the rule in a list; `None` if the rule was folded into a decision.
fn compute(flag: &CompiledFlag, body: &str) -> Option<Outcome> {
    let EvaluationPlan::Targeted(DecisionTree::Computed(rule)) = &flag.evaluation_plan else {
        return None;
    };
    let arena = Bump::new();
    let request = ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes());
    let request = request.expect("a request");
    let context = request.context_for_flag(flag, &[], &arena, f64::from(SECONDS));
    let context = context.expect("a context");
    let value = fanion::rule::eval::eval(rule, &Scope::root(&context));
    Some(match value.ok() {
        Some(FanionValue::List([value])) => Ok(to_term(*value)),
        Some(other) => panic!("{other:?} is not a list of one value"),
        None => Err(RuleFailure),
    })
}

fn to_term(value: FanionValue<'_>) -> Term {
    match value {
        FanionValue::Null => Term::Null,
        FanionValue::Bool(b) => Term::Bool(b),
        FanionValue::Number(n) => Term::Number(n),
        FanionValue::Text(text) => Term::Text(text.to_owned()),
        FanionValue::List(items) => Term::List(items.iter().map(|item| to_term(*item)).collect()),
        FanionValue::Map(members) => {
            let members = members.iter();
            Term::Map(
                members
                    .map(|(k, v)| ((*k).to_owned(), to_term(*v)))
                    .collect(),
            )
        }
    }
}

/// Equality in which NaN equals itself, and 0 differs from -0.
fn same(a: &Term, b: &Term) -> bool {
    match (a, b) {
        (Term::Number(a), Term::Number(b)) => {
            a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
        }
        (Term::List(a), Term::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Term::Map(a), Term::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}
