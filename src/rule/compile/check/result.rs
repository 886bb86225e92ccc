//! Checks the results of a rule: each must be the name of a variant, or null for the default.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::Position;
use crate::diag::suggest_one_of;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::rule::compile::Compiler;
use crate::rule::compile::check::object::is_operator;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// Operators that yield true or false.
const PREDICATES: [&str; 20] = [
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "!",
    "!!",
    "in",
    "starts_with",
    "ends_with",
    "sem_ver",
    "contains_all",
    "contains_any",
    "contains_none",
    "all",
    "some",
    "none",
];

impl Compiler<'_> {
    /// Reports the results of a rule that is evaluated as a whole.
    pub(in crate::rule::compile) fn check_result(&mut self, node: &Node) {
        match JsonLogicNode::from_node(node) {
            JsonLogicNode::List(_) => {
                let list = OwnedValue::List(Box::default());
                self.report_unknown_variant(&list, node.position);
            }
            JsonLogicNode::Value(node) => {
                self.leaf_for_constant(&node.to_owned_value(), node.position);
            }
            JsonLogicNode::Operation(member) => self.check_result_of(member),
        }
    }

    fn check_result_of(&mut self, member: &Member) {
        if let Some(clauses) = syntax::if_arguments(member) {
            for clause in clauses.chunks(2) {
                clause
                    .last()
                    .into_iter()
                    .for_each(|node| self.check_result(node));
            }
            return;
        }
        if syntax::is_fractional(&member.key) {
            for share in member.arguments() {
                // The check of the shares reports a weight before the variant.
                if self.is_swapped(share) {
                    continue;
                }
                if let NodeKind::List(parts) = &share.kind
                    && let Some(value) = parts.first()
                {
                    self.check_result(value);
                }
            }
            return;
        }
        if PREDICATES.contains(&&*member.key) {
            self.check_predicate(member);
        }
    }

    /// Reports a rule that yields true or false although no variant has this name.
    fn check_predicate(&mut self, member: &Member) {
        let has = |name: &str| self.variant_names.iter().any(|known| **known == *name);
        if has("true") && has("false") {
            return;
        }
        let unknown = if has("true") { "false" } else { "true" };
        let message = format!(
            "the rule of flag `{}` ends in `{}`, which yields true or false, but `{unknown}` is not a variant",
            self.flag_key, member.key
        );
        let first = |at: usize| self.variant_names.get(at).map_or("off", |name| &**name);
        let help = format!(
            "write `{{ \"if\": [CONDITION, \"{}\", \"{}\"] }}`",
            first(1),
            first(0)
        );
        self.report
            .error(Code::UnknownVariant, member.position, message, help);
    }

    /// Reports a constant result that is not a variant: a warning if no context reaches it.
    pub(in crate::rule::compile) fn report_unknown_variant(
        &mut self,
        constant: &OwnedValue,
        position: Position,
    ) {
        let flag = self.flag_key;
        let (message, help) = match constant {
            OwnedValue::Text(text) if text.trim_start().starts_with(['{', '[']) => (
                format!("the rule of flag `{flag}` is a string that holds JSON, not a rule"),
                json_text_help(text),
            ),
            OwnedValue::Map(members) if members.iter().any(|(key, _)| is_operator(key)) => return,
            OwnedValue::List(_) | OwnedValue::Map(_) => {
                let kind = match constant {
                    OwnedValue::List(_) => "a list",
                    _ => "an object of no or several members",
                };
                (
                    format!("the rule of flag `{flag}` ends in {kind}, not in the name of a variant"),
                    "end it in one name, or in an operation such as `{ \"if\": [CONDITION, THEN, ELSE] }`"
                        .to_owned(),
                )
            }
            _ => {
                let name = spelling(constant);
                let message = format!("`{name}` is not a variant of flag `{flag}`");
                (message, variant_help(&name, self.variant_names))
            }
        };
        if self.is_unreachable {
            self.report
                .warn(Code::UnknownVariant, position, message, help);
        } else {
            self.report
                .error(Code::UnknownVariant, position, message, help);
        }
    }
}

/// The help for a text that holds a rule: a text of several lines is usually a block text of YAML.
fn json_text_help(text: &str) -> String {
    if text.contains('\n') {
        "remove the `|` or `>` before the rule, or the quotes around it".to_owned()
    } else {
        "remove the quotes around the rule".to_owned()
    }
}

fn spelling(constant: &OwnedValue) -> String {
    match constant {
        OwnedValue::Text(text) => text.to_string(),
        OwnedValue::Bool(b) => b.to_string(),
        OwnedValue::Number(n) => {
            let mut text = String::new();
            number::write_general(&mut text, *n);
            text
        }
        OwnedValue::Null | OwnedValue::List(_) | OwnedValue::Map(_) => "null".to_owned(),
    }
}

fn variant_help(name: &str, variants: &[EcoString]) -> String {
    if variants.is_empty() {
        return format!("add `variants` to the flag, with `{name}` among them");
    }
    suggest_one_of(name, variants.iter().map(AsRef::as_ref))
}
