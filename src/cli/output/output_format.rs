//! The output formats of `-o`: text, JSON or YAML.

use crate::cli::output::columns;
use crate::document::serialize;
use crate::document::syntax_tree::Node;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OutputFormat {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
    /// Columns.
    #[default]
    #[value(alias = "table")]
    Text,
}

impl OutputFormat {
    /// Prints a value; as text, the rows that `table` makes of it.
    pub fn render(self, value: &Node, table: impl FnOnce(&Node) -> Vec<Vec<String>>) -> String {
        match self {
            OutputFormat::Json => serialize::to_pretty_json(value),
            OutputFormat::Yaml => serialize::to_yaml(value),
            OutputFormat::Text => columns::align_columns(&table(value)),
        }
    }
}
