//! Flags, contexts and results.

use cucumber::gherkin::Step;
use cucumber::given;
use cucumber::then;
use cucumber::when;
use open_feature::EvaluationContextFieldValue;
use open_feature::EvaluationDetails;
use open_feature::EvaluationError;
use open_feature::EvaluationReason;
use open_feature::FlagMetadataValue;
use open_feature::StructValue;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::World;
use crate::values::same;
use crate::values::value;

#[derive(Debug, Default)]
pub struct Flag {
    kind: String,
    key: String,
    fallback: Value,
}

#[derive(Debug, Default)]
pub struct Answer {
    value: Value,
    variant: Option<String>,
    reason: String,
    error: String,
    metadata: Map<String, Value>,
}

#[given(regex = r#"^a (\w+)-flag with key "([^"]*)" and a default value "([^"]*)"$"#)]
fn flag(world: &mut World, kind: String, key: String, text: String) {
    let fallback = value(&kind, &text);
    world.flag = Flag {
        kind,
        key,
        fallback,
    };
}

#[given(
    regex = r#"^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$"#
)]
fn context_with(world: &mut World, key: String, kind: String, text: String) {
    let field = match value(&kind, &text) {
        Value::Bool(field) => field.into(),
        Value::String(text) if key == "targetingKey" => {
            world.context.targeting_key = Some(text);
            return;
        }
        Value::String(field) => field.into(),
        Value::Number(number) => match number.as_i64() {
            Some(field) => field.into(),
            None => number.as_f64().expect("a number").into(),
        },
        object => structure(object),
    };
    world.context.custom_fields.insert(key, field);
}

#[given(
    regex = r#"^a context containing a nested property with outer key "([^"]*)" and inner key "([^"]*)", with value "([^"]*)"$"#
)]
fn context_with_nested(world: &mut World, outer: String, inner: String, text: String) {
    world
        .context
        .custom_fields
        .insert(outer, structure(json!({ inner: text })));
}

#[given(regex = r#"^a context containing a targeting key with value "([^"]*)"$"#)]
fn targeting_key(world: &mut World, text: String) {
    world.context.targeting_key = Some(text);
}

/// An object in the provider's type.
fn structure(object: Value) -> EvaluationContextFieldValue {
    let Value::Object(members) = object else {
        panic!("{object} is not an object")
    };
    let fields = members
        .into_iter()
        .map(|(key, member)| (key, sdk(member)))
        .collect();
    EvaluationContextFieldValue::new_struct(StructValue { fields })
}

fn sdk(value: Value) -> open_feature::Value {
    match value {
        Value::Bool(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| number.as_f64().expect("a number").into(), Into::into),
        Value::Array(members) => open_feature::Value::Array(members.into_iter().map(sdk).collect()),
        Value::Object(members) => {
            let fields = members
                .into_iter()
                .map(|(key, member)| (key, sdk(member)))
                .collect();
            open_feature::Value::Struct(StructValue { fields })
        }
        Value::Null => panic!("the SDK has no null"),
    }
}

#[when("the flag was evaluated with details")]
async fn evaluated(world: &mut World) {
    let client = &world.client.as_ref().expect("a client").0;
    let Flag {
        kind,
        key,
        fallback,
    } = &world.flag;
    let context = Some(&world.context);
    world.answer = match kind.as_str() {
        "Boolean" => answer(
            client.get_bool_details(key, context, None).await,
            fallback,
            |value| json!(value),
        ),
        "String" => answer(
            client.get_string_details(key, context, None).await,
            fallback,
            |value| json!(value),
        ),
        "Integer" => answer(
            client.get_int_details(key, context, None).await,
            fallback,
            |value| json!(value),
        ),
        "Float" => answer(
            client.get_float_details(key, context, None).await,
            fallback,
            |value| json!(value),
        ),
        "Object" => answer(
            client
                .get_struct_details::<StructValue>(key, context, None)
                .await,
            fallback,
            |value| object(&value),
        ),
        _ => panic!("unknown type {kind}"),
    };
}

/// The result of an evaluation, or the caller's default, which users of the SDK must apply themselves.
fn answer<T>(
    got: Result<EvaluationDetails<T>, EvaluationError>,
    fallback: &Value,
    json: impl Fn(T) -> Value,
) -> Answer {
    match got {
        Ok(details) => Answer {
            value: json(details.value),
            variant: details.variant,
            reason: details
                .reason
                .map_or_else(String::new, |reason| reason.to_string()),
            error: String::new(),
            metadata: details
                .flag_metadata
                .values
                .into_iter()
                .map(|(key, value)| (key, metadatum(value)))
                .collect(),
        },
        Err(error) => Answer {
            value: fallback.clone(),
            reason: EvaluationReason::Error.to_string(),
            error: error.code.to_string(),
            ..Answer::default()
        },
    }
}

fn metadatum(value: FlagMetadataValue) -> Value {
    match value {
        FlagMetadataValue::Bool(value) => json!(value),
        FlagMetadataValue::Int(value) => json!(value),
        FlagMetadataValue::Float(value) => json!(value),
        FlagMetadataValue::String(value) => json!(value),
    }
}

fn object(value: &StructValue) -> Value {
    value
        .fields
        .iter()
        .map(|(key, member)| (key.clone(), plain(member)))
        .collect()
}

fn plain(value: &open_feature::Value) -> Value {
    match value {
        open_feature::Value::Bool(value) => json!(value),
        open_feature::Value::Int(value) => json!(value),
        open_feature::Value::Float(value) => json!(value),
        open_feature::Value::String(value) => json!(value),
        open_feature::Value::Array(members) => members.iter().map(plain).collect(),
        open_feature::Value::Struct(members) => object(members),
    }
}

#[then(regex = r#"^the resolved details value should be "(.*)"$"#)]
fn value_is(world: &mut World, text: String) {
    let wanted = value(&world.flag.kind, &text);
    assert!(
        same(&world.answer.value, &wanted),
        "wanted {wanted}, got {:?}",
        world.answer
    );
}

#[then(regex = r#"^the reason should be "([^"]*)"$"#)]
fn reason_is(world: &mut World, text: String) {
    assert_eq!(world.answer.reason, text, "{:?}", world.answer);
}

#[then(regex = r#"^the variant should be "([^"]*)"$"#)]
fn variant_is(world: &mut World, text: String) {
    assert_eq!(
        world.answer.variant.as_deref(),
        Some(text.as_str()),
        "{:?}",
        world.answer
    );
}

#[then(regex = r#"^the error-code should be "([^"]*)"$"#)]
fn error_is(world: &mut World, text: String) {
    assert_eq!(world.answer.error, text, "{:?}", world.answer);
}

#[then("the resolved metadata should contain")]
fn metadata_contains(world: &mut World, step: &Step) {
    for row in step
        .table
        .iter()
        .flat_map(|table| table.rows.iter().skip(1))
    {
        let [key, kind, text] = row.as_slice() else {
            panic!("a row of three cells")
        };
        let got = world.answer.metadata.get(key).unwrap_or(&Value::Null);
        assert!(same(got, &value(kind, text)), "{key}: {:?}", world.answer);
    }
}

#[then("the resolved metadata is empty")]
fn metadata_is_empty(world: &mut World) {
    assert_eq!(world.answer.metadata, Map::new());
}
