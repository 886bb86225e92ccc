//! Annotations: members for people and tools, which neither flagd nor fanion reads.

/// A pattern for the names of annotations, as JSON Schema writes it.
pub const ANNOTATION_PATTERN: &str = "^(x-.*|_.*|[$]?comment|[$]id|description|displayName|labels|name|notes|owner|owners|tags|team|title)$";

/// The names of annotations that have no prefix.
const NAMES: [&str; 13] = [
    "$comment",
    "comment",
    "$id",
    "description",
    "displayName",
    "labels",
    "name",
    "notes",
    "owner",
    "owners",
    "tags",
    "team",
    "title",
];

/// Returns true if a member of this name is an annotation: nobody expects it to have an effect. Keys that begin with `x-`
/// or `_` hold anchors of YAML, for instance.
pub fn is_annotation(name: &str) -> bool {
    name.starts_with("x-") || name.starts_with('_') || NAMES.contains(&name)
}
