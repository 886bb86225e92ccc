//! `--sources`: a JSON array of sources, or the same list in a configuration file.

use crate::diag::Report;
use crate::document::json;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::source::spec::Spec;
use crate::source::spec::entry;

/// The sources in the JSON text of `--sources`.
///
/// # Errors
/// Every mistake, a sentence each.
pub fn list(text: &str) -> Result<Vec<Spec>, Vec<String>> {
    let mut report = Report::new("sources".into());
    let node = json::read(text, &mut report);
    let mut mistakes: Vec<String> = report.finish().iter().map(ToString::to_string).collect();
    let read = node.map(|node| from_node(&node));
    match read {
        Some(Ok(specs)) if mistakes.is_empty() => Ok(specs),
        Some(Err(more)) => {
            mistakes.extend(more);
            Err(mistakes)
        }
        Some(Ok(_)) | None => Err(mistakes),
    }
}

/// The sources in a list that was read already.
///
/// # Errors
/// Every mistake, a sentence each.
pub fn from_node(node: &Node) -> Result<Vec<Spec>, Vec<String>> {
    let Kind::List(items) = &node.kind else {
        let found = node.type_name();
        return Err(vec![format!(
            "sources: expected an array of objects, found {found}"
        )]);
    };
    let mut specs = Vec::new();
    let mut mistakes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match entry::from_node(format!("sources[{index}]"), item) {
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
