//! The manifest API of the OpenFeature CLI, from which it generates typed accessors: `GET /openfeature/v0/manifest`.
//! <https://github.com/open-feature/cli/blob/main/api/v0/sync.yaml>
//!
//! The CLI has no word for an environment. Its token selects one: that in which it has a grant.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::Response;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Caller;
use crate::control::access::CallerKind;
use crate::control::access::Verb;
use crate::control::api::ApiContext;
use crate::control::api::authorization::FlagReader;
use crate::control::api::problem::json_response;
use crate::control::environment::Environment;

/// The header that tells the CLI what its token may do.
const CAPABILITIES: &str = "x-manifest-capabilities";

/// `GET /openfeature/v0/manifest`: the flags that the caller may read, with type and default value.
pub async fn show(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
) -> Response {
    if caller.kind == CallerKind::Publishable {
        let why = "a publishable key cannot read definitions: use a token with `read`";
        return error(StatusCode::FORBIDDEN, why);
    }
    let environments = context.environments.values();
    let mut granted = environments.filter(|env| caller.require_any(&env.name).is_ok());
    let (environment, other) = (granted.next(), granted.next());
    match (environment, other) {
        (Some(environment), None) => manifest(environment, &caller),
        (None, _) => error(
            StatusCode::FORBIDDEN,
            "the token has no grant in any environment",
        ),
        (Some(_), Some(_)) => error(
            StatusCode::FORBIDDEN,
            "the token has grants in several environments: use one with grants in one, which selects it",
        ),
    }
}

fn manifest(environment: &Environment, caller: &Caller) -> Response {
    let revision = environment.revision();
    let reader = FlagReader::new(caller, environment, &revision);
    let readable = revision
        .definitions
        .iter()
        .filter(|(key, _)| reader.may_read(key));
    let flags = readable.filter_map(|(key, text)| {
        let definition: Value = serde_json::from_str(text).ok()?;
        manifest_flag(key, &definition)
    });
    let flags: Vec<Value> = flags.collect();
    let mut response = json_response(&json!({ "flags": flags }));
    let may_write = caller.may(Verb::Write, &environment.name, None, None);
    let capabilities = HeaderValue::from_static(if may_write { "read,write" } else { "read" });
    response.headers_mut().insert(CAPABILITIES, capabilities);
    response
}

/// A flag of the manifest; `None` for an archived flag, and for one without variants.
fn manifest_flag(key: &str, definition: &Value) -> Option<Value> {
    let metadata = definition.get("metadata");
    let text = |name: &str| metadata.and_then(|metadata| metadata.get(name)?.as_str());
    if text("status") == Some("archived") {
        return None;
    }
    let variants = definition.get("variants")?.as_object()?;
    let kind = flag_type(variants)?;
    let default = definition.get("defaultVariant").and_then(Value::as_str);
    let default = default.and_then(|name| variants.get(name));
    let mut shown = json!({
        "key": key,
        "name": text("name").unwrap_or(key),
        "type": kind,
        "defaultValue": default.cloned().unwrap_or_else(|| zero_value(kind)),
    });
    if let (Some(members), Some(description)) = (shown.as_object_mut(), text("description")) {
        members.insert("description".to_owned(), json!(description));
    }
    Some(shown)
}

/// The type of a flag, from its values.
fn flag_type(variants: &Map<String, Value>) -> Option<&'static str> {
    let is_fraction = |value: &Value| value.is_f64();
    match variants.values().next()? {
        Value::Bool(_) => Some("boolean"),
        Value::String(_) => Some("string"),
        Value::Number(_) if variants.values().any(is_fraction) => Some("float"),
        Value::Number(_) => Some("integer"),
        Value::Object(_) => Some("object"),
        Value::Null | Value::Array(_) => None,
    }
}

/// The default in code of a flag without a default variant.
fn zero_value(kind: &str) -> Value {
    match kind {
        "boolean" => json!(false),
        "string" => json!(""),
        "integer" | "float" => json!(0),
        _ => json!({}),
    }
}

/// An error as the CLI reads it.
fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "status": status.as_u16() } });
    let mut response = Body::from(body.to_string()).into_response();
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
