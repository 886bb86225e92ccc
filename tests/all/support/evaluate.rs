//! Evaluation of a document and a context without a server.

pub mod compiled_document;
pub mod rollout;
pub mod rule_comparison;

use std::sync::Arc;

use bumpalo::Bump;
use fanion::decision::Decision;
use fanion::diag::Diagnostic;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use serde_json::Value;
use serde_json::json;

/// The origin of the documents in tests.
pub fn origin() -> DocumentOrigin {
    let file: Arc<str> = "flags.yaml".into();
    let source = file.clone();
    DocumentOrigin { source, file }
}

/// The compiled flags of a document, and its diagnostics.
pub fn load(text: &str, format: DocumentFormat) -> (Ruleset, Vec<Diagnostic>) {
    let parsed = document::parse(text, format, &origin());
    let mut diagnostics = parsed.diagnostics;
    let document = parsed.document.unwrap_or_default();
    let (ruleset, found) =
        ruleset::compile(&merge_documents([&document]), FractionalVersion::default());
    diagnostics.extend(found);
    (ruleset, diagnostics)
}

/// Evaluates a flag for a context: variant and reason, or an error code.
pub fn evaluate(ruleset: &Ruleset, key: &str, context: &Value) -> Value {
    let body = json!({ "context": context }).to_string();
    let flag = ruleset.flag(key).expect("a flag");
    let arena = Bump::new();
    let attributes =
        ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a context");
    let context = attributes.context_for_flag(flag, &[], &arena, 1_763_600_000.0);
    match flag.decide(&context.expect("a context")) {
        Decision::Variant(index, reason) => {
            json!({"variant": &*flag.variant_names[usize::from(index)], "reason": reason.as_str()})
        }
        Decision::Disabled => json!({"reason": "DISABLED"}),
        Decision::NoDefault => json!({"reason": "DEFAULT"}),
        Decision::Error(code) => json!({"errorCode": code.as_str()}),
    }
}

/// Returns the result of a rule for a context: the name of a variant, `default` or an error code.
pub fn rule_result(rule: &str, context: &str) -> String {
    rule_result_with_variant(rule, context, "a")
}

/// Like `rule_result`, for a flag that also has the variant `variant`.
fn rule_result_with_variant(rule: &str, context: &str, variant: &str) -> String {
    let rule: Value = serde_json::from_str(rule).expect("a rule in JSON");
    let context: Value = serde_json::from_str(context).expect("a context in JSON");
    let names = [
        "a", "b", "on", "off", "true", "false", "0", "1", "2", "3", "10", variant,
    ];
    let named = names.iter().map(|n| ((*n).to_owned(), json!(n)));
    let variants: serde_json::Map<_, _> = named.collect();
    let flag = json!({"variants": variants, "defaultVariant": "off", "targeting": rule});
    let document = json!({"flags": {"f": flag}}).to_string();
    let (ruleset, _) = load(&document, DocumentFormat::Json);
    let answer = evaluate(&ruleset, "f", &context);
    let result = match (&answer["errorCode"], &answer["reason"]) {
        (Value::String(code), _) => code,
        (_, Value::String(reason)) if reason == "DEFAULT" => "default",
        _ => answer["variant"].as_str().expect("a variant"),
    };
    result.to_owned()
}

/// Asserts the result of a rule for a context.
pub fn assert_variant(rule: &str, context: &str, want: &str) {
    let shown: String = context.chars().take(200).collect();
    let result = rule_result_with_variant(rule, context, want);
    assert_eq!(result, want, "{rule} for {shown}");
}
