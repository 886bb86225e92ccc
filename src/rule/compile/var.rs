//! Compiles `var` to a slot, a constant or a lookup.

use smallvec::SmallVec;

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::number;
use crate::rule::ast::ContextLookup;
use crate::rule::ast::Rule;
use crate::rule::ast::Var;
use crate::rule::ast::VarTarget;
use crate::rule::ast::cost::var_cost;
use crate::rule::compile::Compiler;
use crate::rule::error::EvalError;
use crate::rule::syntax::JsonLogicNode;

impl Compiler<'_> {
    pub(super) fn var(&mut self, arguments: &Node) -> Rule {
        match &arguments.kind {
            NodeKind::Text(name) => {
                let local = name.is_empty() || name.starts_with('.');
                self.var_by_name(name, None, local)
            }
            NodeKind::Number(n) => {
                let mut name = String::new();
                number::write_decimal(&mut name, *n);
                self.var_by_name(&name, None, false)
            }
            NodeKind::Null => self.var_rule(VarTarget::ScalarData, None, false),
            NodeKind::List(items) => self.var_by_list(arguments, items),
            NodeKind::Map(_) if arguments.single_member().is_some() => self.computed_var(arguments),
            NodeKind::Bool(_) | NodeKind::Map(_) => self.invalid_var_name(arguments),
        }
    }

    /// `{"var": [name, default]}`. The default applies only if there are exactly two items.
    fn var_by_list(&mut self, arguments: &Node, items: &[Node]) -> Rule {
        let Some((name, rest)) = items.split_first() else {
            return self.var_rule(VarTarget::WholeData, None, false);
        };
        match (JsonLogicNode::from_node(name), rest) {
            (JsonLogicNode::Operation(_), _) | (_, [_, _, ..]) => self.computed_var(arguments),
            (JsonLogicNode::Value(node), _) => match node.as_text() {
                Some(name) => {
                    let default = rest.first().map(|node| self.compile_rule(node));
                    self.var_by_name(name, default, false)
                }
                None => self.invalid_var_name(arguments),
            },
            (JsonLogicNode::List(_), _) => self.invalid_var_name(arguments),
        }
    }

    fn invalid_var_name(&mut self, arguments: &Node) -> Rule {
        let help = "write the name of an attribute, as in `{\"var\": \"country\"}`";
        self.report_invalid_rule(arguments.position, "`var` has no attribute name", help);
        Rule::Invalid(EvalError::InvalidArguments)
    }

    fn computed_var(&mut self, arguments: &Node) -> Rule {
        let name = Box::new(self.compile_rule(arguments));
        self.var_rule(VarTarget::Computed(name), None, false)
    }

    fn var_by_name(&mut self, name: &str, default: Option<Rule>, local: bool) -> Rule {
        let parts = name.split('.').filter(|part| !part.is_empty());
        let path: SmallVec<[&str; 4]> = parts.collect();
        if path.is_empty() {
            return self.var_rule(VarTarget::WholeData, default, local);
        }
        let root = match self.context_lookup(&path) {
            Some(root) => root,
            None if *path == ["$flagd"] => {
                let name = Box::new(Rule::Text("$flagd".into()));
                return self.var_rule(VarTarget::Computed(name), default, local);
            }
            None => return Rule::Invalid(EvalError::InvalidArguments),
        };
        // Outside of list operations most reads are a slot or a constant.
        if default.is_none() && !self.in_list_op {
            return match root {
                ContextLookup::Slot(slot) => Rule::Slot(slot),
                ContextLookup::Constant(constant) => *constant,
            };
        }
        let path = path.into_iter().map(Into::into).collect();
        self.var_rule(VarTarget::Path(path, root), default, local)
    }

    /// The meaning of a path in the evaluation context. `$flagd` is reserved: an attribute of that name is ignored.
    fn context_lookup(&mut self, path: &[&str]) -> Option<ContextLookup> {
        let constant = match *path {
            ["$flagd"] => return None,
            ["$flagd", "flagKey"] => Rule::Text(self.flag_key.into()),
            ["$flagd", "timestamp"] => {
                self.slot_allocator.reads_timestamp = true;
                Rule::Timestamp
            }
            ["$flagd", ..] => Rule::Null,
            _ if path.len() > limits::NESTING_DEPTH => return None,
            _ => {
                return self
                    .slot_allocator
                    .slot_for_path(path)
                    .map(ContextLookup::Slot);
            }
        };
        Some(ContextLookup::Constant(Box::new(constant)))
    }

    /// The rule for a read.
    fn var_rule(&mut self, name: VarTarget, default: Option<Rule>, local: bool) -> Rule {
        if matches!(name, VarTarget::WholeData | VarTarget::Computed(_)) {
            self.slot_allocator.needs_full_context = true;
        }
        if !self.in_list_op && default.is_none() && matches!(name, VarTarget::ScalarData) {
            return Rule::Null;
        }
        Rule::Var(Box::new(Var {
            cost: var_cost(&name, default.as_ref()),
            target: name,
            default,
            innermost_only: local,
        }))
    }
}
