//! `FieldParser`: typed access to the members of rollout fields; all errors are reported.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::suggest_one_of;
use crate::document::flag::form;
use crate::document::schema;
use crate::document::schema::ObjectSchema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// Parses the rollout fields of one flag.
#[derive(Debug)]
pub struct FieldParser<'r> {
    /// The flag's key.
    pub flag: &'r str,
    /// The flag's variants.
    pub variants: &'r [(EcoString, OwnedValue)],
    /// The sink for diagnostics.
    pub report: &'r mut DiagnosticSink,
    /// The code of invalid fields.
    pub code: Code,
    /// True if a field is invalid.
    pub faulty: bool,
}

impl FieldParser<'_> {
    /// Reports an invalid field; `what` continues the message after the field and the flag.
    pub fn report_invalid(
        &mut self,
        position: Position,
        field: &str,
        what: impl AsRef<str>,
        help: &str,
    ) {
        let message = format!("`{field}` of flag `{}` {}", self.flag, what.as_ref());
        self.report.error(self.code, position, message, help);
        self.faulty = true;
    }

    /// Warns about a field without effect.
    pub fn report_no_effect(&mut self, position: Position, field: &str, what: &str, help: &str) {
        let message = format!("`{field}` of flag `{}` {what}", self.flag);
        self.report.warn(Code::NoEffect, position, message, help);
    }

    /// Reports an empty list.
    pub fn report_empty_list(&mut self, node: &Node, field: &str, help: &str) {
        if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
            self.report_no_effect(node.position, field, "is empty", help);
        }
    }

    /// A string that is not empty.
    pub fn parse_string(&mut self, node: &Node, field: &str) -> Option<EcoString> {
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text.clone()),
            NodeKind::Text(_) => {
                self.report_invalid(
                    node.position,
                    field,
                    "is empty",
                    "write a name or remove the field",
                );
                None
            }
            NodeKind::Number(_) | NodeKind::Bool(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, field, what, "put quotes around it");
                None
            }
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, field, what, "write a string");
                None
            }
        }
    }

    /// A list of strings; one string is a list of one.
    pub fn parse_string_list(&mut self, node: &Node, field: &str) -> Vec<EcoString> {
        let NodeKind::List(items) = &node.kind else {
            return self.parse_string(node, field).into_iter().collect();
        };
        self.report_empty_list(node, field, "remove it or add an entry");
        let texts = items
            .iter()
            .filter_map(|item| self.parse_string(item, field));
        texts.collect()
    }

    /// A list of names without commas. One text that lists several is reported; it remains one name.
    pub fn parse_names(&mut self, node: &Node, field: &str) -> Vec<EcoString> {
        let names = self.parse_string_list(node, field);
        let items = node.items_or_self().iter();
        for (item, text) in items.filter_map(|item| Some((item, item.as_text()?))) {
            let separated = text.contains([',', ';', '|']);
            if separated {
                let parts = text.split([',', ';', '|']).map(str::trim);
                let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
                let message = format!(
                    "`{field}` of flag `{}` has the text `{text}`, which is one name",
                    self.flag
                );
                let help = format!("write a list: `[{}]`", parts.join(", "));
                self.report.error(self.code, item.position, message, help);
            }
        }
        names
    }

    /// `true` or `false`.
    pub fn parse_bool(&mut self, node: &Node, field: &str) -> bool {
        match node.kind {
            NodeKind::Bool(b) => b,
            NodeKind::Null => false,
            NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_) | NodeKind::Map(_) => {
                let what = format!("is {}", node.type_name());
                self.report_invalid(node.position, field, what, "write true or false");
                false
            }
        }
    }

    /// The name of a variant that the flag has.
    pub fn parse_variant(&mut self, node: &Node, field: &str) -> Option<EcoString> {
        if let Some(variant) = self.variant_of_value(node) {
            let what = format!("is {}, not the name of a variant", node.type_name());
            let help = format!("write `\"{variant}\"`, the variant with this value");
            self.report_invalid(node.position, field, what, &help);
            return None;
        }
        let name = self.parse_string(node, field)?;
        self.require_variant(&name, node.position, field)
            .then_some(name)
    }

    /// The variant whose value is this boolean or number, unless a variant has it as its name.
    fn variant_of_value(&self, node: &Node) -> Option<EcoString> {
        let name = match node.kind {
            NodeKind::Bool(b) => b.to_string(),
            NodeKind::Number(n) => n.to_string(),
            _ => return None,
        };
        let value = node.to_owned_value();
        let mut variants = self.variants.iter();
        let has_name = variants.clone().any(|(key, _)| **key == *name);
        let found = variants.find(|(_, known)| *known == value);
        found.map(|(key, _)| key.clone()).filter(|_| !has_name)
    }

    /// Returns true if the flag has the variant; otherwise reports an error.
    pub fn require_variant(&mut self, name: &str, position: Position, field: &str) -> bool {
        let names = || self.variants.iter().map(|(name, _)| &**name);
        if names().any(|known| known == name) {
            return true;
        }
        let flag = self.flag;
        let message = format!("`{field}` of flag `{flag}` names `{name}`, which is not a variant");
        let help = suggest_one_of(name, names());
        self.report
            .error(Code::UnknownVariant, position, message, help);
        self.faulty = true;
        false
    }

    /// The members of an object that are in its schema; others are reported.
    pub fn parse_known_members<'n>(
        &mut self,
        node: &'n Node,
        field: &str,
        object: &ObjectSchema,
        help: &str,
    ) -> Vec<&'n Member> {
        let mut known = Vec::new();
        for member in self.parse_object(node, field, help) {
            match object.field(&member.key) {
                Some(_) => known.push(member),
                None if schema::is_annotation(&member.key) => {}
                None => self.report_unknown_member(member, field, object),
            }
        }
        known
    }

    /// The members of an object of any keys.
    pub fn parse_object<'n>(&mut self, node: &'n Node, field: &str, help: &str) -> &'n [Member] {
        if let Some(members) = node.as_map() {
            return members;
        }
        let what = format!("is {}", node.type_name());
        self.report_invalid(node.position, field, what, help);
        &[]
    }

    fn report_unknown_member(&mut self, member: &Member, field: &str, object: &ObjectSchema) {
        let help = form::explain_key(member)
            .unwrap_or_else(|| suggest_one_of(&member.key, object.field_names()));
        let what = format!(
            "unknown member `{}` in `{field}` of flag `{}`",
            member.key, self.flag
        );
        self.report.error(self.code, member.position, what, help);
        self.faulty = true;
    }
}
