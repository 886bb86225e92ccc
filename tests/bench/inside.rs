//! Measures evaluations without a network: `decide` from a context to a decision, and `wire` from the bytes of a
//! request to the bytes of the response.
//!
//! ```text
//! cargo bench --bench inside -- time [PART OF A NAME]   nanoseconds, the best and the median of many runs
//! cargo bench --bench inside -- rules                   the rules and their context, for other engines
//! cargo bench --bench inside -- list                    the names of the cases
//! cargo bench --bench inside -- run NAME COUNT          runs a case COUNT times, for `tests/bench/counts`
//! ```

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench"
)]

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use bumpalo::Bump;
use fanion::decision::FlagType;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
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
use fanion::wire::context::encoded::EncodedContext;
use prost::Message as _;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// The requested flag.
const FLAG: &str = "checkout.payments.express-pay";

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["rules"] => println!("{}", shared()),
        ["list"] => names().iter().for_each(|name| println!("{name}")),
        ["run", name, count] => {
            let count = count.parse().expect("a count");
            case(name, &mut |work| measured(work, count));
        }
        ["time"] => time(""),
        ["time", part] => time(part),
        _ => println!("usage: inside rules | list | time [PART] | run NAME COUNT"),
    }
}

/// `tests/bench/counts` counts the instructions of this function.
#[inline(never)]
fn measured(work: &dyn Fn(), count: usize) {
    for _ in 0..count {
        work();
    }
}

fn time(part: &str) {
    for name in names().iter().filter(|name| name.contains(part)) {
        case(name, &mut |work| {
            let (best, median) = sample(work);
            println!("{}", json!({"name": name, "best": best, "median": median}));
        });
    }
}

/// The best and the median of many short runs, in nanoseconds.
fn sample(work: &dyn Fn()) -> (f64, f64) {
    let run = |count: u32| {
        let begun = Instant::now();
        measured(work, count as usize);
        begun.elapsed()
    };
    let mut count = 1;
    while run(count) < Duration::from_millis(1) {
        count *= 2;
    }
    let mut runs: Vec<f64> = (0..50)
        .map(|_| run(count).as_nanos() as f64 / f64::from(count))
        .collect();
    runs.sort_by(f64::total_cmp);
    (runs[0], runs[runs.len() / 2])
}

/// The rules and the context with which other engines are measured.
fn shared() -> Value {
    let rules = rules().into_iter().filter(|(_, rule)| !rule.is_null());
    let mut all: Map<_, _> = rules.map(|(name, rule)| (name.to_owned(), rule)).collect();
    all.insert("context".to_owned(), context());
    all.into()
}

/// The names of all cases: a group, then the varied property.
fn names() -> Vec<String> {
    let mut names: Vec<String> = rules()
        .iter()
        .map(|(name, _)| format!("decide/{name}"))
        .collect();
    names.extend([1, 10, 100, 1_000].map(|n| format!("decide/rule-{n}")));
    for codec in ["proto", "json", "ofrep"] {
        names.extend(["static", "ring"].map(|rule| format!("wire/{codec}/{rule}")));
        names.extend([10, 100, 1_000].map(|n| format!("wire/{codec}/context-{n}")));
        names.push(format!("wire/{codec}/all-100"));
    }
    names.extend([1, 1_000, 100_000].map(|n| format!("wire/proto/flags-{n}")));
    names
}

/// Prepares a case and passes its work to `then`.
fn case(name: &str, then: &mut dyn FnMut(&dyn Fn())) {
    let parts: Vec<&str> = name.split('/').collect();
    let (what, number) = parts[parts.len() - 1].rsplit_once('-').unwrap_or(("", ""));
    let number = number.parse().unwrap_or(0);
    let known = |wanted: &str| {
        let rules = rules();
        let rule = rules.into_iter().find(|(name, _)| *name == wanted);
        rule.unwrap_or_else(|| panic!("no case `{name}`")).1
    };
    match (parts.as_slice(), what) {
        (["decide", _], "rule") => decide(&chain(number), then),
        (["decide", rule], _) => decide(&known(rule), then),
        (["wire", codec, _], "context") => {
            let rule = json!({"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
                {"if": [{"==": [{"var": "country"}, "FR"]}, "on", "off"]}]});
            wire(codec, &snapshot(&rule, 1), &padded(number), then);
        }
        (["wire", codec, _], "all") => all(codec, &snapshot(&known("ring"), number), then),
        (["wire", codec, _], "flags") => {
            wire(codec, &snapshot(&known("ring"), number), &context(), then);
        }
        (["wire", codec, rule], _) => wire(codec, &snapshot(&known(rule), 1), &context(), then),
        _ => panic!("no case `{name}`"),
    }
}

/// The rules of the budgets.
fn rules() -> Vec<(&'static str, Value)> {
    let constants: Vec<String> = (0..1_000).map(|i| format!("tenant-{i}")).collect();
    vec![
        ("static", Value::Null),
        (
            "comparison",
            json!({"if": [{"==": [{"var": "country"}, "DE"]}, "on", "off"]}),
        ),
        (
            "ring",
            json!({"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
                {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]},
                    ["on", 5], ["off", 95]]}]}),
        ),
        (
            "semver",
            json!({"if": [{"and": [{"==": [{"var": "country"}, "DE"]},
                {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]},
                {"ends_with": [{"var": "email"}, "@example.com"]}]}, "on", "off"]}),
        ),
        (
            "among",
            json!({"if": [{"in": [{"var": "tenant"}, constants]}, "on", "off"]}),
        ),
    ]
}

