//! Converts a position in a document's text to a JSON Pointer.

use std::fmt::Write as _;

use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The pointer (RFC 6901) to the value or member that begins at `place`, otherwise to the last value that begins before
/// `place`. The pointer to the whole document is empty.
pub fn for_position(root: &Node, place: Position) -> String {
    let mut pointer = String::new();
    let mut node = root;
    // Children begin in text order: the search descends into the last child that begins at or before `place`.
    loop {
        let (next, exact) = match &node.kind {
            NodeKind::List(items) => {
                let at = items.iter().rposition(|item| item.position <= place);
                let Some((at, item)) = at.and_then(|at| Some((at, items.get(at)?))) else {
                    return pointer;
                };
                let _ = write!(pointer, "/{at}");
                (item, item.position == place)
            }
            NodeKind::Map(members) => {
                let before = members.iter().filter(|member| member.position <= place);
                let Some(member) = before.max_by_key(|member| member.position) else {
                    return pointer;
                };
                let key = member.key.as_str().replace('~', "~0").replace('/', "~1");
                let _ = write!(pointer, "/{key}");
                (&member.value, member.position == place)
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                return pointer;
            }
        };
        if exact && next.position >= place {
            return pointer;
        }
        node = next;
    }
}

#[cfg(test)]
mod tests {
    use super::for_position;
    use crate::diag::DiagnosticSink;
    use crate::diag::Position;
    use crate::document::yaml_parser;

    #[test]
    fn positions_map_to_json_pointers() {
        let text = "flags:\n  a/b:\n    variants: { on: [1, { x~y: 2 }] }\n  c: {}\n";
        let root =
            yaml_parser::parse(text, &mut DiagnosticSink::new("f".into())).expect("it is YAML");
        for (line, column, want) in [
            (1, 1, "/flags"),
            (2, 3, "/flags/a~1b"),
            (3, 17, "/flags/a~1b/variants/on"),
            (3, 22, "/flags/a~1b/variants/on/0"),
            (3, 27, "/flags/a~1b/variants/on/1/x~0y"),
            (4, 3, "/flags/c"),
        ] {
            assert_eq!(
                for_position(&root, Position { line, column }),
                want,
                "{line}:{column}"
            );
        }
    }
}
