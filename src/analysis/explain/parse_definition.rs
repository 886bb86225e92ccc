//! Parses and compiles one flag definition in plain JSON, as a replica serves it, so that it can be explained.

use std::sync::Arc;

use crate::document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::flag::FlagDefinition;
use crate::json;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;

/// The flag called `key` with a definition in plain JSON, parsed and compiled; `None` if the definition is invalid.
pub fn parse_and_compile(
    key: &str,
    definition: &str,
    version: FractionalVersion,
) -> Option<(Arc<FlagDefinition>, ruleset::CompiledFlag)> {
    let mut text = String::from("{\"flags\": {");
    json::write_string(&mut text, key);
    text.push_str(": ");
    text.push_str(definition);
    text.push_str("}}");
    let name: Arc<str> = "definition".into();
    let origin = DocumentOrigin {
        source: name.clone(),
        file: name,
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    let flag = parsed.document?.flags.pop()?;
    let compiled = ruleset::compile_flag((*flag).clone(), version);
    Some((flag, compiled))
}
