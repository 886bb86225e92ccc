//! Edits a YAML or JSON text in place. The caller checks the result by parsing it.

use crate::control::export::patch::Edit;
use crate::diag::Position;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Applies edits to a text; `None` if one of them needs more than a replacement or an insertion on one line.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut pieces = Vec::new();
    for (order, edit) in edits.iter().enumerate() {
        let (start, end, new) = match edit {
            Edit::Replace { at, value } => {
                let start = offset(text, *at)?;
                let end = start + value_length(text.get(start..)?)?;
                (start, end, one_line(value)?)
            }
            Edit::Insert {
                before,
                object,
                name,
                value,
            } => {
                let start = offset(text, *before)?;
                let value = one_line(value)?;
                (
                    start,
                    start,
                    insertion(text, start, *before, *object, name, &value)?,
                )
            }
            Edit::Remove => return None,
        };
        pieces.push((start, order, end, new));
    }
    // From the end, so that offsets stay valid; of insertions at one place the last one comes first in the text.
    pieces.sort_by_key(|(start, order, ..)| (*start, *order));
    let mut edited = text.to_owned();
    for (start, _, end, new) in pieces.iter().rev().filter(|(start, _, end, _)| start < end) {
        edited.replace_range(*start..*end, new);
    }
    let shift = |at: usize| {
        let before = pieces
            .iter()
            .filter(|(start, _, end, _)| start < end && *start < at);
        before.fold(0_isize, |sum, (start, _, end, new)| {
            sum + new.len().cast_signed() - (end - start).cast_signed()
        })
    };
    let inserted = pieces.iter().filter(|(start, _, end, _)| start == end);
    let mut inserted: Vec<_> = inserted
        .filter_map(|(at, order, _, new)| Some((at.checked_add_signed(shift(*at))?, order, new)))
        .collect();
    inserted.sort_by_key(|(at, order, _)| (std::cmp::Reverse(*at), **order));
    for (at, _, new) in inserted {
        edited.insert_str(at, new);
    }
    Some(edited)
}

/// The offset of a position.
fn offset(text: &str, position: Position) -> Option<usize> {
    let line_index = usize::try_from(position.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(position.column).ok()?.checked_sub(1)?;
    let mut start = 0;
    for line in text.split_inclusive('\n').take(line_index) {
        start += line.len();
    }
    let line = text.get(start..)?;
    let column = line.char_indices().nth(column).map(|(at, _)| at);
    Some(start + column?)
}

/// The length of the value at the start of a text: a scalar, or a list in brackets on one line.
fn value_length(text: &str) -> Option<usize> {
    let line = text.lines().next()?;
    if line.starts_with('[') {
        let end = line.find(']')?;
        return (!line.get(1..end)?.contains(['[', '"', '\'', '#'])).then_some(end + 1);
    }
    let end = line.find([' ', ',', '}', '#']).unwrap_or(line.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    (end > 0 && line.get(..end)?.chars().all(plain)).then_some(end)
}

/// A value on one line, as YAML and JSON.
fn one_line(value: &Node) -> Option<String> {
    match &value.kind {
        NodeKind::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(one_line).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        NodeKind::Map(_) | NodeKind::Null => None,
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
            Some(serialize::to_yaml(value).trim_end().to_owned())
        }
    }
}

/// The text of a new member before the member that begins at `start`.
fn insertion(
    text: &str,
    start: usize,
    before: Position,
    object: Position,
    name: &str,
    value: &str,
) -> Option<String> {
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let indentation = text.get(line_start..start)?;
    let quote = if text.get(start..)?.starts_with('"') {
        "\""
    } else {
        ""
    };
    if indentation.chars().all(|c| c == ' ') && !text.get(start..)?.starts_with('-') {
        // A member of a block, alone on its line; in braces over several lines it needs a comma.
        let in_braces = text.get(..start)?.trim_end().ends_with(['{', ',']);
        let comma = if in_braces { "," } else { "" };
        return Some(format!(
            "{quote}{name}{quote}: {value}{comma}\n{indentation}"
        ));
    }
    // A member in braces on the line of its object.
    (before.line == object.line).then(|| format!("{quote}{name}{quote}: {value}, "))
}
