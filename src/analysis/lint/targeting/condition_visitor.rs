//! Visitor over the conditions and operations of a flag's rules as written, with the positions that enclose each node.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;

/// The use of a node's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRole {
    /// Only its truthiness is used.
    Condition,
    /// Its value is used.
    Value,
}

/// A node of a rule, its role, and the positions of the nodes that contain it.
#[derive(Debug, Clone, Copy)]
pub struct VisitedNode<'n, 'p> {
    /// The node.
    pub node: &'n Node,
    /// The use of its value.
    pub role: NodeRole,
    /// The positions of the enclosing nodes, the outermost first.
    pub enclosing: &'p [Position],
}

/// Visits every node of `targeting`, of `when` of each rollout, and of the rings that rollouts name. The bodies of list
/// operators are skipped.
pub fn visit_rules(subject: &FlagView<'_>, visit: &mut impl FnMut(VisitedNode<'_, '_>)) {
    let mut enclosing = Vec::new();
    if let Some(targeting) = &subject.flag.targeting {
        descend(targeting, NodeRole::Value, &mut enclosing, visit);
    }
    let Some(fields) = subject.flag.rollout_fields.as_deref() else {
        return;
    };
    for rollout in &fields.rollouts {
        let rings = rollout
            .rings
            .iter()
            .filter_map(|name| fields.rings.find(name));
        let rings = rings.filter_map(|ring| ring.condition.as_ref());
        for condition in rollout.when.iter().chain(rings) {
            descend(condition, NodeRole::Condition, &mut enclosing, visit);
        }
    }
}

fn descend(
    node: &Node,
    role: NodeRole,
    enclosing: &mut Vec<Position>,
    visit: &mut impl FnMut(VisitedNode<'_, '_>),
) {
    visit(VisitedNode {
        node,
        role,
        enclosing,
    });
    enclosing.push(node.position);
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(_) => {}
        JsonLogicNode::List(items) => items
            .iter()
            .for_each(|item| descend(item, NodeRole::Value, enclosing, visit)),
        JsonLogicNode::Operation(member) => {
            let items = member.arguments();
            let visited = match &member.value.kind {
                NodeKind::List(_) if syntax::is_list_operator(&member.key) => 1,
                _ => items.len(),
            };
            for (at, item) in items.iter().take(visited).enumerate() {
                let role = argument_role(&member.key, items.len(), at, role);
                descend(item, role, enclosing, visit);
            }
        }
    }
    enclosing.pop();
}

/// The role of the argument at `at` of `count` arguments of an operator whose result has the role `outer`.
fn argument_role(operator: &str, count: usize, at: usize, outer: NodeRole) -> NodeRole {
    match operator {
        "if" | "?:" if at.is_multiple_of(2) && at + 1 < count => NodeRole::Condition,
        "if" | "?:" | "and" | "or" => outer,
        "!" | "!!" => NodeRole::Condition,
        _ => NodeRole::Value,
    }
}
