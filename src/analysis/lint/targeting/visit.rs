//! Visitor over the operations of a rule's syntax tree, and the attributes that they read.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::VarRead;
use crate::document;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;

/// Visits every operation at or below `node`, outer ones first. The bodies of list operators are skipped, because they
/// read the members of list items.
pub fn visit_operations<'n>(node: &'n Node, visit: &mut impl FnMut(&'n Member)) {
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(_) => {}
        JsonLogicNode::List(items) => items.iter().for_each(|item| visit_operations(item, visit)),
        JsonLogicNode::Operation(member) => {
            visit(member);
            match &member.value.kind {
                NodeKind::List(items) if syntax::is_list_operator(&member.key) => {
                    items
                        .iter()
                        .take(1)
                        .for_each(|item| visit_operations(item, visit));
                }
                _ => visit_operations(&member.value, visit),
            }
        }
    }
}

/// The attributes of the caller that are read at or below `node`, without those that `$flagd` provides.
pub fn caller_attributes(node: &Node) -> Vec<VarRead<'_>> {
    let mut found = Vec::new();
    visit_operations(node, &mut |member| {
        found.extend(var_path::parse_var(member));
    });
    found.retain(|read| !read.path.is_empty() && !var_path::is_reserved(read.path));
    found
}

/// Returns true if an error of the flag is reported, so that its rule need not be what its author means.
pub fn is_faulty(subject: &FlagView<'_>) -> bool {
    subject.has_load_error
        || document::has_errors(&subject.compiled.diagnostics)
        || has_unresolved_ref(subject.expanded)
}

/// Returns true if the rule has an unresolved `$ref`, which loading reports; the intended rule is unknown.
fn has_unresolved_ref(flag: &FlagDefinition) -> bool {
    let mut refers = false;
    if let Some(targeting) = &flag.targeting {
        visit_operations(targeting, &mut |member| refers |= &*member.key == "$ref");
    }
    refers
}
