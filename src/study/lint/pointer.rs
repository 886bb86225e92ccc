//! JSON Pointers: where in a document's structure a place of its text is.

use std::fmt::Write as _;

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Node;

/// The pointer (RFC 6901) to what begins at `place`: a value, or the member whose key stands there; otherwise to the last
/// value that begins before it. The whole document is the empty pointer.
pub fn to(root: &Node, place: Place) -> String {
    let mut pointer = String::new();
    let mut node = root;
    // Values begin in the order of the text, so the way down is the last child that begins at or before the place.
    loop {
        let (next, exact) = match &node.kind {
            Kind::List(items) => {
                let at = items.iter().rposition(|item| item.place <= place);
                let Some((at, item)) = at.and_then(|at| Some((at, items.get(at)?))) else {
                    return pointer;
                };
                let _ = write!(pointer, "/{at}");
                (item, item.place == place)
            }
            Kind::Map(members) => {
                let before = members.iter().filter(|member| member.place <= place);
                let Some(member) = before.max_by_key(|member| member.place) else {
                    return pointer;
                };
                let key = member.key.as_str().replace('~', "~0").replace('/', "~1");
                let _ = write!(pointer, "/{key}");
                (&member.value, member.place == place)
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => return pointer,
        };
        if exact && next.place >= place {
            return pointer;
        }
        node = next;
    }
}

#[cfg(test)]
mod tests {
    use super::to;
    use crate::diag::Place;
    use crate::diag::Report;
    use crate::document::yaml;

    #[test]
    fn every_place_has_a_pointer() {
        let text = "flags:\n  a/b:\n    variants: { on: [1, { x~y: 2 }] }\n  c: {}\n";
        let root = yaml::read(text, &mut Report::new("f".into())).expect("it is YAML");
        for (line, column, want) in [
            (1, 1, "/flags"),
            (2, 3, "/flags/a~1b"),
            (3, 17, "/flags/a~1b/variants/on"),
            (3, 22, "/flags/a~1b/variants/on/0"),
            (3, 27, "/flags/a~1b/variants/on/1/x~0y"),
            (4, 3, "/flags/c"),
        ] {
            assert_eq!(to(&root, Place { line, column }), want, "{line}:{column}");
        }
    }
}
