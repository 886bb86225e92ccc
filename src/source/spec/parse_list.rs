//! Parses `--sources`: a JSON array of sources, or the same list in a configuration file.

use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::source::spec::parse_entry;
use crate::source::spec::source_spec::SourceSpec;

/// Returns the sources in the JSON text of `--sources`.
///
/// # Errors
/// All mistakes, one message each.
pub fn parse_list(text: &str) -> Result<Vec<SourceSpec>, Vec<String>> {
    let mut report = DiagnosticSink::new("sources".into());
    let node = json_parser::parse(text, &mut report);
    let mut mistakes: Vec<String> = report.finish().iter().map(ToString::to_string).collect();
    let read = node.map(|node| list_from_node(&node));
    match read {
        Some(Ok(specs)) if mistakes.is_empty() => Ok(specs),
        Some(Err(more)) => {
            mistakes.extend(more);
            Err(mistakes)
        }
        Some(Ok(_)) | None => Err(mistakes),
    }
}

/// Returns the sources in a parsed list.
///
/// # Errors
/// All mistakes, one message each.
pub fn list_from_node(node: &Node) -> Result<Vec<SourceSpec>, Vec<String>> {
    let NodeKind::List(items) = &node.kind else {
        let found = node.type_name();
        return Err(vec![format!(
            "sources: expected an array of objects, found {found}"
        )]);
    };
    let mut specs = Vec::new();
    let mut mistakes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match parse_entry::from_node(format!("sources[{index}]"), item) {
            Ok(spec) => specs.push(spec),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() {
        Ok(specs)
    } else {
        Err(mistakes)
    }
}
