//! The evaluation context of a request in the formats of other flag services.

use serde_json::Map;
use serde_json::Value;

use crate::control::dialect::bucket::TARGETING_KEY;

/// The parameters of a URL that describe a user.
pub const PARAMETERS: [&str; 5] = ["userId", "tenantId", "sessionId", "segments", "attributes"];
/// The attributes that identify a unit.
const UNITS: [&str; 3] = [TARGETING_KEY, "userId", "sessionId"];

/// Returns the context of a body: the body itself, or its member `context`. `userId` is the targeting key, and
/// `attributes` are attributes of the context.
///
/// # Errors
/// If a member has the wrong type.
pub fn from_body(body: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let members = match body.get("context") {
        None => body,
        Some(Value::Object(context)) => context,
        Some(_) => return Err("`context` must be an object".to_owned()),
    };
    let mut context = Map::new();
    match members.get("attributes") {
        None | Some(Value::Null) => {}
        Some(Value::Object(attributes)) => context.clone_from(attributes),
        Some(_) => return Err("`attributes` must be an object".to_owned()),
    }
    let own = members.iter().filter(|(name, _)| *name != "attributes");
    context.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    for name in UNITS {
        match context.get(name) {
            None | Some(Value::String(_)) => {}
            Some(Value::Null) => drop(context.remove(name)),
            Some(_) => return Err(format!("`{name}` must be a text")),
        }
    }
    if let Some(user) = context.get("userId").cloned() {
        context.entry(TARGETING_KEY).or_insert(user);
    }
    Ok(context)
}

/// Returns the context of the parameters of a URL. `segments` is a list with commas, `attributes` a JSON object.
///
/// # Errors
/// If `attributes` is no JSON object.
pub fn from_query<'q>(
    parameter: impl Fn(&str) -> Option<&'q str>,
) -> Result<Map<String, Value>, String> {
    let mut body = Map::new();
    for name in PARAMETERS {
        let Some(text) = parameter(name) else {
            continue;
        };
        let value = match name {
            "segments" => text.split(',').map(Value::from).collect(),
            "attributes" => serde_json::from_str(text)
                .map_err(|error| format!("`attributes` is no JSON object: {error}"))?,
            _ => Value::from(text),
        };
        body.insert(name.to_owned(), value);
    }
    from_body(&body)
}
