//! Allocations and retained memory of evaluations.

use bumpalo::Bump;
use fanion::context::EvaluationContext;
use fanion::decision::Decision;
use fanion::decision::FlagType;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::resolve;
use fanion::resolve::RequestScope;
use fanion::resolve::RpcOptions;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::selector::Selector;
use fanion::snapshot::Snapshot;
use fanion::wire::Codec;
use fanion::wire::EvaluationApi;
use prost::Message as _;
use serde_json::Value;
use serde_json::json;

use crate::support::allocation_counter::count;
use crate::support::evaluate;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1::ResolveBooleanRequest;

/// Flags that must be evaluated without an allocation.
fn shapes() -> Vec<(&'static str, Value)> {
    let tenants: Vec<String> = (0..1_000).map(|i| format!("tenant-{i}")).collect();
    vec![
        ("static", Value::Null),
        (
            "one comparison",
            json!({"if": [{"==": [{"var": "country"}, "DE"]}, "on", "off"]}),
        ),
        (
            "ring and fractional",
            json!({"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
                {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]},
                    ["on", 5], ["off", 95]]}]}),
        ),
        (
            "fractional by default",
            json!({"fractional": [["on", 5], ["off", 95]]}),
        ),
        (
            "in over 1,000 constants",
            json!({"if": [{"in": [{"var": "tenant"}, tenants]}, "on", "off"]}),
        ),
        (
            "and, semver and ends_with",
            json!({"if": [{"and": [{"==": [{"var": "country"}, "DE"]},
                {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]},
                {"ends_with": [{"var": "email"}, "@example.com"]}]}, "on", "off"]}),
        ),
    ]
}

fn context() -> Value {
    json!({"targetingKey": "user-48213", "ring": "public", "country": "DE", "tenant": "tenant-19",
        "email": "a.person@example.com", "version": "2.3.1", "age": 41})
}

fn snapshot(rule: &Value) -> Snapshot {
    let mut flag = json!({"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "metadata": {"owner": "team"}});
    if !rule.is_null() {
        flag["targeting"] = rule.clone();
    }
    let document = json!({"flags": {"f": flag}}).to_string();
    let parsed = fanion::document::parse(&document, DocumentFormat::Json, &evaluate::origin());
    let document = merge_documents(&parsed.document);
    let (ruleset, diagnostics) = ruleset::compile(&document, FractionalVersion::default());
    assert_eq!(diagnostics, []);
    Snapshot::build(ruleset, &Snapshot::default())
}

#[test]
fn flag_evaluation_does_not_allocate() {
    for (name, rule) in shapes() {
        let snapshot = snapshot(&rule);
        let flag = &snapshot.ruleset.flags[0];
        let (text, arena) = (context().to_string(), Bump::new());
        let attributes = fanion::wire::context::encoded::EncodedContext::Json(Some(&text));
        let context: EvaluationContext<'_> = attributes
            .context_for_flag(flag, &[], &arena, 0.0)
            .expect("a context");
        let mut decision = Decision::Disabled;
        let allocations = count(|| decision = flag.decide(&context));
        assert!(
            matches!(decision, Decision::Variant(..)),
            "{name}: {decision:?}"
        );
        assert_eq!(allocations, 0, "{name}");
    }
}

#[test]
fn request_to_response_bytes_does_not_allocate() {
    for (name, rule) in shapes() {
        let snapshot = snapshot(&rule);
        let request = ResolveBooleanRequest {
            flag_key: "f".to_owned(),
            context: Some(grpc_client::proto_struct(&context())),
        };
        let body = request.encode_to_vec();
        let call = RpcOptions {
            contract: EvaluationApi::EvaluationV1,
            codec: Codec::Proto,
            scope: RequestScope {
                selector: &Selector::All,
                overlay: &[],
                clock: resolve::system_clock,
                observer: None,
            },
        };
        let ask = || resolve::resolve_flag(&snapshot, call, FlagType::Boolean, &body);
        // `Bytes` allocates its reference count at the first clone, once per snapshot.
        let first = ask();
        let mut second = None;
        let allocations = count(|| second = Some(ask()));
        assert!(first.is_ok() && second == Some(first), "{name}");
        assert_eq!(allocations, 0, "{name}");
    }
}

#[test]
fn allocation_counter_counts_a_box() {
    assert_eq!(count(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
