//! What asks the context: a question about one attribute, an operator over what has few values, or anything.

use std::cell::OnceCell;

use crate::analysis::model::comparisons;
use crate::analysis::model::comparisons::Unsupported;
use crate::analysis::model::comparisons::ValueSink;
use crate::analysis::model::concrete_eval::CompiledExpr;
use crate::analysis::model::input_domain::UnsupportedInFile;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SingleAttributeExpr;
use crate::analysis::model::program::lowering::ProgramBuilder;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::Rule;
use crate::rule::operator::Operator;

impl<'d> ProgramBuilder<'_, 'd> {
    /// A question about one attribute at the most, or else whatever can be made of it.
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
            ResultKind::Truthiness => ValueSink::Truthiness,
            ResultKind::Leaf => ValueSink::VariantName(&self.flag.variants),
            ResultKind::Value => ValueSink::Value,
        };
        let asked = match (&*paths, comparisons::attribute_uses(node, flow)) {
            ([path], Ok(questions)) => {
                let attribute = self.space.intern_attribute(path);
                let uses = self
                    .space
                    .attributes
                    .get_mut(attribute)
                    .map(|a| &mut a.comparisons);
                let noted = uses.map_or(Ok(()), |uses| {
                    questions.iter().try_for_each(|q| uses.record(q.sink))
                });
                noted.map(|()| attribute)
            }
            ([], Ok(_)) => Err(Unsupported {
                position: node.position,
                description: "a `var` that reads the whole context".to_owned(),
            }),
            (_, Err(foreign)) => Err(foreign),
            (_, Ok(_)) => Err(Unsupported {
                position: node.position,
                description: "a comparison of several attributes".to_owned(),
            }),
        };
        match asked {
            Ok(attribute) => {
                self.program
                    .single_attribute_exprs
                    .push(SingleAttributeExpr {
                        node,
                        attribute,
                        compiled: question,
                        truth_cache: OnceCell::new(),
                        leaf_cache: OnceCell::new(),
                        value_cache: OnceCell::new(),
                    });
                SymbolicExpr::SingleAttribute(self.program.single_attribute_exprs.len() - 1)
            }
            Err(foreign) => self
                .lower_pure_operator(node)
                .unwrap_or_else(|| self.opaque(node, &foreign)),
        }
    }

    /// An operator over forms of which each has finitely many values.
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
        let why = UnsupportedInFile {
            file: self.program.file.clone(),
            position: foreign.position,
            description: format!("{} cannot be reasoned about", foreign.description),
        };
        SymbolicExpr::Opaque(self.space.intern_opaque_expr(node, why))
    }

    /// Whether one of the named attributes is null.
    pub(super) fn lower_missing(&mut self, node: &'d Node, member: &'d Member) -> SymbolicExpr {
        let names = comparisons::arguments(member);
        let plain = |name: &Node| {
            let name = name.as_text().map(comparisons::normalize_path);
            name.is_some_and(|name| !name.is_empty() && !name.starts_with("$flagd"))
        };
        if names.is_empty() || !names.iter().all(plain) {
            return self.lower_single_attribute(node, ResultKind::Truthiness);
        }
        let present = names.iter().map(|name| {
            let attribute = self
                .space
                .intern_attribute(&comparisons::normalize_path(name.as_text().unwrap_or("")));
            SymbolicExpr::IsAbsent(attribute)
        });
        SymbolicExpr::Or(present.collect())
    }
}

/// Whether an expression has finitely many values, whatever the context.
fn has_finitely_many_values(node: &Node) -> bool {
    let Some(member) = node.single_member() else {
        return node
            .children()
            .all(|item| item.single_member().is_none() && has_finitely_many_values(item));
    };
    let items = comparisons::arguments(member);
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", NodeKind::List(_)) => items
            .chunks(2)
            .all(|clause| clause.last().is_some_and(has_finitely_many_values)),
        ("and" | "or", NodeKind::List(_)) => items.iter().all(has_finitely_many_values),
        ("fractional", NodeKind::List(_)) => true,
        (name, _) => comparisons::returns_boolean(name),
    }
}
