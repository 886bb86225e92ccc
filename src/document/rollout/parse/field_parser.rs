//! Reading the members of words, with every mistake told.

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::schema::ObjectSchema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// Reads the words of one flag.
#[derive(Debug)]
pub struct FieldParser<'r> {
    /// The flag's key.
    pub flag: &'r str,
    /// The flag's variants.
    pub variants: &'r [(EcoString, OwnedValue)],
    /// Where mistakes are told.
    pub report: &'r mut DiagnosticSink,
    /// Whether some word cannot be understood.
    pub faulty: bool,
}

impl FieldParser<'_> {
    /// Tells of a word that cannot be understood; `what` goes on after its name.
    pub fn report_invalid(
        &mut self,
        place: Position,
        word: &str,
        what: impl AsRef<str>,
        help: &str,
    ) {
        let message = format!("`{word}` of flag `{}` {}", self.flag, what.as_ref());
        self.report.error(Code::Rollout, place, message, help);
        self.faulty = true;
    }

    /// Tells of a word that has no effect.
    pub fn report_no_effect(&mut self, place: Position, word: &str, what: &str, help: &str) {
        let message = format!("`{word}` of flag `{}` {what}", self.flag);
        self.report.warn(Code::NoEffect, place, message, help);
    }

    /// A string that is not empty.
    pub fn parse_string(&mut self, node: &Node, word: &str) -> Option<EcoString> {
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text.clone()),
            NodeKind::Text(_) => {
                self.report_invalid(
                    node.position,
                    word,
                    "is empty",
                    "write a name or leave it out",
                );
                None
            }
            NodeKind::Number(_) | NodeKind::Bool(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, word, what, "put quotes around it");
                None
            }
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, word, what, "write a string");
                None
            }
        }
    }

    /// A list of strings; one string is a list of one.
    pub fn parse_string_list(&mut self, node: &Node, word: &str) -> Vec<EcoString> {
        let NodeKind::List(items) = &node.kind else {
            return self.parse_string(node, word).into_iter().collect();
        };
        if items.is_empty() {
            self.report_no_effect(
                node.position,
                word,
                "is empty",
                "remove it or name somebody",
            );
        }
        let texts = items
            .iter()
            .filter_map(|item| self.parse_string(item, word));
        texts.collect()
    }

    /// `true` or `false`.
    pub fn parse_bool(&mut self, node: &Node, word: &str) -> bool {
        match node.kind {
            NodeKind::Bool(b) => b,
            NodeKind::Null => false,
            NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_) | NodeKind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, word, what, "write true or false");
                false
            }
        }
    }

    /// The name of a variant that the flag has.
    pub fn parse_variant(&mut self, node: &Node, word: &str) -> Option<EcoString> {
        let name = self.parse_string(node, word)?;
        self.require_variant(&name, node.position, word)
            .then_some(name)
    }

    /// Whether the flag has a variant, with a complaint if not.
    pub fn require_variant(&mut self, name: &str, place: Position, word: &str) -> bool {
        let names = || self.variants.iter().map(|(name, _)| &**name);
        if names().any(|known| known == name) {
            return true;
        }
        let flag = self.flag;
        let message =
            format!("`{word}` of flag `{flag}` names `{name}`, which is no variant of it");
        let help = match diag::closest_match(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.report
            .error(Code::UnknownVariant, place, message, help);
        self.faulty = true;
        false
    }

    /// The members of an object that are known; others are told of.
    pub fn parse_known_members<'n>(
        &mut self,
        node: &'n Node,
        word: &str,
        object: &ObjectSchema,
        help: &str,
    ) -> Vec<&'n Member> {
        let mut known = Vec::new();
        for member in self.parse_object(node, word, help) {
            match object.field(&member.key) {
                Some(_) => known.push(member),
                None => self.report_unknown_member(member, word, object),
            }
        }
        known
    }

    /// The members of an object that may have any.
    pub fn parse_object<'n>(&mut self, node: &'n Node, word: &str, help: &str) -> &'n [Member] {
        if let Some(members) = node.as_map() {
            return members;
        }
        let what = format!("is {}", node.type_name());
        self.report_invalid(node.position, word, what, help);
        &[]
    }

    fn report_unknown_member(&mut self, member: &Member, word: &str, object: &ObjectSchema) {
        let help = match diag::closest_match(&member.key, object.field_names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "its members are: {}",
                object.field_names().collect::<Vec<_>>().join(", ")
            ),
        };
        let what = format!(
            "`{word}` of flag `{}` has no member `{}`",
            self.flag, member.key
        );
        self.report
            .error(Code::Rollout, member.position, what, help);
        self.faulty = true;
    }
}
