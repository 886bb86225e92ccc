//! Parsing of flag documents: diagnostics, JSON skipping, text that is not Unicode, incremental parsing, the JSON Schema,
//! and the values of YAML documents.

pub mod diagnostics;
pub mod flag_mistakes;
pub mod incremental_parse;
pub mod json_schema;
pub mod json_skip;
pub mod lossy_json;
pub mod malformed_files;
pub mod operator_mistakes;
pub mod rule_mistakes;
pub mod serde_yaml_agreement;
pub mod yaml_differences;
pub mod yaml_mistakes;
pub mod yaml_values;
