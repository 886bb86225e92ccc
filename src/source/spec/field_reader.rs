//! `SpecFieldReader`: typed access to the fields of one entry of `--sources`; collects all mistakes.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;

use crate::diag;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The members of an object, and the mistakes in them.
pub struct SpecFieldReader<'n> {
    /// The path of the object in messages, for instance `sources[0]`.
    path: String,
    members: &'n [Member],
    /// The mistakes, one message each.
    pub mistakes: Vec<String>,
}

impl<'n> SpecFieldReader<'n> {
    /// Reads the fields of `node`. A field that is not in `known` is a mistake.
    pub fn new(path: String, node: &'n Node, known: &[&str]) -> SpecFieldReader<'n> {
        let members = node.as_map();
        let mut fields = SpecFieldReader {
            path,
            members: members.unwrap_or(&[]),
            mistakes: Vec::new(),
        };
        if members.is_none() {
            let path = &fields.path;
            let mistake = format!("{path}: expected an object, found {}", node.type_name());
            fields.mistakes.push(mistake);
        }
        for member in fields.members {
            if !known.iter().any(|k| k.eq_ignore_ascii_case(&member.key)) {
                fields.add_unknown_field(&member.key, known);
            }
        }
        fields
    }

    /// Returns a reader without fields, for a source that was given as a URI.
    pub fn empty() -> SpecFieldReader<'static> {
        SpecFieldReader {
            path: String::new(),
            members: &[],
            mistakes: Vec::new(),
        }
    }

    fn add_unknown_field(&mut self, key: &str, known: &[&str]) {
        // flagd had this field before `authHeader`.
        let replaced = key.eq_ignore_ascii_case("bearerToken");
        let help = match diag::closest_match(key, known.iter().copied()) {
            _ if replaced && known.contains(&"authHeader") => {
                "; use `authHeader` with the value `Bearer TOKEN`".to_owned()
            }
            Some(meant) => format!("; did you mean `{meant}`?"),
            None => String::new(),
        };
        self.add_mistake(key, &format!("unknown field{help}"));
    }

    /// Adds a mistake in a field, or in the whole object if the field is `""`.
    pub fn add_mistake(&mut self, field: &str, why: &str) {
        let mistake = match (self.path.as_str(), field) {
            ("", _) => why.to_owned(),
            (path, "") => format!("{path}: {why}"),
            (path, _) => format!("{path}.{field}: {why}"),
        };
        self.mistakes.push(mistake);
    }

    /// Adds the mistakes of a nested object.
    pub fn merge_mistakes(&mut self, inner: SpecFieldReader<'_>) {
        self.mistakes.extend(inner.mistakes);
    }

    /// Returns the path of a nested object.
    pub fn nested_path(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// Returns a field's value. Names ignore case, and the last of several wins, as in Go. `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        let named = |m: &&Member| m.key.eq_ignore_ascii_case(name);
        let member = self.members.iter().rev().find(named)?;
        (!matches!(member.value.kind, NodeKind::Null)).then_some(&member.value)
    }

    /// Returns a string; empty if the field is absent.
    pub fn string(&mut self, name: &str) -> &'n str {
        match self.get(name) {
            None => "",
            Some(node) => node.as_text().unwrap_or_else(|| {
                self.add_type_mismatch(name, "a string", node);
                ""
            }),
        }
    }

    /// Returns a boolean; `None` if the field is absent.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        let node = self.get(name)?;
        if let NodeKind::Bool(on) = node.kind {
            return Some(on);
        }
        self.add_type_mismatch(name, "a boolean", node);
        None
    }

    /// Returns a whole number from 0 to `most`; `None` if the field is absent, or 0, which means the default.
    pub fn positive_integer(&mut self, name: &str, most: u32) -> Option<u32> {
        let node = self.get(name)?;
        let NodeKind::Number(number) = node.kind else {
            self.add_type_mismatch(name, "a number", node);
            return None;
        };
        if number.fract() != 0.0 || number < 0.0 || number > f64::from(most) {
            self.add_mistake(
                name,
                &format!("expected a whole number from 0 to {most}, found {number}"),
            );
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within bounds, as checked above"
        )]
        let whole = number as u32;
        (whole > 0).then_some(whole)
    }

    /// Returns the value of an `authorization` header from `authHeader`; `None` if the field is absent.
    pub fn authorization(&mut self) -> Option<HeaderValue> {
        match self.string("authHeader") {
            "" => None,
            value => self.header_value("authHeader", value),
        }
    }

    /// Returns an object of strings as headers, each marked as sensitive.
    pub fn header_map(&mut self, name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let Some(node) = self.get(name) else {
            return headers;
        };
        let Some(members) = node.as_map() else {
            self.add_type_mismatch(name, "an object of strings", node);
            return headers;
        };
        for member in members {
            let field = format!("{name}.{}", member.key);
            let Some(value) = member.value.as_text() else {
                self.add_type_mismatch(&field, "a string", &member.value);
                continue;
            };
            let Ok(key) = HeaderName::from_bytes(member.key.as_bytes()) else {
                self.add_mistake(&field, "not a valid header name");
                continue;
            };
            if let Some(value) = self.header_value(&field, value) {
                headers.insert(key, value);
            }
        }
        headers
    }

    /// Returns a header's value, marked as sensitive.
    pub fn header_value(&mut self, field: &str, value: &str) -> Option<HeaderValue> {
        let Ok(mut value) = HeaderValue::from_str(value) else {
            self.add_mistake(field, "a header value cannot contain control characters");
            return None;
        };
        value.set_sensitive(true);
        Some(value)
    }

    fn add_type_mismatch(&mut self, field: &str, want: &str, node: &Node) {
        let why = format!("expected {want}, found {}", node.type_name());
        self.add_mistake(field, &why);
    }
}
