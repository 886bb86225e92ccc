//! How answers are printed: `-o json`, `-o yaml`, or a table for people.

use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::serialize;
use crate::document::syntax_tree::Node;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OutputFormat {
    /// JSON over several lines.
    Json,
    /// YAML.
    Yaml,
    /// Columns.
    #[default]
    Table,
}

impl OutputFormat {
    /// Prints a value; as a table the rows that `table` makes of it.
    pub fn render(self, value: &Node, table: impl FnOnce(&Node) -> Vec<Vec<String>>) -> String {
        match self {
            OutputFormat::Json => serialize::to_pretty_json(value),
            OutputFormat::Yaml => serialize::to_yaml(value),
            OutputFormat::Table => align_columns(&table(value)),
        }
    }
}

/// A JSON text as values.
///
/// # Errors
/// What is wrong with it.
pub fn parse_json(text: &str) -> anyhow::Result<Node> {
    let mut report = DiagnosticSink::new("answer".into());
    let node = json_parser::parse(text, &mut report);
    node.ok_or_else(|| {
        let found: Vec<String> = report.finish().iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", found.join("; "))
    })
}

/// Rows in columns that are as wide as what stands in them; the last one is not filled up.
pub fn align_columns(rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0))
        .map(width)
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let gap = width + 3 - cell.chars().count();
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', gap));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
