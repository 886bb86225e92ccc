//! JSON requests of Connect and OFREP, compared with `serde_json`.

use bumpalo::Bump;
use fanion::decision::FlagType;
use fanion::limits;
use fanion::resolve;
use fanion::resolve::ResponseMessage;
use fanion::resolve::RpcOptions;
use fanion::selector::Selector;
use fanion::value::Value as FanionValue;
use fanion::wire::Codec;
use fanion::wire::EvaluationApi;
use fanion::wire::context::encoded::EncodedContext;
use fanion::wire::evaluation::request::ResolveRequest;
use fanion::wire::ofrep::request;
use serde_json::Map;
use serde_json::Value;

use crate::checks::sample_flags;

pub const TYPES: [FlagType; 5] = [
    FlagType::Boolean,
    FlagType::String,
    FlagType::Int,
    FlagType::Float,
    FlagType::Object,
];

pub fn check(data: &[u8]) {
    let ours = ResolveRequest::decode(Codec::Json, data);
    let theirs: Result<Value, _> = serde_json::from_slice(data);
    match (&ours, &theirs) {
        (Ok(request), Ok(parsed)) => {
            check_attributes(&request.context, context_of(parsed));
            let only_key = |name: &str| parsed.get(name).and_then(Value::as_str).unwrap_or("");
            let keys = [only_key("flagKey"), only_key("flag_key")];
            assert!(keys.contains(&&*request.flag_key), "{keys:?}");
            sample_flags::assert_partial_decoding_is_equivalent(&request.context);
        }
        (Ok(_), Err(error)) => {
            // The only JSON that serde_json refuses: numbers that no float can hold.
            assert!(error.to_string().contains("number out of range"), "{error}");
        }
        (Err(error), Ok(parsed)) => assert!(is_refused(parsed, data), "{error:?}"),
        (Err(_), Err(_)) => {}
    }
    check_responses(data, Codec::Json);
    check_ofrep(data, &ours);
}

fn context_of(request: &Value) -> Map<String, Value> {
    match request.get("context") {
        Some(Value::Object(members)) => members.clone(),
        _ => Map::new(),
    }
}

/// JSON that is not a request: not an object, fields of another type, or too deep.
fn is_refused(parsed: &Value, data: &[u8]) -> bool {
    let Value::Object(members) = parsed else {
        return true;
    };
    let wrong = |name: &str, right: fn(&Value) -> bool| {
        members
            .get(name)
            .is_some_and(|value| !value.is_null() && !right(value))
    };
    wrong("flagKey", Value::is_string)
        || wrong("flag_key", Value::is_string)
        || wrong("context", Value::is_object)
        || depth(parsed) > limits::NESTING_DEPTH
        || may_have_duplicates(data)
}

/// Of a field that occurs twice, `serde_json` keeps only the last value, and the first one may be of another type.
fn may_have_duplicates(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let fields = ["\"flagKey\"", "\"flag_key\"", "\"context\""];
    text.contains("\\u") || fields.iter().any(|field| text.matches(field).count() > 1)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Asserts that the attributes are those of the expected object.
pub fn check_attributes(context: &EncodedContext<'_>, want: Map<String, Value>) {
    let arena = Bump::new();
    let members = context
        .decode_attributes(&[], &arena)
        .expect("valid attributes");
    let ours: Map<String, Value> = members
        .iter()
        .map(|(k, v)| ((*k).to_owned(), to_json(*v)))
        .collect();
    assert_eq!(Value::Object(ours), normalized(Value::Object(want)));
}

fn to_json(value: FanionValue<'_>) -> Value {
    match value {
        FanionValue::Null => Value::Null,
        FanionValue::Bool(b) => Value::Bool(b),
        FanionValue::Number(n) => n.into(),
        FanionValue::Text(text) => text.into(),
        FanionValue::List(items) => items.iter().map(|item| to_json(*item)).collect(),
        FanionValue::Map(members) => members.iter().map(|(k, v)| (*k, to_json(*v))).collect(),
    }
}

/// Every number as a float.
fn normalized(value: Value) -> Value {
    match value {
        Value::Number(n) => n.as_f64().into(),
        Value::Array(items) => items.into_iter().map(normalized).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(k, v)| (k, normalized(v)))
            .collect(),
        other => other,
    }
}

/// Asserts that every response is a message of its codec.
pub fn check_responses(body: &[u8], codec: Codec) {
    let contracts = [
        EvaluationApi::SchemaV1,
        EvaluationApi::EvaluationV1,
        EvaluationApi::EvaluationV2,
    ];
    let selectors = [Selector::All, Selector::FlagSet("set".into())];
    for contract in contracts {
        for selector in &selectors {
            let options = RpcOptions {
                contract,
                codec,
                scope: sample_flags::scope(selector),
            };
            for want in TYPES {
                check_message(
                    resolve::resolve_flag(sample_flags::snapshot(), options, want, body).ok(),
                    codec,
                );
            }
            check_message(
                resolve::resolve_all(sample_flags::snapshot(), options, body).ok(),
                codec,
            );
        }
    }
}

fn check_message(message: Option<ResponseMessage>, codec: Codec) {
    let bytes = match message {
        None => return,
        Some(ResponseMessage::Framed(bytes)) => bytes.slice(5..),
        Some(ResponseMessage::Unframed(bytes)) => bytes.into(),
    };
    if codec == Codec::Json {
        let parsed: Result<Value, _> = serde_json::from_slice(&bytes);
        assert!(parsed.is_ok_and(|message| message.is_object()), "{bytes:?}");
    }
}

/// OFREP reads at least what Connect reads, and answers with JSON.
fn check_ofrep(data: &[u8], connect: &Result<ResolveRequest<'_>, impl std::fmt::Debug>) {
    let arena = Bump::new();
    let decoded = request::decode_context(data, &arena, None);
    if connect.is_ok() {
        let context = decoded
            .as_ref()
            .map_err(|error| &error.body)
            .expect("Connect accepts the body");
        sample_flags::assert_partial_decoding_is_equivalent(context);
    }
    let snapshot = sample_flags::snapshot();
    let scope = sample_flags::scope(&Selector::All);
    let keys = snapshot.ruleset.flags.iter().map(|flag| &*flag.key);
    let single = keys
        .chain(["unknown"])
        .map(|key| resolve::ofrep::resolve_flag(snapshot, scope, key, data));
    let bulk = resolve::ofrep::resolve_all(snapshot, scope, data, "");
    for outcome in single.chain([bulk]) {
        let body = outcome.unwrap_or_else(|error| error.body);
        assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
    }
}
