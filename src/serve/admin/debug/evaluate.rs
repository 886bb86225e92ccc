//! Evaluation for debug requests: the query or body with the context, and the decisions for one flag or all.

use bumpalo::Bump;

use crate::analysis::model::owned_context::OwnedContext;
use crate::decision::Decision;
use crate::json;
use crate::resolve;
use crate::resolve::bulk;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::serve::admin::debug::flag_json;
use crate::serve::admin::debug::request_state::DebugRequestState;
use crate::value::Value;
use crate::wire::context::encoded::EncodedContext;
use crate::wire::context::full_context::FullContext;
use crate::wire::ofrep::request;
use crate::wire::query::query_pairs;

/// The targeting key and context of a request.
#[derive(Debug, Default)]
pub struct DebugQuery {
    /// `?targetingKey=`
    targeting_key: Option<String>,
    /// The context, as `{"context": {…}}`.
    context_json: String,
}

impl DebugQuery {
    /// Parses a query and a body.
    ///
    /// # Errors
    /// If the query or the body is invalid, with the text for the caller.
    pub fn parse(text: &str, body: &[u8]) -> Result<DebugQuery, String> {
        let mut query = DebugQuery::default();
        let pairs = query_pairs(text);
        let pairs =
            pairs.map_err(|invalid| format!("parameter `{}` is not valid UTF-8", invalid.name))?;
        for (name, value) in pairs {
            match &*name {
                "targetingKey" => query.targeting_key = Some(value.into_owned()),
                "context" => query.context_json = format!("{{\"context\":{value}}}"),
                _ => {
                    return Err(format!(
                        "unknown parameter `{name}`: use targetingKey or context"
                    ));
                }
            }
        }
        if !body.is_empty() {
            if !query.context_json.is_empty() {
                return Err("two contexts: send the context in the query or in the body".to_owned());
            }
            let json = std::str::from_utf8(body).map_err(|_| "the body is not valid UTF-8")?;
            json.clone_into(&mut query.context_json);
        }
        // As in OFREP.
        query.context_json = json::replace_unpaired_surrogates(&query.context_json, |_| {});
        validate_context(&query.context_json)?;
        Ok(query)
    }
}

/// Checks that a text is empty, or a request with a context.
fn validate_context(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let wrong = "the context must be a JSON object: `?context={…}`, or a body `{\"context\": {…}}`";
    let mut reader = json::Reader::new(text);
    let read = reader.skip_value().and_then(|()| reader.expect_end());
    read.map_err(|error| format!("{wrong}: {}", error.describe(text)))?;
    match request::decode_context(text.as_bytes(), &Bump::new(), None) {
        Ok(EncodedContext::Json(Some(_)) | EncodedContext::IndexedJson(_)) => Ok(()),
        _ => Err(wrong.to_owned()),
    }
}

/// The evaluation of one flag; `None` if there is no such flag.
pub fn evaluate_flag(
    scope: &DebugRequestState<'_>,
    query: &DebugQuery,
    key: &str,
) -> Result<Option<String>, String> {
    let Some(position) = scope.snapshot.ruleset.position(key, &Selector::All) else {
        return Ok(None);
    };
    let Some(flag) = scope.snapshot.ruleset.flag_at(position) else {
        return Ok(None);
    };
    let arena = Bump::new();
    let members = context_attributes(scope, query, &arena)?;
    let seconds = resolve::system_clock();
    let literal = |(name, value): &(&str, Value<'_>)| ((*name).into(), value.to_owned_value());
    let asker = OwnedContext {
        attributes: members.iter().map(literal).collect(),
        seconds: Some(seconds),
        fractional_version: scope.config.fractional_version,
    };
    let unit = targeting_key(&members);
    let mut answer = None;
    let flags = std::iter::once((position, flag));
    let decoded = FullContext::new(members);
    bulk::decide_all(&decoded, flags, seconds, |_, flag, decision| {
        answer = Some(flag_json::flag_response(
            scope, flag, decision, &asker, unit,
        ));
    });
    Ok(answer)
}

/// The evaluation of all flags.
pub fn evaluate_all(scope: &DebugRequestState<'_>, query: &DebugQuery) -> Result<String, String> {
    let arena = Bump::new();
    let members = context_attributes(scope, query, &arena)?;
    let unit = targeting_key(&members);
    let selected = scope.snapshot.ruleset.select_positions(&Selector::All);
    let flag = |position| Some((position, scope.snapshot.ruleset.flag_at(position)?));
    let mut answers: Vec<(&CompiledFlag, Decision)> = Vec::new();
    bulk::decide_all(
        &FullContext::new(members),
        selected.filter_map(flag),
        resolve::system_clock(),
        |_, flag, decision| {
            answers.push((flag, decision));
        },
    );
    Ok(flag_json::flags_response(scope, &answers, unit))
}

/// The attributes of the context. The targeting key defaults to the name of this replica.
fn context_attributes<'a, 'q: 'a>(
    scope: &DebugRequestState<'q>,
    query: &'a DebugQuery,
    arena: &'a Bump,
) -> Result<Vec<(&'a str, Value<'a>)>, String> {
    let attributes = request::decode_context(query.context_json.as_bytes(), arena, None);
    let attributes = attributes.map_err(|failure| failure.body)?;
    let members = attributes.decode_attributes(&[], arena);
    let mut members = members.map_err(|error| error.message.to_string())?;
    let added = scope.overlay.iter();
    let added = added.map(|(name, value)| (*name, Value::Text(value)));
    let caller = members.iter().map(|(name, _)| *name);
    let mut names = caller.chain(scope.overlay.iter().map(|(name, _)| *name));
    let named = names.any(|name| name == "targetingKey");
    let unit = match &query.targeting_key {
        Some(key) => Some(&**key),
        None if named => None,
        None => Some(&*scope.config.replica),
    };
    members.extend(unit.map(|unit| ("targetingKey", Value::Text(unit))));
    // Added attributes override the caller's, as in every other request.
    members.extend(added);
    Ok(members)
}

/// The targeting key; of several, the last one wins.
fn targeting_key<'a>(members: &[(&str, Value<'a>)]) -> Option<&'a str> {
    let last = members
        .iter()
        .rev()
        .find(|(name, _)| *name == "targetingKey");
    match last {
        Some((_, Value::Text(unit))) => Some(*unit),
        _ => None,
    }
}
