//! Reads members of a JSON document; each fault has a JSON Pointer (RFC 6901).

use serde_json::Map;
use serde_json::Value;

use crate::diag;
use crate::document::rollout::percentage::Percentage;

/// The most entries of a list.
const MAX_ITEMS: usize = 1000;
/// The longest text, in bytes.
const MAX_TEXT: usize = 4096;

/// A fault of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFault {
    /// The JSON Pointer to the faulty value.
    pub pointer: String,
    /// What is wrong, and what to write.
    pub why: String,
}

/// The faults that were found.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<DocumentFault>,
    /// True if unknown members are those of a newer format, and ignored.
    pub ignores_unknown: bool,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, pointer: impl Into<String>, why: impl Into<String>) {
        let (pointer, why) = (pointer.into(), why.into());
        self.found.push(DocumentFault { pointer, why });
    }

    /// Returns the value.
    ///
    /// # Errors
    /// If there are faults: all of them, by their pointers.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<DocumentFault>> {
        self.found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }
}

/// An object of a document.
#[derive(Debug)]
pub struct ObjectReader<'v> {
    /// The JSON Pointer to the object.
    pub pointer: String,
    members: &'v Map<String, Value>,
}

impl<'v> ObjectReader<'v> {
    /// The object at `pointer`, which may have the members `known`.
    pub fn new(
        value: &'v Value,
        pointer: String,
        known: &[&str],
        faults: &mut Faults,
    ) -> Option<ObjectReader<'v>> {
        let Some(members) = value.as_object() else {
            faults.add(pointer, "must be an object");
            return None;
        };
        let reader = ObjectReader { pointer, members };
        let unknown = members
            .keys()
            .filter(|name| !known.contains(&name.as_str()));
        let is_reported = !faults.ignores_unknown;
        for name in unknown.filter(|_| is_reported) {
            let why = match diag::closest_match(name, known.iter().copied()) {
                Some(meant) => format!("is unknown: did you mean `{meant}`?"),
                None => format!("is unknown; there are {}", known.join(", ")),
            };
            faults.add(reader.pointer_to(name), why);
        }
        Some(reader)
    }

    /// The JSON Pointer to a member.
    pub fn pointer_to(&self, name: &str) -> String {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        format!("{}/{escaped}", self.pointer)
    }

    /// A member; null counts as absent.
    pub fn get(&self, name: &str) -> Option<&'v Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A member that must be there.
    pub fn require(&self, name: &str, faults: &mut Faults) -> Option<&'v Value> {
        let value = self.get(name);
        if value.is_none() {
            faults.add(self.pointer_to(name), "is missing");
        }
        value
    }

    /// A text, if there is one.
    pub fn text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        let text = self.get(name)?.as_str();
        match text {
            Some(text) if !text.is_empty() && text.len() <= MAX_TEXT => Some(text.to_owned()),
            _ => {
                let why = format!("must be a text of 1 to {MAX_TEXT} bytes");
                faults.add(self.pointer_to(name), why);
                None
            }
        }
    }

    /// A text that must be there.
    pub fn require_text(&self, name: &str, faults: &mut Faults) -> Option<String> {
        self.require(name, faults)?;
        self.text(name, faults)
    }

    /// A boolean, if there is one.
    pub fn boolean(&self, name: &str, faults: &mut Faults) -> Option<bool> {
        let value = self.get(name)?;
        if !value.is_boolean() {
            faults.add(self.pointer_to(name), "must be true or false");
        }
        value.as_bool()
    }

    /// A percentage, if there is one.
    pub fn percentage(&self, name: &str, faults: &mut Faults) -> Option<f64> {
        let value = self.get(name)?;
        let Some(percent) = value.as_f64() else {
            faults.add(self.pointer_to(name), "must be a number from 0 to 100");
            return None;
        };
        match Percentage::from_percent(percent) {
            Ok(_) => Some(percent),
            Err((what, help)) => {
                faults.add(self.pointer_to(name), format!("{what}: {help}"));
                None
            }
        }
    }

    /// The items of a list with their pointers; none if it is absent.
    pub fn items(&self, name: &str, faults: &mut Faults) -> Vec<(&'v Value, String)> {
        let Some(value) = self.get(name) else {
            return Vec::new();
        };
        let pointer = self.pointer_to(name);
        match value.as_array() {
            Some(items) if items.len() <= MAX_ITEMS => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| (item, format!("{pointer}/{index}")))
                    .collect()
            }
            _ => {
                let why = format!("must be a list of at most {MAX_ITEMS} items");
                faults.add(pointer, why);
                Vec::new()
            }
        }
    }

    /// A list of texts; empty if it is absent.
    pub fn texts(&self, name: &str, faults: &mut Faults) -> Vec<String> {
        let mut texts = Vec::new();
        for (item, pointer) in self.items(name, faults) {
            match item.as_str() {
                Some(text) if !text.is_empty() && text.len() <= 1024 => texts.push(text.to_owned()),
                _ => faults.add(pointer, "must be a text of 1 to 1024 bytes"),
            }
        }
        texts
    }
}
