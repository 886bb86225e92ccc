//! Compiles an operation: dispatches on the operator's name, and compiles operators that evaluate all their arguments.

use crate::diag::Code;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ast::ArgumentRules;
use crate::rule::ast::ListOpKind;
use crate::rule::ast::Rule;
use crate::rule::compile::Compiler;
use crate::rule::compile::check::operator_name::help_for_unknown_operator;
use crate::rule::compile::constant_folding::fold_constant;
use crate::rule::compile::constant_folding::specialize;
use crate::rule::error::EvalError;
use crate::rule::operator;
use crate::rule::operator::Operator;

impl Compiler<'_> {
    /// The rule of an object with one member: its key is the operator.
    pub(super) fn compile_operation(&mut self, member: &Member) -> Rule {
        self.check_operation(member);
        let arguments = &member.value;
        let items = match &arguments.kind {
            NodeKind::List(items) => Some(&**items),
            _ => None,
        };
        let list_op = |kind| (kind, items.unwrap_or(&[]));
        let (kind, items) = match (&*member.key, items) {
            ("and", Some(items)) => return self.short_circuit(items, false),
            ("or", Some(items)) => return self.short_circuit(items, true),
            ("if" | "?:", Some(items)) => return self.if_rule(items),
            ("var", _) => return self.var(arguments),
            ("fractional", _) => return self.fractional(arguments),
            ("fractionalEvaluation", _) => return self.legacy_fractional(member),
            ("$ref", _) => return self.unresolved_reference(member),
            ("map", Some(_)) => list_op(ListOpKind::Map),
            ("filter", Some(_)) => list_op(ListOpKind::Filter),
            ("reduce", Some(_)) => list_op(ListOpKind::Reduce),
            ("all", Some(_)) => list_op(ListOpKind::All),
            ("some", Some(_)) => list_op(ListOpKind::Some),
            ("none", Some(_)) => list_op(ListOpKind::None),
            (name, None) if operator::LAZY_LIST_OPERATORS.contains(&name) => {
                let message = format!(
                    "the arguments of `{}` in flag `{}` are not a list",
                    member.key, self.flag_key
                );
                self.report_invalid_rule(member.position, message, "put `[` and `]` around them");
                return Rule::Invalid(EvalError::InvalidArguments);
            }
            (name, _) => return self.eager_operation(name, member),
        };
        self.list_op(kind, items)
    }

    /// A reference that the parser did not resolve. The parser has already reported it if it has a name.
    fn unresolved_reference(&mut self, member: &Member) -> Rule {
        if member.value.as_text().is_none() {
            let kind = member.value.type_name();
            let message = format!("`$ref` is {kind}, not the name of an evaluator");
            let help = "write `{ $ref: NAME }` with a name from `$evaluators`";
            self.report
                .error(Code::Reference, member.position, message, help);
        }
        Rule::Invalid(EvalError::UnresolvedName)
    }

    /// The rule of an operator that evaluates all its arguments.
    fn eager_operation(&mut self, name: &str, member: &Member) -> Rule {
        let Some(operator) = Operator::from_name(name) else {
            let help = help_for_unknown_operator(member);
            let message = format!("unknown operator `{name}` in flag `{}`", self.flag_key);
            self.report
                .error(Code::Operator, member.position, message, help);
            return Rule::Invalid(EvalError::UnresolvedName);
        };
        if !operator.is_pure() && !self.in_list_op {
            self.slot_allocator.needs_full_context = true;
        }
        let NodeKind::List(items) = &member.value.kind else {
            let argument = self.compile_rule(&member.value);
            let constant = argument.is_constant();
            let rule = Rule::Apply(Box::new((operator, ArgumentRules::Single(argument))));
            return fold_constant(rule, constant && operator.is_pure());
        };
        let rules = self.compile_rules(items);
        let constant = rules.iter().all(Rule::is_constant);
        let rule = specialize(operator, rules);
        fold_constant(rule, constant && operator.is_pure())
    }
}
