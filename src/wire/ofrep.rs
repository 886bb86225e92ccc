//! The OpenFeature Remote Evaluation Protocol: requests and answers in JSON, over plain HTTP.
//!
//! <https://github.com/open-feature/protocol>. Statuses and texts are flagd's.

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::json;
use crate::json::Kind;
use crate::json::Reader;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::value::Literal;
use crate::wire::answer;
use crate::wire::request::Attributes;
use crate::wire::structure;

/// An answer that is no evaluation, or an evaluation that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The context in a request's body. No body, null, or a context that is no object is an empty context; what follows the
/// object is not looked at.
///
/// # Errors
/// If the body does not begin with a JSON object.
pub fn attributes<'b>(body: &'b [u8], key: Option<&str>) -> Result<Attributes<'b>, Failure> {
    let refused = || {
        failure(
            400,
            key,
            "INVALID_CONTEXT",
            "Provider context is not valid",
            None,
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| refused())?;
    context(text).map_err(|_| refused())
}

/// Where the context stands, if there is one.
fn context(text: &str) -> Result<Attributes<'_>, json::Error> {
    let mut reader = Reader::new(text);
    let mut context = Attributes::Json(None);
    if reader.end().is_ok() {
        return Ok(context);
    }
    if reader.peek()? == Kind::Null {
        return reader.null().map(|()| context);
    }
    let mut first = true;
    reader.open_map()?;
    while let Some(name) = reader.key(first)? {
        first = false;
        let is_context = name.unescape().eq_ignore_ascii_case("context");
        if is_context && reader.peek()? == Kind::Map {
            context = Attributes::object(&mut reader)?;
            continue;
        }
        reader.skip()?;
        if is_context {
            context = Attributes::Json(None);
        }
    }
    Ok(context)
}

/// The decision as a caller sees it: null is no answer.
pub fn answerable(flag: &Flag, decision: Decision) -> Decision {
    match decision {
        Decision::Variant(index, _) if is_null(flag, index) => Decision::Error(ErrorCode::General),
        other => other,
    }
}

fn is_null(flag: &Flag, index: u16) -> bool {
    matches!(
        flag.values.get(usize::from(index)),
        None | Some(Literal::Null)
    )
}

/// The answer for a decision.
///
/// # Errors
/// If the flag has no answer, with the body that says so.
pub fn evaluated(flag: &Flag, decision: Decision, selector: &Selector) -> Result<String, Failure> {
    let mut out = String::with_capacity(160);
    write_evaluated(&mut out, flag, decision, selector).map(|()| out)
}

/// Appends the answer for a decision; nothing if there is none.
fn write_evaluated(
    out: &mut String,
    flag: &Flag,
    decision: Decision,
    selector: &Selector,
) -> Result<(), Failure> {
    let metadata = answer::metadata(flag, selector);
    let (reason, chosen) = match decision {
        Decision::Error(code) => return Err(failed(&flag.key, code, &metadata)),
        Decision::Disabled => (answer::DISABLED, None),
        Decision::NoDefault => (answer::NO_DEFAULT, None),
        Decision::Variant(index, reason) => {
            let index = usize::from(index);
            let value = flag.values.get(index);
            let value = value.filter(|value| **value != Literal::Null);
            let Some(chosen) = value.zip(flag.names.get(index)) else {
                return Err(failed(&flag.key, ErrorCode::General, &metadata));
            };
            (reason.text(), Some(chosen))
        }
    };
    out.push('{');
    if let Some((value, _)) = chosen {
        out.push_str("\"value\":");
        structure::write_json(out, value);
        out.push(',');
    }
    out.push_str("\"key\":");
    json::write_text(out, &flag.key);
    out.push_str(",\"reason\":\"");
    out.push_str(reason);
    out.push('"');
    if let Some((_, variant)) = chosen {
        out.push_str(",\"variant\":");
        json::write_text(out, variant);
    }
    write_metadata(out, Some(&metadata));
    out.push('}');
    Ok(())
}

fn failed(key: &str, code: ErrorCode, metadata: &[(EcoString, Literal)]) -> Failure {
    let (status, details) = match code {
        ErrorCode::FlagNotFound => (404, format!("flag `{key}` does not exist")),
        ErrorCode::ParseError => (400, format!("error parsing the flag `{key}`")),
        ErrorCode::TypeMismatch | ErrorCode::General => {
            (400, "error processing the flag for evaluation".to_owned())
        }
    };
    failure(status, Some(key), code.text(), &details, Some(metadata))
}

/// The answer for a flag that is not there.
pub fn not_found(key: &str, selector: &Selector) -> Failure {
    let reflection = reflection(selector);
    failed(key, ErrorCode::FlagNotFound, reflection.as_slice())
}

/// The answer to a selector that is none.
pub fn bad_selector(key: Option<&str>, why: &str) -> Failure {
    failure(
        400,
        key,
        "GENERAL",
        &format!("invalid selector: {why}"),
        None,
    )
}

/// The answer to a body that is too large.
pub fn too_large() -> Failure {
    Failure {
        status: 413,
        body: "{\"errorDetails\":\"request body too large\"}".to_owned(),
    }
}

fn failure(
    status: u16,
    key: Option<&str>,
    code: &str,
    details: &str,
    metadata: Option<&[(EcoString, Literal)]>,
) -> Failure {
    let mut body = String::from("{");
    if let Some(key) = key {
        body.push_str("\"key\":");
        json::write_text(&mut body, key);
        body.push(',');
    }
    body.push_str("\"errorCode\":\"");
    body.push_str(code);
    body.push_str("\",\"errorDetails\":");
    json::write_text(&mut body, details);
    write_metadata(&mut body, metadata);
    body.push('}');
    Failure { status, body }
}

fn write_metadata(out: &mut String, metadata: Option<&[(EcoString, Literal)]>) {
    out.push_str(",\"metadata\":");
    match metadata {
        Some(members) => structure::write_members(out, members),
        None => out.push_str("null"),
    }
}

fn reflection(selector: &Selector) -> Option<(EcoString, Literal)> {
    let (key, value) = selector.reflection()?;
    Some((key.into(), Literal::Text(value.into())))
}

/// The answer for many flags, entry by entry.
#[derive(Debug)]
pub struct Bulk(String);

impl Bulk {
    /// An answer without entries, which will hold about `count`.
    pub fn new(count: usize) -> Bulk {
        let mut out = String::with_capacity(64 + 160 * count);
        out.push_str("{\"flags\":[");
        Bulk(out)
    }

    /// Appends what [`evaluated`] makes of a decision, whether it failed or not.
    pub fn push(&mut self, flag: &Flag, decision: Decision, selector: &Selector) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
        if let Err(failure) = write_evaluated(&mut self.0, flag, decision, selector) {
            self.0.push_str(&failure.body);
        }
    }

    /// The answer with where to learn of changes, as [`stream::Advert::member`] writes it.
    ///
    /// [`stream::Advert::member`]: crate::wire::stream::Advert::member
    pub fn finish(self, selector: &Selector, streams: &str) -> String {
        let mut out = self.0;
        out.push(']');
        write_metadata(&mut out, Some(reflection(selector).as_slice()));
        out.push_str(streams);
        out.push('}');
        out
    }
}
