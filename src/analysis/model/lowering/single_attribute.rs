//! Lowers operations that read the context: an expression over one attribute, an operator over arguments that each have
//! finitely many values, or an opaque expression.

use crate::analysis::model::comparisons::find_uses;
use crate::analysis::model::comparisons::find_uses::ValueConsumer;
use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::analysis::model::lowering::ProgramBuilder;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SingleAttributeExpr;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::analysis::model::unsupported::Unsupported;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::Rule;
use crate::rule::operator::Operator;

impl<'d> ProgramBuilder<'_, 'd> {
    /// Lowers an expression over at most one attribute, or else to a pure operator or an opaque expression.
    pub(super) fn lower_single_attribute(
        &mut self,
        node: &'d Node,
        want: ResultKind,
    ) -> SymbolicExpr {
        let question = CompiledExpr::new(node, &self.flag.key);
        if let Some(constant) = question.rule().as_constant() {
            return SymbolicExpr::Constant(constant);
        }
        if let Rule::Invalid(_) = question.rule() {
            return SymbolicExpr::Fault;
        }
        let paths = question.attribute_paths().unwrap_or_default();
        let flow = match want {
            ResultKind::Truthiness => ValueConsumer::Truthiness,
            ResultKind::Leaf => ValueConsumer::VariantName(&self.flag.variants),
            ResultKind::Value => ValueConsumer::Value,
        };
        match self.record_comparisons(node, flow, &paths) {
            Ok(attribute) => {
                let exprs = &mut self.program.single_attribute_exprs;
                exprs.push(SingleAttributeExpr::new(node, attribute, question));
                SymbolicExpr::SingleAttribute(exprs.len() - 1)
            }
            Err(foreign) => self
                .lower_pure_operator(node)
                .unwrap_or_else(|| self.opaque(node, &foreign)),
        }
    }

    /// Records the comparisons of the only attribute that `node` reads; returns its index.
    fn record_comparisons(
        &mut self,
        node: &Node,
        sink: ValueConsumer<'_>,
        paths: &[String],
    ) -> Result<usize, Unsupported> {
        let unsupported = |description: &str| Unsupported {
            position: node.position,
            description: description.to_owned(),
        };
        let uses = find_uses::attribute_uses(node, sink)?;
        let path = match paths {
            [path] => path,
            [] => return Err(unsupported("a `var` that reads the whole context")),
            _ => return Err(unsupported("a comparison of several attributes")),
        };
        let attribute = self.space.intern_attribute(path);
        if let Some(known) = self.space.attributes.get_mut(attribute) {
            for found in uses {
                known.comparisons.record(found.sink)?;
            }
        }
        Ok(attribute)
    }

    /// Lowers a pure operator over arguments that each have finitely many values.
    fn lower_pure_operator(&mut self, node: &'d Node) -> Option<SymbolicExpr> {
        let member = node.single_member()?;
        let operator = Operator::from_name(&member.key).filter(|operator| operator.is_pure())?;
        let NodeKind::List(items) = &member.value.kind else {
            return None;
        };
        if !items.iter().all(has_finitely_many_values) {
            return None;
        }
        let forms = items
            .iter()
            .map(|item| self.lower_expr(item, ResultKind::Value, None));
        let forms: Vec<SymbolicExpr> = forms.collect();
        (!forms.iter().any(SymbolicExpr::contains_opaque))
            .then_some(SymbolicExpr::PureOperator(operator, forms))
    }

    pub(super) fn opaque(&mut self, node: &'d Node, foreign: &Unsupported) -> SymbolicExpr {
        let why = self.unsupported(foreign);
        SymbolicExpr::Opaque(self.space.intern_opaque_expr(node, why))
    }
}

/// Returns true if an expression has finitely many values over all contexts.
fn has_finitely_many_values(node: &Node) -> bool {
    let Some(member) = node.single_member() else {
        return node
            .children()
            .all(|item| item.single_member().is_none() && has_finitely_many_values(item));
    };
    let items = member.arguments();
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", NodeKind::List(_)) => items
            .chunks(2)
            .all(|clause| clause.last().is_some_and(has_finitely_many_values)),
        ("and" | "or", NodeKind::List(_)) => items.iter().all(has_finitely_many_values),
        ("fractional", NodeKind::List(_)) => true,
        (name, _) => find_uses::returns_boolean(name),
    }
}
