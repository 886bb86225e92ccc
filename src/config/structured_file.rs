//! Reads a YAML, JSON or TOML file, chosen by its extension, into nodes.

mod toml;

use std::path::Path;

use crate::config::number_precision;
use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::yaml_parser;
use crate::limits;
use crate::regular_file;

/// Reads a file of one of the three formats. Mistakes in its text are added to `report`.
///
/// # Errors
/// If the file cannot be read; the error gives the reason.
pub fn read_node(path: &Path, report: &mut DiagnosticSink) -> Result<Option<Node>, String> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let parse = match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => yaml_parser::parse,
        "json" => json_parser::parse,
        "toml" => toml::parse,
        _ => return Err("the extension must be .yaml, .yml, .json or .toml".to_owned()),
    };
    let text = regular_file::read_text(path, limits::CONFIG_FILE);
    let text = text.map_err(|error| error.to_string())?;
    let node = parse(&text, report);
    if let Some(node) = &node {
        number_precision::report_lost_digits(&text, node, report);
    }
    Ok(node)
}
