//! `SealedEvent`: an event with its canonical bytes, the hash of the event before it, and its own hash.

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Map;
use serde_json::Value;

use crate::event_log::actor::Actor;
use crate::event_log::actor::ActorKind;
use crate::event_log::canonical::canonical_json;
use crate::event_log::error::EventError;
use crate::event_log::hash_text::parse_content_hash;
use crate::event_log::json_string::write_string;
use crate::event_log::kind::LogEventKind;
use crate::event_log::limits;
use crate::event_log::log_event::LogEvent;
use crate::wire::content_hash::ContentHash;

/// An event of the log with its canonical bytes.
#[derive(Clone, PartialEq)]
pub struct SealedEvent {
    // INVARIANT: `bytes` is the canonical JSON of `event` and `previous`, and `hash` is the SHA-256 of `bytes`.
    event: LogEvent,
    previous: ContentHash,
    hash: ContentHash,
    bytes: Vec<u8>,
}

impl fmt::Debug for SealedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

impl SealedEvent {
    /// Seals an event to the one before it; the first one to `ChainHead::EMPTY`.
    ///
    /// # Errors
    /// If a part of the event is larger than its bound, or not canonical JSON.
    pub fn seal(event: LogEvent, previous: ContentHash) -> Result<SealedEvent, EventError> {
        check_bounds(&event)?;
        let bytes = canonical_bytes(&event, previous)?;
        Ok(SealedEvent {
            hash: ContentHash::of(&bytes),
            event,
            previous,
            bytes,
        })
    }

    /// Reads the canonical bytes of an event. All other bytes are refused, also other JSON of the same event.
    ///
    /// # Errors
    /// If `seal` does not return these bytes for any event.
    pub fn parse(bytes: &[u8]) -> Result<SealedEvent, EventError> {
        check_size("JSON", bytes.len(), limits::EVENT)?;
        let json =
            serde_json::from_slice(bytes).map_err(|error| EventError::Json(error.to_string()))?;
        let mut members = Members(json);
        let previous = members.hash("previous")?;
        let event = members.event()?;
        members.refuse_others()?;
        let sealed = SealedEvent::seal(event, previous)?;
        if sealed.bytes != bytes {
            return Err(EventError::NotCanonical);
        }
        Ok(sealed)
    }

    /// The event.
    pub fn event(&self) -> &LogEvent {
        &self.event
    }

    /// The hash of the event before it.
    pub fn previous(&self) -> ContentHash {
        self.previous
    }

    /// The hash of the canonical bytes.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// The canonical bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_bounds(event: &LogEvent) -> Result<(), EventError> {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    check_size("environment", event.environment.len(), limits::ENVIRONMENT)?;
    check_size("actor", event.actor.name.len(), limits::ACTOR)?;
    check_size("kind", event.kind.name().len(), limits::KIND)?;
    check_size("flag key", length(&event.flag), limits::FLAG)?;
    check_size("reason", length(&event.reason), limits::REASON)?;
    check_value("environment", "a name", !event.environment.is_empty())?;
    check_value("kind", "a name", !event.kind.name().is_empty())?;
    let is_integer = |number| number <= limits::INTEGER;
    let expected = "an integer of 53 bits";
    check_value("number", expected, event.seq > 0 && is_integer(event.seq))?;
    check_value("time", expected, is_integer(event.at_ms))
}

fn check_size(part: &'static str, size: usize, limit: usize) -> Result<(), EventError> {
    let is_over = size > limit;
    (!is_over)
        .then_some(())
        .ok_or(EventError::TooLarge { part, size, limit })
}

fn check_value(
    part: &'static str,
    expected: &'static str,
    is_valid: bool,
) -> Result<(), EventError> {
    is_valid
        .then_some(())
        .ok_or(EventError::Invalid { part, expected })
}

/// The canonical JSON. Members are sorted; those without a value are left out.
fn canonical_bytes(event: &LogEvent, previous: ContentHash) -> Result<Vec<u8>, EventError> {
    let change = canonical_json(&event.change)?;
    check_size("change", change.len(), limits::CHANGE)?;
    let mut json = String::with_capacity(change.len() + 512);
    json.push_str("{\"actor\":{\"kind\":");
    write_string(event.actor.kind.name(), &mut json);
    write_member(",\"name\":", &event.actor.name, &mut json);
    json.push_str(
        &[
            "},\"at_ms\":",
            &event.at_ms.to_string(),
            ",\"change\":",
            &change,
        ]
        .concat(),
    );
    write_member(",\"document\":", &event.document.to_string(), &mut json);
    write_member(",\"environment\":", &event.environment, &mut json);
    if let Some(flag) = &event.flag {
        write_member(",\"flag\":", flag, &mut json);
    }
    write_member(",\"kind\":", event.kind.name(), &mut json);
    write_member(",\"previous\":", &previous.to_string(), &mut json);
    if let Some(reason) = &event.reason {
        write_member(",\"reason\":", reason, &mut json);
    }
    json.push_str(&[",\"seq\":", &event.seq.to_string(), "}"].concat());
    Ok(json.into_bytes())
}

fn write_member(name: &str, value: &str, json: &mut String) {
    json.push_str(name);
    write_string(value, json);
}

/// The members of an object that have not been read yet.
struct Members(Map<String, Value>);

impl Members {
    fn event(&mut self) -> Result<LogEvent, EventError> {
        Ok(LogEvent {
            environment: self.text("environment")?,
            seq: self.integer("seq")?,
            at_ms: self.integer("at_ms")?,
            actor: self.actor()?,
            kind: LogEventKind::parse(&self.text("kind")?),
            flag: self.optional_text("flag")?,
            reason: self.optional_text("reason")?,
            change: self.take("change")?,
            document: self.hash("document")?,
        })
    }

    fn actor(&mut self) -> Result<Actor, EventError> {
        let Value::Object(actor) = self.take("actor")? else {
            return Err(member("actor", "is not an object"));
        };
        let mut actor = Members(actor);
        let kind = ActorKind::parse(&actor.text("kind")?);
        let kind = kind.ok_or_else(|| member("actor.kind", "is unknown to this release"))?;
        let name = actor.text("name")?;
        actor.refuse_others()?;
        Ok(Actor { kind, name })
    }

    fn take(&mut self, name: &str) -> Result<Value, EventError> {
        self.0
            .remove(name)
            .ok_or_else(|| member(name, "is missing"))
    }

    fn text(&mut self, name: &str) -> Result<String, EventError> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(member(name, "is not a string")),
        }
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, EventError> {
        let is_present = self.0.contains_key(name);
        is_present.then(|| self.text(name)).transpose()
    }

    fn integer(&mut self, name: &str) -> Result<u64, EventError> {
        let value = self.take(name)?;
        value
            .as_u64()
            .ok_or_else(|| member(name, "is not an integer"))
    }

    fn hash(&mut self, name: &str) -> Result<ContentHash, EventError> {
        let text = self.text(name)?;
        parse_content_hash(&text).ok_or_else(|| member(name, "is not a hash"))
    }

    fn refuse_others(self) -> Result<(), EventError> {
        match self.0.keys().next() {
            Some(name) => Err(member(name, "is unknown to this release")),
            None => Ok(()),
        }
    }
}

fn member(name: &str, problem: &'static str) -> EventError {
    EventError::Member {
        name: name.to_owned(),
        problem,
    }
}
