//! Definitions as a replica has them, to be explained.

use std::sync::Arc;

use crate::document;
use crate::document::Format;
use crate::document::Origin;
use crate::document::flag::Flag;
use crate::json;
use crate::rule::unit::Version;
use crate::ruleset;

/// The flag called `key` with a definition in plain JSON, as written and compiled; `None` if it is none.
pub fn flag(key: &str, definition: &str, version: Version) -> Option<(Arc<Flag>, ruleset::Flag)> {
    let mut text = String::from("{\"flags\": {");
    json::write_text(&mut text, key);
    text.push_str(": ");
    text.push_str(definition);
    text.push_str("}}");
    let name: Arc<str> = "definition".into();
    let origin = Origin {
        source: name.clone(),
        file: name,
    };
    let parsed = document::parse(&text, Format::Json, &origin);
    let flag = parsed.document?.flags.pop()?;
    let compiled = ruleset::compile_flag((*flag).clone(), version);
    Some((flag, compiled))
}
