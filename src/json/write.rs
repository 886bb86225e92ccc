//! JSON writers: [`ObjectWriter`] and [`ArrayWriter`] place the punctuation, [`write_value`] writes an owned value.
//!
//! ```
//! let mut out = String::new();
//! fanion::json::ObjectWriter::write(&mut out, |object| {
//!     object.string("file", "flags.yaml");
//!     object.array("columns", |columns| columns.number(7));
//! });
//! assert_eq!(out, r#"{"file":"flags.yaml","columns":[7]}"#);
//! ```

use std::fmt::Display;
use std::fmt::Write as _;

use ecow::EcoString;

use crate::json::escape::write_string;
use crate::json::sequence::Sequence;
use crate::json::sequence::Spacing;
use crate::number;
use crate::value::OwnedValue;

/// Appends a value.
pub fn write_value(out: &mut String, value: &OwnedValue) {
    match value {
        OwnedValue::Null => out.push_str("null"),
        OwnedValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        OwnedValue::Number(n) => {
            number::write_json(out, *n);
        }
        OwnedValue::Text(s) => write_string(out, s),
        OwnedValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        OwnedValue::Map(members) => write_object(out, members),
    }
}

/// Appends an object. Responses are written with this function and [`write_value`], without the state of the writers
/// below, which costs some 30 instructions more per object.
pub fn write_object(out: &mut String, members: &[(EcoString, OwnedValue)]) {
    out.push('{');
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

/// An object under construction. Keys are escaped; duplicates are not detected.
#[derive(Debug)]
pub struct ObjectWriter<'o>(Sequence<'o>);

impl<'o> ObjectWriter<'o> {
    /// Appends an object with the members that `fill` adds, without white space.
    #[inline]
    pub fn write(out: &'o mut String, fill: impl FnOnce(&mut ObjectWriter<'o>)) {
        ObjectWriter::write_spaced(out, Spacing::None, fill);
    }

    /// Appends an object with the members that `fill` adds. Nested arrays and objects take the same spacing.
    #[inline]
    pub fn write_spaced(
        out: &'o mut String,
        spacing: Spacing,
        fill: impl FnOnce(&mut ObjectWriter<'o>),
    ) {
        let mut object = ObjectWriter(Sequence::open(out, '{', spacing));
        fill(&mut object);
        object.0.close('}');
    }

    /// Appends a key and returns the buffer, to which exactly one JSON value must be appended.
    #[inline]
    pub fn key(&mut self, key: &str) -> &mut String {
        self.0.separate();
        write_string(self.0.out, key);
        self.0.out.push(':');
        if self.0.spacing == Spacing::Space {
            self.0.out.push(' ');
        }
        self.0.out
    }

    /// Appends a string member.
    pub fn string(&mut self, key: &str, value: &str) {
        write_string(self.key(key), value);
    }

    /// Appends a string member, or null for `None`.
    pub fn optional_string(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.string(key, value),
            None => self.null(key),
        }
    }

    /// Appends a number member. The `Display` of `number` must be a JSON number: any integer, a finite float, or
    /// `format_args!("{seconds:.3}")`.
    pub fn number(&mut self, key: &str, number: impl Display) {
        let _ = write!(self.key(key), "{number}");
    }

    /// Appends a boolean member.
    pub fn boolean(&mut self, key: &str, value: bool) {
        self.key(key).push_str(if value { "true" } else { "false" });
    }

    /// Appends a null member.
    pub fn null(&mut self, key: &str) {
        self.key(key).push_str("null");
    }

    /// Appends an owned value as a member.
    pub fn value(&mut self, key: &str, value: &OwnedValue) {
        write_value(self.key(key), value);
    }

    /// Appends a member whose value is already JSON text.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key).push_str(json);
    }

    /// Appends an object member.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        let spacing = self.0.spacing;
        ObjectWriter::write_spaced(self.key(key), spacing, fill);
    }

    /// Appends an array member.
    pub fn array(&mut self, key: &str, fill: impl FnOnce(&mut ArrayWriter<'_>)) {
        let spacing = self.0.spacing;
        ArrayWriter::write_spaced(self.key(key), spacing, fill);
    }

    /// Breaks the line before the next member, or before the closing brace if none follows.
    pub fn line_break(&mut self) {
        self.0.line_break = true;
    }
}

/// An array under construction.
#[derive(Debug)]
pub struct ArrayWriter<'o>(Sequence<'o>);

