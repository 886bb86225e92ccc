//! A question to a replica: which context, and what it answers.

use std::time::SystemTime;

use bumpalo::Bump;
use percent_encoding::percent_decode_str;

use crate::analysis::model::concrete_eval::OwnedContext;
use crate::decision::Decision;
use crate::json;
use crate::resolve;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::admin::debug::response;
use crate::snapshot::Snapshot;
use crate::value::Value;
use crate::wire::evaluation::request::DecodedContext;
use crate::wire::evaluation::request::EncodedContext;
use crate::wire::ofrep;

/// What the caller says.
#[derive(Debug, Default)]
pub struct DebugQuery {
    /// `?targetingKey=`
    targeting_key: Option<String>,
    /// The context, as `{"context": {…}}`.
    context_json: String,
}

impl DebugQuery {
    /// Reads a query and a body.
    ///
    /// # Errors
    /// In words, if they are none.
    pub fn parse(query: &str, body: &[u8]) -> Result<DebugQuery, String> {
        let mut question = DebugQuery::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| format!("`{name}` is not UTF-8 text"))?;
            match name {
                "targetingKey" => question.targeting_key = Some(value.into_owned()),
                "context" => question.context_json = format!("{{\"context\":{value}}}"),
                _ => {
                    return Err(format!(
                        "there is no parameter `{name}`: say targetingKey or context"
                    ));
                }
            }
        }
        if !body.is_empty() {
            if !question.context_json.is_empty() {
                return Err("say the context in the query or in the body".to_owned());
            }
            let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8 text")?;
            text.clone_into(&mut question.context_json);
        }
        validate_context(&question.context_json)?;
        Ok(question)
    }
}

/// Whether a text is a request with a context, or empty.
fn validate_context(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let wrong = "the context must be a JSON object: `?context={…}`, or a body `{\"context\": {…}}`";
    let mut reader = json::Reader::new(text);
    let read = reader.skip_value().and_then(|()| reader.expect_end());
    read.map_err(|error| format!("{wrong}: {}", error.describe(text)))?;
    match ofrep::decode_context(text.as_bytes(), None) {
        Ok(EncodedContext::Json(Some(_)) | EncodedContext::IndexedJson(_)) => Ok(()),
        _ => Err(wrong.to_owned()),
    }
}

/// What is asked, and when.
#[derive(Clone, Copy)]
pub struct DebugScope<'q> {
    /// The flags.
    pub snapshot: &'q Snapshot,
    /// What the replica is.
    pub config: &'q DebugConfig,
    /// Attributes that lie over the caller's.
    pub overlay: &'q [(&'q str, &'q str)],
    /// The present.
    pub now: SystemTime,
}

impl<'q> DebugScope<'q> {
    /// The answer of one flag; `None` if there is none of that name.
    pub fn evaluate_flag(
        &self,
        question: &'q DebugQuery,
        key: &str,
    ) -> Result<Option<String>, String> {
        let Some(position) = self.snapshot.ruleset.position(key, &Selector::All) else {
            return Ok(None);
        };
        let Some(flag) = self.snapshot.ruleset.flag_at(position) else {
            return Ok(None);
        };
        let arena = Bump::new();
        let members = self.context_attributes(question, &arena)?;
        let seconds = resolve::system_clock();
        let literal = |(name, value): &(&str, Value<'_>)| ((*name).into(), value.to_owned_value());
        let asker = OwnedContext {
            attributes: members.iter().map(literal).collect(),
            seconds: Some(seconds),
            fractional_version: self.config.fractional_version,
        };
        let unit = targeting_key(&members);
        let mut answer = None;
        let flags = std::iter::once((position, flag));
        DecodedContext::new(members).decide_all(flags, seconds, |_, flag, decision| {
            answer = Some(response::flag_response(self, flag, decision, &asker, unit));
        });
        Ok(answer)
    }

    /// The answers of all flags.
    pub fn evaluate_all(&self, question: &'q DebugQuery) -> Result<Option<String>, String> {
        let arena = Bump::new();
        let members = self.context_attributes(question, &arena)?;
        let unit = targeting_key(&members);
        let selected = self.snapshot.ruleset.select_positions(&Selector::All);
        let flag = |position| Some((position, self.snapshot.ruleset.flag_at(position)?));
        let mut answers: Vec<(&CompiledFlag, Decision)> = Vec::new();
        DecodedContext::new(members).decide_all(
            selected.filter_map(flag),
            resolve::system_clock(),
            |_, flag, decision| {
                answers.push((flag, decision));
            },
        );
        Ok(Some(response::flags_response(self, &answers, unit)))
    }

    /// The context. Who names no targeting key asks as this replica.
    fn context_attributes<'a>(
        &self,
        question: &'a DebugQuery,
        arena: &'a Bump,
    ) -> Result<Vec<(&'a str, Value<'a>)>, String>
    where
        'q: 'a,
    {
        let attributes = ofrep::decode_context(question.context_json.as_bytes(), None);
        let attributes = attributes.map_err(|failure| failure.body)?;
        let members = attributes.decode_attributes(self.overlay, arena);
        let mut members = members.map_err(|error| error.message.to_string())?;
        let named = members.iter().any(|(name, _)| *name == "targetingKey");
        let unit = match &question.targeting_key {
            Some(key) => Some(&**key),
            None if named => None,
            None => Some(&*self.config.replica),
        };
        members.extend(unit.map(|unit| ("targetingKey", Value::Text(unit))));
        Ok(members)
    }
}

/// The targeting key that counts.
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
