//! The official Rust provider, controlled over standard input; ../README.md describes the protocol.

use std::io::BufRead;

use open_feature::{Client, EvaluationContext, EvaluationContextFieldValue, EvaluationDetails, EvaluationError};
use open_feature::{FlagMetadataValue, OpenFeature, StructValue, Value};
use open_feature_flagd::{FlagdOptions, FlagdProvider};
use serde_json::{Map, Value as Json, json};

type Failure = Box<dyn std::error::Error>;

/// Reading a line blocks this thread only: the provider's streams run on the other threads of the runtime.
#[tokio::main]
async fn main() -> Result<(), Failure> {
    // The SDK has no events.
    println!("{}", json!({"language": "rust", "events": false}));
    let client = OpenFeature::singleton().await.create_client();
    for line in std::io::stdin().lock().lines() {
        let question: Json = serde_json::from_str(&line?)?;
        let mut answer = json!({"id": question["id"]});
        match carry_out(&client, &question).await {
            Ok(result) => answer["result"] = result,
            Err(why) => answer["error"] = json!(why.to_string()),
        }
        println!("{answer}");
    }
    Ok(())
}

async fn carry_out(client: &Client, question: &Json) -> Result<Json, Failure> {
    match question["verb"].as_str() {
        Some("open") => {
            let provider = FlagdProvider::new(FlagdOptions::default()).await?;
            OpenFeature::singleton_mut().await.set_provider(provider).await;
            Ok(Json::Null)
        }
        Some("ask") => Ok(match details(client, question, &context(&question["context"])).await {
            Ok(details) => described(details),
            Err(why) => json!({"value": question["mine"], "reason": "ERROR", "errorCode": code(&why), "errorMessage": why.message}),
        }),
        Some("sweep") => Ok(sweep(client, &question["flags"], &question["contexts"]).await),
        Some("close") => {
            OpenFeature::singleton_mut().await.shutdown().await;
            Ok(Json::Null)
        }
        _ => Err(format!("no such verb: {question}").into()),
    }
}

async fn sweep(client: &Client, flags: &Json, contexts: &Json) -> Json {
    let mut rows = Vec::new();
    for attributes in contexts.as_array().into_iter().flatten() {
        let context = context(attributes);
        let mut row = Vec::new();
        for flag in flags.as_array().into_iter().flatten() {
            row.push(match details(client, flag, &context).await {
                Ok(details) => json!(details.variant),
                Err(why) => json!(code(&why)),
            });
        }
        rows.push(row);
    }
    json!(rows)
}

async fn details(client: &Client, flag: &Json, context: &EvaluationContext) -> Result<EvaluationDetails<Json>, EvaluationError> {
    let (key, context) = (flag["key"].as_str().unwrap_or_default(), Some(context));
    match flag["type"].as_str() {
        Some("boolean") => client.get_bool_details(key, context, None).await.map(|it| with(it, |value| json!(value))),
        Some("string") => client.get_string_details(key, context, None).await.map(|it| with(it, |value| json!(value))),
        Some("integer") => client.get_int_details(key, context, None).await.map(|it| with(it, |value| json!(value))),
        Some("float") => client.get_float_details(key, context, None).await.map(|it| with(it, |value| json!(value))),
        _ => {
            let details = client.get_struct_details::<StructValue>(key, context, None).await;
            details.map(|it| with(it, |value| plain(Value::Struct(value))))
        }
    }
}

/// Details with the value as JSON.
fn with<T>(details: EvaluationDetails<T>, json: impl Fn(T) -> Json) -> EvaluationDetails<Json> {
    EvaluationDetails {
        flag_key: details.flag_key,
        value: json(details.value),
        reason: details.reason,
        variant: details.variant,
        flag_metadata: details.flag_metadata,
    }
}

fn described(details: EvaluationDetails<Json>) -> Json {
    let metadata = details.flag_metadata.values.into_iter().map(|(key, value)| {
        let value = match value {
            FlagMetadataValue::Bool(it) => json!(it),
            FlagMetadataValue::Int(it) => json!(it),
            FlagMetadataValue::Float(it) => json!(it),
            FlagMetadataValue::String(it) => json!(it),
        };
        (key, value)
    });
    let metadata: Map<_, _> = metadata.collect();
    let reason = details.reason.map(|reason| reason.to_string());
    json!({"value": details.value, "variant": details.variant, "reason": reason, "metadata": metadata})
}

fn code(why: &EvaluationError) -> String {
    match &why.code {
        // The SDK's text for this code is the message.
        open_feature::EvaluationErrorCode::General(_) => "GENERAL".to_owned(),
        code => code.to_string(),
    }
}

fn context(attributes: &Json) -> EvaluationContext {
    let mut context = EvaluationContext::default();
    for (key, value) in attributes.as_object().into_iter().flatten() {
        match value {
            Json::String(it) if key == "targetingKey" => context = context.with_targeting_key(it.clone()),
            Json::Bool(it) => context.add_custom_field(key, EvaluationContextFieldValue::Bool(*it)),
            Json::String(it) => context.add_custom_field(key, EvaluationContextFieldValue::String(it.clone())),
            Json::Number(it) => context.add_custom_field(key, match it.as_i64() {
                Some(whole) => EvaluationContextFieldValue::Int(whole),
                None => EvaluationContextFieldValue::Float(it.as_f64().unwrap_or_default()),
            }),
            // The SDK accepts any type here; the provider must support it.
            _ => context.add_custom_field(key, EvaluationContextFieldValue::new_struct(value.clone())),
        }
    }
    context
}

fn plain(value: Value) -> Json {
    match value {
        Value::Bool(it) => json!(it),
        Value::Int(it) => json!(it),
        Value::Float(it) => json!(it),
        Value::String(it) => json!(it),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Struct(it) => Json::Object(it.fields.into_iter().map(|(key, value)| (key, plain(value))).collect()),
    }
}
