//! Parsing of flag documents: diagnostics, JSON skipping, incremental parsing, the JSON Schema.

pub mod diagnostics;
pub mod incremental_parse;
pub mod json_schema;
pub mod json_skip;
pub mod malformed_files;
pub mod serde_yaml_agreement;
