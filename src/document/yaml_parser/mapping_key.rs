//! `ScalarKey`: the key of a YAML mapping as text, which is the only kind of key in JSON.

use ecow::EcoString;

use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::scalar::Scalar;
use crate::document::yaml_parser::scalar::parse_integer;
use crate::document::yaml_parser::scalar::resolve_untimed_scalar;
use crate::document::yaml_parser::tag;
use crate::document::yaml_parser::tag::CoreTag;
use crate::document::yaml_parser::timestamp::Timestamp;
use crate::number;

/// The key of a member.
#[derive(Debug)]
pub enum MappingKey {
    /// The merge key of YAML 1.1, `<<`.
    Merge,
    /// Any other key.
    Scalar(ScalarKey),
}

/// The texts of a key. It depends on the mapping which one flagd uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalarKey {
    /// The text that Go's `fmt.Sprint` makes of the value: `1.5` for `1.50`, `<nil>` for `~`.
    pub printed: EcoString,
    /// The text in the document, or the bytes of `!!binary`; `None` for null, whose member flagd drops.
    pub written: Option<EcoString>,
    /// True if the value is a string.
    pub is_string: bool,
}

/// Returns true if a scalar is the merge key.
pub fn is_merge_key(scalar: Scalar<'_>) -> bool {
    let by_tag = match scalar.tag {
        None => scalar.plain,
        Some(tag) => tag == "tag:yaml.org,2002:merge",
    };
    scalar.text == "<<" && by_tag
}

impl ScalarKey {
    /// The key that a scalar stands for. A tag that does not fit is reported.
    pub fn parse(scalar: Scalar<'_>, position: Position, report: &mut DiagnosticSink) -> ScalarKey {
        let text = scalar.text;
        let Some(tag) = scalar.tag else {
            let timestamp = Timestamp::parse(text).filter(|_| scalar.plain);
            return match timestamp {
                Some(timestamp) => ScalarKey::value(timestamp.to_key(), text),
                None if scalar.plain => ScalarKey::of_kind(text, resolve_untimed_scalar(text)),
                None => ScalarKey::of_kind(text, NodeKind::Text(text.into())),
            };
        };
        let core = CoreTag::parse(tag);
        let timestamp = Timestamp::parse(text).filter(|_| core == Some(CoreTag::Timestamp));
        if let Some(timestamp) = timestamp {
            return ScalarKey::value(timestamp.to_key(), text);
        }
        match tag::resolve(text, tag, position, report) {
            NodeKind::Number(n) if core == Some(CoreTag::Float) => {
                ScalarKey::value(general(n), text)
            }
            kind => ScalarKey {
                is_string: matches!(core, Some(CoreTag::Str | CoreTag::Structural)),
                ..ScalarKey::of_kind(text, kind)
            },
        }
    }

    /// The text in a mapping that keeps the texts of its keys, or in another one; `None` if the member is dropped.
    pub fn text(&self, keeps_text: bool) -> Option<&EcoString> {
        if keeps_text {
            self.written.as_ref()
        } else {
            Some(&self.printed)
        }
    }

    fn of_kind(text: &str, kind: NodeKind) -> ScalarKey {
        match kind {
            NodeKind::Null => ScalarKey {
                printed: "<nil>".into(),
                written: None,
                is_string: false,
            },
            NodeKind::Bool(b) => ScalarKey::value(b.to_string(), text),
            NodeKind::Number(n) => match parse_integer(text) {
                Some(integer) => ScalarKey::value(integer.to_string(), text),
                None => ScalarKey::value(general(n), text),
            },
            NodeKind::Text(text) => ScalarKey {
                printed: text.clone(),
                written: Some(text),
                is_string: true,
            },
            // A scalar is neither.
            NodeKind::List(_) | NodeKind::Map(_) => ScalarKey::value(String::new(), text),
        }
    }

    /// The key of a value that is not a string.
    fn value(printed: String, text: &str) -> ScalarKey {
        ScalarKey {
            printed: printed.into(),
            written: Some(text.into()),
            is_string: false,
        }
    }
}

/// The text that Go prints for a float.
fn general(n: f64) -> String {
    if n.is_infinite() {
        return if n > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let mut printed = String::new();
    number::write_general(&mut printed, n);
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, plain: bool, tag: Option<&str>) -> String {
        let mut report = DiagnosticSink::new("f".into());
        let tag = tag.map(|name| format!("tag:yaml.org,2002:{name}"));
        let scalar = Scalar::new(text, plain, tag.as_deref());
        let key = ScalarKey::parse(scalar, Position::START, &mut report);
        key.printed.into()
    }

    #[test]
    fn keys_have_the_text_that_go_prints() {
        for (text, plain, tag, want) in [
            ("1.50", true, None, "1.5"),
            ("1.50", false, None, "1.50"),
            ("~", true, None, "<nil>"),
            ("True", true, None, "true"),
            (".inf", true, None, "+Inf"),
            ("-.inf", true, None, "-Inf"),
            (".nan", true, None, "NaN"),
            ("<<", false, None, "<<"),
            ("5", true, Some("str"), "5"),
            ("0x10", false, Some("int"), "16"),
            ("1000000", true, None, "1000000"),
            ("1000000.0", true, None, "1e+06"),
            ("1000000", true, Some("float"), "1e+06"),
            ("9007199254740993", true, None, "9007199254740993"),
            ("0xFFFFFFFFFFFFFFFF", true, None, "18446744073709551615"),
            (
                "-18446744073709551615",
                true,
                None,
                "-1.8446744073709552e+19",
            ),
            ("-0", true, None, "0"),
            ("-0.0", true, None, "-0"),
            ("cGx=", true, Some("binary"), "pl"),
            ("2001-01-01", true, None, "2001-01-01 00:00:00 +0000 UTC"),
            (
                "2001-01-01",
                true,
                Some("timestamp"),
                "2001-01-01 00:00:00 +0000 UTC",
            ),
            (
                "2001-1-1T02:03:04.50+01:00",
                true,
                None,
                "2001-01-01 02:03:04.5 +0100 +0100",
            ),
        ] {
            assert_eq!(printed(text, plain, tag), want, "{text}");
        }
    }

    #[test]
    fn merge_key_is_plain_or_tagged() {
        let is_merge = |text, plain, tag| is_merge_key(Scalar::new(text, plain, tag));
        assert!(is_merge("<<", true, None));
        assert!(is_merge("<<", false, Some("tag:yaml.org,2002:merge")));
        assert!(!is_merge("<<", false, None));
        assert!(!is_merge("<<", true, Some("tag:yaml.org,2002:str")));
    }
}