impl<'o> ArrayWriter<'o> {
    /// Appends an array with the items that `fill` adds, without white space.
    #[inline]
    pub fn write(out: &'o mut String, fill: impl FnOnce(&mut ArrayWriter<'o>)) {
        ArrayWriter::write_spaced(out, Spacing::None, fill);
    }

    /// Appends an array with the items that `fill` adds. Nested arrays and objects take the same spacing.
    #[inline]
    pub fn write_spaced(
        out: &'o mut String,
        spacing: Spacing,
        fill: impl FnOnce(&mut ArrayWriter<'o>),
    ) {
        let mut array = ArrayWriter(Sequence::open(out, '[', spacing));
        fill(&mut array);
        array.0.close(']');
    }

    /// Appends a separator if one is due and returns the buffer, to which exactly one JSON value must be appended.
    #[inline]
    pub fn item(&mut self) -> &mut String {
        self.0.separate();
        self.0.out
    }

    /// Appends a string.
    pub fn string(&mut self, value: &str) {
        write_string(self.item(), value);
    }

    /// Appends a number, by the rule of [`ObjectWriter::number`].
    pub fn number(&mut self, number: impl Display) {
        let _ = write!(self.item(), "{number}");
    }

    /// Appends an owned value.
    pub fn value(&mut self, value: &OwnedValue) {
        write_value(self.item(), value);
    }

    /// Appends an item that is already JSON text.
    pub fn raw(&mut self, json: &str) {
        self.item().push_str(json);
    }

    /// Appends an object.
    pub fn object(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        let spacing = self.0.spacing;
        ObjectWriter::write_spaced(self.item(), spacing, fill);
    }

    /// Appends an array.
    pub fn array(&mut self, fill: impl FnOnce(&mut ArrayWriter<'_>)) {
        let spacing = self.0.spacing;
        ArrayWriter::write_spaced(self.item(), spacing, fill);
    }

    /// Breaks the line before the next item, or before the closing bracket if none follows.
    pub fn line_break(&mut self) {
        self.0.line_break = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
        let mut out = String::new();
        ObjectWriter::write(&mut out, fill);
        out
    }

    #[test]
    fn object_writer_places_punctuation_and_escapes_keys() {
        assert_eq!(object(|_| {}), "{}");
        let written = object(|object| {
            object.string("a\"b", "line\nbreak");
            object.optional_string("c", None);
            object.number("seconds", format_args!("{:.3}", 1.5));
            object.boolean("d", true);
            object.raw("e", "[1, 2]");
            object.object("f", |inner| inner.number("g", 7));
            object.array("h", |array| {
                array.object(|_| {});
                array.array(|inner| inner.string("i"));
                array.value(&OwnedValue::Number(1e21));
            });
        });
        let expected = concat!(
            r#"{"a\"b":"line\nbreak","c":null,"seconds":1.500,"d":true,"e":[1, 2],"#,
            r#""f":{"g":7},"h":[{},["i"],1e+21]}"#
        );
        assert_eq!(written, expected);
    }

    #[test]
    fn line_break_precedes_the_next_item_or_the_closing_bracket() {
        let written = object(|object| {
            object.array("rows", |rows| {
                for row in 1..=2 {
                    rows.line_break();
                    rows.number(row);
                }
                rows.line_break();
            });
            object.line_break();
            object.number("count", 2);
        });
        assert_eq!(written, "{\"rows\":[\n1,\n2\n],\n\"count\":2}");
    }

    #[test]
    fn spacing_is_inherited_and_yields_to_line_breaks() {
        let mut out = String::new();
        ObjectWriter::write_spaced(&mut out, Spacing::Space, |object| {
            object.array("known", |known| {
                for key in ["a", "b"] {
                    known.line_break();
                    known.object(|finding| {
                        finding.string("file", key);
                        finding.null("code");
                    });
                }
            });
        });
        let expected = "{\"known\": [\n{\"file\": \"a\", \"code\": null},\n{\"file\": \"b\", \"code\": null}]}";
        assert_eq!(out, expected);
    }

    #[test]
    fn owned_value_is_written_without_white_space() {
        let members = [
            ("a".into(), OwnedValue::Null),
            ("b".into(), OwnedValue::Bool(false)),
        ];
        let list = OwnedValue::List(Box::new([
            OwnedValue::Text("é".into()),
            OwnedValue::Map(Box::new(members)),
            OwnedValue::List(Box::new([])),
        ]));
        let mut out = String::new();
        write_value(&mut out, &list);
        assert_eq!(out, r#"["é",{"a":null,"b":false},[]]"#);
    }
}
