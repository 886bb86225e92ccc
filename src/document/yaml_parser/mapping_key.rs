//! `MappingKey`: the key of a YAML mapping as text, which is the only kind of key in JSON.

use ecow::EcoString;

use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::scalar::resolve_untimed_scalar;
use crate::document::yaml_parser::tag;
use crate::document::yaml_parser::timestamp::timestamp_as_key;
use crate::number;

/// The key of a member.
pub enum MappingKey {
    /// The merge key of YAML 1.1, `<<`.
    Merge,
    /// Any other key.
    Text(EcoString),
}

impl MappingKey {
    /// The key that a scalar stands for. Values other than strings become the text that Go's `fmt.Sprint` makes of them,
    /// as in flagd: `1.50` is `1.5`, `~` is `<nil>`.
    pub fn from_scalar(text: &str, plain: bool, tag: Option<&str>) -> MappingKey {
        let tag = tag.filter(|tag| *tag != "!");
        let is_merge = match tag {
            None => plain,
            Some(tag) => tag == "tag:yaml.org,2002:merge",
        };
        if text == "<<" && is_merge {
            return MappingKey::Merge;
        }
        let kind = match tag {
            None if plain => match timestamp_as_key(text) {
                Some(key) => return MappingKey::Text(key.into()),
                None => resolve_untimed_scalar(text),
            },
            None => return MappingKey::Text(text.into()),
            Some(tag) => {
                let mut unreported = DiagnosticSink::new("".into());
                tag::resolve(text, tag, Position::START, &mut unreported)
            }
        };
        MappingKey::from_value(&kind).unwrap_or_else(|| MappingKey::Text(text.into()))
    }

    /// The key that a value stands for; `None` for a list or a mapping.
    pub fn from_value(kind: &NodeKind) -> Option<MappingKey> {
        let text = match kind {
            NodeKind::Null => "<nil>".into(),
            NodeKind::Bool(b) => if *b { "true" } else { "false" }.into(),
            NodeKind::Number(n) if *n == f64::INFINITY => "+Inf".into(),
            NodeKind::Number(n) if *n == f64::NEG_INFINITY => "-Inf".into(),
            NodeKind::Number(n) => {
                let mut key = String::new();
                number::write_general(&mut key, *n);
                key.into()
            }
            NodeKind::Text(text) => text.clone(),
            NodeKind::List(_) | NodeKind::Map(_) => return None,
        };
        Some(MappingKey::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_text_that_go_prints() {
        let tag = |name: &str| format!("tag:yaml.org,2002:{name}");
        for (text, plain, tag, want) in [
            ("1.50", true, None, "1.5"),
            ("1.50", false, None, "1.50"),
            ("~", true, None, "<nil>"),
            ("True", true, None, "true"),
            (".inf", true, None, "+Inf"),
            ("-.inf", true, None, "-Inf"),
            (".nan", true, None, "NaN"),
            ("<<", false, None, "<<"),
            ("5", true, Some(tag("str")), "5"),
            ("0x10", false, Some(tag("int")), "16"),
            ("2001-01-01", true, None, "2001-01-01 00:00:00 +0000 UTC"),
            (
                "2001-1-1T02:03:04.50+01:00",
                true,
                None,
                "2001-01-01 02:03:04.5 +0100 +0100",
            ),
        ] {
            let key = match MappingKey::from_scalar(text, plain, tag.as_deref()) {
                MappingKey::Text(key) => Some(key),
                MappingKey::Merge => None,
            };
            assert_eq!(key.as_deref(), Some(want), "{text}");
        }
        assert!(matches!(
            MappingKey::from_scalar("<<", true, None),
            MappingKey::Merge
        ));
    }
}
