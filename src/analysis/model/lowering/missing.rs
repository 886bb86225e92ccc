//! Lowers `missing` and `missing_some`, whose truth depends only on the attributes that are null.

use crate::analysis::model::lowering::ProgramBuilder;
use crate::analysis::model::lowering::missing_names::missing_names;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

impl<'d> ProgramBuilder<'_, 'd> {
    /// Lowers `missing` and `missing_some` to tests for null attributes.
    pub(super) fn lower_missing(&mut self, node: &'d Node, member: &'d Member) -> SymbolicExpr {
        let Some((names, least)) = missing_names(node) else {
            return self.lower_single_attribute(node, ResultKind::Truthiness);
        };
        if &*member.key == "missing" {
            let absent = names.iter().map(|name| self.is_absent(name));
            return SymbolicExpr::Or(absent.collect());
        }
        let attributes: Vec<usize> = names
            .iter()
            .map(|name| self.space.intern_attribute(name))
            .collect();
        at_least(&attributes, least)
    }

    fn is_absent(&mut self, name: &str) -> SymbolicExpr {
        SymbolicExpr::IsAbsent(self.space.intern_attribute(name))
    }
}

/// True if at least `count` of these attributes are null.
fn at_least(attributes: &[usize], count: usize) -> SymbolicExpr {
    let Some((first, rest)) = attributes.split_first().filter(|_| count > 0) else {
        return SymbolicExpr::Constant(OwnedValue::Bool(count == 0));
    };
    let with_first = vec![
        SymbolicExpr::IsAbsent(*first),
        at_least(rest, count.saturating_sub(1)),
    ];
    SymbolicExpr::Or(vec![SymbolicExpr::And(with_first), at_least(rest, count)])
}
