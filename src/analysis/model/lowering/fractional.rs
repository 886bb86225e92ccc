//! Lowers a `fractional` operation: its bucketing key and its shares.

use crate::analysis::model::bucketing;
use crate::analysis::model::bucketing::SymbolicBucketBy;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::key_part;
use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::analysis::model::lowering::ProgramBuilder;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::analysis::model::unsupported::Unsupported;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::rule::Rule;
use crate::rule::ast::ConstantFractional;
use crate::value::OwnedValue;

impl<'d> ProgramBuilder<'_, 'd> {
    pub(super) fn lower_fractional(&mut self, node: &'d Node, site: Option<usize>) -> SymbolicExpr {
        let question = CompiledExpr::new(node, &self.flag.key);
        let split = match question.rule() {
            Rule::ConstantFractional(parts) => parts,
            Rule::Invalid(_) => return SymbolicExpr::Fault,
            _ => {
                let foreign = Unsupported {
                    position: node.position,
                    description: "a `fractional` with computed shares".to_owned(),
                };
                return self.opaque(node, &foreign);
            }
        };
        let (split, values) = &**split;
        let mut indices: Vec<(u16, usize)> = Vec::new();
        for (path, slot) in question.attribute_slots() {
            indices.push((slot, self.space.intern_attribute(&path)));
        }
        let find = |slot: u16| indices.iter().find(|(s, _)| *s == slot).map(|(_, at)| *at);
        let by = bucketing::symbolic_bucket_by(&split.bucket_by, find).unwrap_or_else(|| {
            let foreign = Unsupported {
                position: node.position,
                description: "the bucketing key of this `fractional`".to_owned(),
            };
            SymbolicBucketBy::Opaque(self.opaque_key(node, &foreign))
        });
        let targeting_key = self.space.intern_attribute("targetingKey");
        self.mark_bucketing_attributes(&by, targeting_key);
        let shares: Vec<OwnedValue> = values.iter().filter_map(Rule::as_constant).collect();
        let sites = site.map(|site| self.add_share_branches(node, site, split, shares.len()));
        let first = node.single_member().and_then(|m| m.arguments().first());
        SymbolicExpr::Fractional(Box::new(SymbolicFractional {
            position: first.unwrap_or(node).position,
            bucket_by: by,
            flag_key: self.flag.key.clone(),
            targeting_key,
            cumulative_weights: split.cumulative_weights.clone(),
            share_values: shares,
            first_share_branch: sites,
        }))
    }

    /// Adds the bucketing key of a `fractional` as an opaque expression; returns its index.
    fn opaque_key(&mut self, node: &'d Node, foreign: &Unsupported) -> usize {
        let key = node.single_member().and_then(|m| m.arguments().first());
        let why = self.unsupported(foreign);
        self.space.intern_opaque_expr(key.unwrap_or(node), why)
    }

    fn mark_bucketing_attributes(&mut self, by: &SymbolicBucketBy, targeting_key: usize) {
        let parts = match by {
            SymbolicBucketBy::DefaultKey | SymbolicBucketBy::Opaque(_) => vec![targeting_key],
            SymbolicBucketBy::Attribute(at) => vec![*at, targeting_key],
            SymbolicBucketBy::Concatenated(parts) => key_part::key_attributes(parts),
        };
        for at in parts {
            if let Some(attribute) = self.space.attributes.get_mut(at) {
                attribute.is_used_for_bucketing = true;
            }
        }
    }

    /// Adds a branch for every share; returns the index of the first.
    fn add_share_branches(
        &mut self,
        node: &'d Node,
        parent: usize,
        split: &ConstantFractional,
        count: usize,
    ) -> usize {
        let first = self.program.branches.len();
        let items = node.single_member().map_or(&[][..], Member::arguments);
        let written = items.get(items.len() - count.min(items.len())..);
        let mut below = 0;
        for (at, bound) in split.cumulative_weights.iter().enumerate() {
            let item = written.and_then(|written| written.get(at));
            let weight = bound - below;
            below = *bound;
            self.add_branch(RuleBranch {
                kind: BranchKind::Share { index: at, weight },
                node: item.unwrap_or(node),
                parent: Some(parent),
            });
        }
        first
    }
}
