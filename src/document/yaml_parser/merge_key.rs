//! The merge key of YAML 1.1: `<<: *base` or `<<: [*a, *b]`.

use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::syntax_tree::object_builder::ObjectBuilder;

/// Adds the members of the sources whose keys are missing, the first source first.
///
/// # Errors
/// If a source is not a mapping, with its position.
pub fn add_inherited(source: Node, members: &mut ObjectBuilder) -> Result<(), Position> {
    match source.kind {
        NodeKind::Map(inherited) => {
            for member in inherited {
                if !members.contains(&member.key) {
                    members.push(member);
                }
            }
            Ok(())
        }
        NodeKind::List(sources) => sources
            .into_iter()
            .try_for_each(|source| add_inherited(source, members)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
            Err(source.position)
        }
    }
}
