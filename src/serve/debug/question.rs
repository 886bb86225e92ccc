//! A question to a replica: which context, and what it answers.

use std::time::SystemTime;

use bumpalo::Bump;
use percent_encoding::percent_decode_str;

use crate::decision::Decision;
use crate::json;
use crate::resolve;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::serve::debug::Debugging;
use crate::serve::debug::report;
use crate::snapshot::Snapshot;
use crate::study::ask::Asker;
use crate::value::Value;
use crate::wire::ofrep;
use crate::wire::request::Attributes;
use crate::wire::request::Decoded;

/// What the caller says.
#[derive(Debug, Default)]
pub struct Question {
    /// `?targetingKey=`
    targeting_key: Option<String>,
    /// The context, as `{"context": {…}}`.
    context: String,
}

impl Question {
    /// Reads a query and a body.
    ///
    /// # Errors
    /// In words, if they are none.
    pub fn read(query: &str, body: &[u8]) -> Result<Question, String> {
        let mut question = Question::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| format!("`{name}` is not UTF-8 text"))?;
            match name {
                "targetingKey" => question.targeting_key = Some(value.into_owned()),
                "context" => question.context = format!("{{\"context\":{value}}}"),
                _ => {
                    return Err(format!(
                        "there is no parameter `{name}`: say targetingKey or context"
                    ));
                }
            }
        }
        if !body.is_empty() {
            if !question.context.is_empty() {
                return Err("say the context in the query or in the body".to_owned());
            }
            let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8 text")?;
            text.clone_into(&mut question.context);
        }
        check(&question.context)?;
        Ok(question)
    }
}

/// Whether a text is a request with a context, or empty.
fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let wrong = "the context must be a JSON object: `?context={…}`, or a body `{\"context\": {…}}`";
    let mut reader = json::Reader::new(text);
    let read = reader.skip().and_then(|()| reader.end());
    read.map_err(|error| format!("{wrong}: {}", error.describe(text)))?;
    match ofrep::attributes(text.as_bytes(), None) {
        Ok(Attributes::Json(Some(_)) | Attributes::Outlined(_)) => Ok(()),
        _ => Err(wrong.to_owned()),
    }
}

/// What is asked, and when.
#[derive(Clone, Copy)]
pub struct Asked<'q> {
    /// The flags.
    pub snapshot: &'q Snapshot,
    /// What the replica is.
    pub debugging: &'q Debugging,
    /// Attributes that lie over the caller's.
    pub overlay: &'q [(&'q str, &'q str)],
    /// The present.
    pub now: SystemTime,
}

impl<'q> Asked<'q> {
    /// The answer of one flag; `None` if there is none of that name.
    pub fn one(&self, question: &'q Question, key: &str) -> Result<Option<String>, String> {
        let Some(position) = self.snapshot.ruleset.position(key, &Selector::All) else {
            return Ok(None);
        };
        let Some(flag) = self.snapshot.ruleset.at(position) else {
            return Ok(None);
        };
        let arena = Bump::new();
        let members = self.members(question, &arena)?;
        let seconds = resolve::system_clock();
        let literal = |(name, value): &(&str, Value<'_>)| ((*name).into(), value.to_literal());
        let asker = Asker {
            members: members.iter().map(literal).collect(),
            seconds: Some(seconds),
            fractional: self.debugging.fractional,
        };
        let unit = unit(&members);
        let mut answer = None;
        let flags = std::iter::once((position, flag));
        Decoded::new(members).decide(flags, seconds, |_, flag, decision| {
            answer = Some(report::flag(self, flag, decision, &asker, unit));
        });
        Ok(answer)
    }

    /// The answers of all flags.
    pub fn all(&self, question: &'q Question) -> Result<Option<String>, String> {
        let arena = Bump::new();
        let members = self.members(question, &arena)?;
        let unit = unit(&members);
        let selected = self.snapshot.ruleset.select(&Selector::All);
        let flag = |position| Some((position, self.snapshot.ruleset.at(position)?));
        let mut answers: Vec<(&Flag, Decision)> = Vec::new();
        Decoded::new(members).decide(
            selected.filter_map(flag),
            resolve::system_clock(),
            |_, flag, decision| {
                answers.push((flag, decision));
            },
        );
        Ok(Some(report::flags(self, &answers, unit)))
    }

    /// The context. Who names no targeting key asks as this replica.
    fn members<'a>(
        &self,
        question: &'a Question,
        arena: &'a Bump,
    ) -> Result<Vec<(&'a str, Value<'a>)>, String>
    where
        'q: 'a,
    {
        let attributes = ofrep::attributes(question.context.as_bytes(), None);
        let attributes = attributes.map_err(|failure| failure.body)?;
        let members = attributes.members(self.overlay, arena);
        let mut members = members.map_err(|error| error.message.to_string())?;
        let named = members.iter().any(|(name, _)| *name == "targetingKey");
        let unit = match &question.targeting_key {
            Some(key) => Some(&**key),
            None if named => None,
            None => Some(&*self.debugging.replica),
        };
        members.extend(unit.map(|unit| ("targetingKey", Value::Text(unit))));
        Ok(members)
    }
}

/// The targeting key that counts.
fn unit<'a>(members: &[(&str, Value<'a>)]) -> Option<&'a str> {
    let last = members
        .iter()
        .rev()
        .find(|(name, _)| *name == "targetingKey");
    match last {
        Some((_, Value::Text(unit))) => Some(*unit),
        _ => None,
    }
}
