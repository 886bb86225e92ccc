//! Checks of operations that flagd accepts, but whose result nobody means: arguments that are ignored, conditions that are
//! true for every context, results that are no variants. A check reports; it never changes the compiled rule.

mod arguments;
mod condition;
pub(super) mod fractional;
mod object;
pub(super) mod operator_name;
mod result;
mod sem_ver;

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::NodeKind;
use crate::rule::compile::Compiler;
use crate::rule::syntax;

impl Compiler<'_> {
    /// Checks the arguments of one operation; operations among them are checked when they are compiled.
    pub(super) fn check_operation(&mut self, member: &Member) {
        self.check_argument_count(member);
        match &*member.key {
            "sem_ver" => self.check_sem_ver(member),
            "starts_with" | "ends_with" => self.check_affix(member),
            "in" => self.check_haystack(member),
            name if syntax::is_fractional(name) => self.check_fractional(member),
            _ => {}
        }
        if let (Some(items), NodeKind::List(_)) = (syntax::if_arguments(member), &member.value.kind)
            && !self.check_pairs(items)
        {
            syntax::if_conditions(items).for_each(|condition| self.check_condition(condition));
        }
    }
}