/// A rule with `number` comparisons, all of which are evaluated.
fn chain(number: usize) -> Value {
    let country = |i: usize| json!({"==": [{"var": "country"}, format!("C{i}")]});
    json!({"if": [{"or": (0..number).map(country).collect::<Vec<_>>()}, "on", "off"]})
}

/// Six attributes, which the [`rules`] read.
fn context() -> Value {
    json!({"targetingKey": "user-48213", "ring": "public", "country": "DE", "tenant": "tenant-719",
        "email": "a.person@example.com", "version": "2.3.1"})
}

/// The context, padded to `number` attributes.
fn padded(number: usize) -> Value {
    let mut all = Map::new();
    for i in 6..number {
        let text = format!("value of attribute {i}");
        all.insert(format!("attribute-{i:04}"), text.into());
    }
    let Value::Object(read) = context() else {
        panic!("not an object");
    };
    all.extend(read);
    all.into()
}

/// `number` flags with the same rule. One of them is [`FLAG`], and keys have at most 40 bytes.
fn snapshot(rule: &Value, number: usize) -> Snapshot {
    let mut flag = json!({"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "metadata": {"owner": "team"}});
    if !rule.is_null() {
        flag["targeting"] = rule.clone();
    }
    let mut flags = Map::new();
    for i in 1..number {
        flags.insert(format!("checkout.payments.number-{i}"), flag.clone());
    }
    flags.insert(FLAG.to_owned(), flag);
    let text = json!({"flags": flags}).to_string();
    let origin = DocumentOrigin {
        source: "bench".into(),
        file: "bench.json".into(),
    };
    let document =
        merge_documents(&fanion::document::parse(&text, DocumentFormat::Json, &origin).document);
    let (ruleset, diagnostics) = ruleset::compile(&document, FractionalVersion::default());
    assert_eq!(diagnostics, []);
    Snapshot::build(ruleset, &Snapshot::default())
}

fn decide(rule: &Value, then: &mut dyn FnMut(&dyn Fn())) {
    let snapshot = snapshot(rule, 1);
    let flag = &snapshot.ruleset.flags[0];
    let (text, arena) = (context().to_string(), Bump::new());
    let attributes = EncodedContext::Json(Some(&text));
    let context = attributes.context_for_flag(flag, &[], &arena, 0.0);
    let context = context.expect("a context");
    then(&|| {
        black_box(black_box(flag).decide(black_box(&context)));
    });
}

fn around() -> RequestScope<'static> {
    RequestScope {
        selector: &Selector::All,
        overlay: &[],
        clock: resolve::system_clock,
        observer: None,
    }
}

fn call(codec: Codec) -> RpcOptions<'static> {
    RpcOptions {
        contract: EvaluationApi::EvaluationV1,
        codec,
        scope: around(),
    }
}

/// Resolves one flag.
fn wire(codec: &str, snapshot: &Snapshot, context: &Value, then: &mut dyn FnMut(&dyn Fn())) {
    let wanted = FlagType::Boolean;
    match codec {
        "proto" => {
            let body = proto(1, Some(FLAG), context);
            then(&|| {
                let answer =
                    resolve::resolve_flag(snapshot, call(Codec::Proto), wanted, black_box(&body));
                drop(black_box(answer.expect("an answer")));
            });
        }
        "json" => {
            let body = json!({"flagKey": FLAG, "context": context}).to_string();
            then(&|| {
                let body = black_box(body.as_bytes());
                let answer = resolve::resolve_flag(snapshot, call(Codec::Json), wanted, body);
                drop(black_box(answer.expect("an answer")));
            });
        }
        _ => {
            let body = json!({"context": context}).to_string();
            then(&|| {
                let body = black_box(body.as_bytes());
                let answer = resolve::ofrep::resolve_flag(snapshot, around(), FLAG, body);
                drop(black_box(answer.expect("an answer")));
            });
        }
    }
}

/// Resolves all flags.
fn all(codec: &str, snapshot: &Snapshot, then: &mut dyn FnMut(&dyn Fn())) {
    let context = context();
    match codec {
        "proto" => {
            let body = proto(0, None, &context);
            then(&|| {
                let answer = resolve::resolve_all(snapshot, call(Codec::Proto), black_box(&body));
                drop(black_box(answer.expect("an answer")));
            });
        }
        "json" => {
            let body = json!({"context": context}).to_string();
            then(&|| {
                let body = black_box(body.as_bytes());
                let answer = resolve::resolve_all(snapshot, call(Codec::Json), body);
                drop(black_box(answer.expect("an answer")));
            });
        }
        _ => {
            let body = json!({"context": context}).to_string();
            then(&|| {
                let body = black_box(body.as_bytes());
                let answer = resolve::ofrep::resolve_all(snapshot, around(), body, "");
                drop(black_box(answer.expect("an answer")));
            });
        }
    }
}

/// A request in protobuf: an optional key, then the context in field `before + 1`.
fn proto(before: u32, key: Option<&str>, context: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(key) = key {
        prost::encoding::string::encode(1, &key.to_owned(), &mut body);
    }
    let context = structure(context);
    let length = context.encoded_len() as u64;
    prost::encoding::encode_key(
        before + 1,
        prost::encoding::WireType::LengthDelimited,
        &mut body,
    );
    prost::encoding::encode_varint(length, &mut body);
    body.extend(context.encode_to_vec());
    body
}

fn structure(context: &Value) -> prost_types::Struct {
    let text = |value: &Value| {
        let text = value.as_str().expect("a text").to_owned();
        let kind = Some(prost_types::value::Kind::StringValue(text));
        prost_types::Value { kind }
    };
    let members = context.as_object().expect("an object");
    let fields = members
        .iter()
        .map(|(name, value)| (name.clone(), text(value)));
    prost_types::Struct {
        fields: fields.collect(),
    }
}
