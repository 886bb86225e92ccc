//! Compiles `fractionalEvaluation`, the deprecated predecessor of `fractional`.

use crate::diag::Code;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ast::Rule;
use crate::rule::compile::Compiler;

impl Compiler<'_> {
    /// The first argument of `fractionalEvaluation` is the name of an attribute, that of `fractional` a value.
    pub(super) fn legacy_fractional(&mut self, member: &Member) -> Rule {
        let message = format!(
            "`fractionalEvaluation` of flag `{}` is deprecated: flagd no longer knows it and returns PARSE_ERROR",
            self.flag_key
        );
        let help = "write `fractional`, with `{\"var\": …}` as its first argument";
        self.report
            .warn(Code::Deprecated, member.position, message, help);
        let mut arguments = member.value.clone();
        if let NodeKind::List(items) = &mut arguments.kind
            && let Some(first) = items.first_mut()
            && first.as_text().is_some()
        {
            let name = first.clone();
            let var = Member {
                key: "var".into(),
                position: first.position,
                value: name,
            };
            first.kind = NodeKind::Map(vec![var]);
        }
        self.fractional(&arguments)
    }
}
