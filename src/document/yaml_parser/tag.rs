//! Explicit YAML tags: `!!int "5"` and its like resolve as in gopkg.in/yaml.v3; other tags are reported, for they have no
//! effect. An operator such as `!` or `!=` that is not quoted is a tag to YAML.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::general_purpose::PAD;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::scalar::Scalar;
use crate::document::yaml_parser::scalar::parse_integer;
use crate::document::yaml_parser::scalar::resolve_untimed_scalar;
use crate::document::yaml_parser::timestamp::Timestamp;
use crate::document::yaml_parser::timestamp::normalize_timestamp;
use crate::json;

const CORE_PREFIX: &str = "tag:yaml.org,2002:";

/// Base64 as Go decodes it: the unused bits at the end are ignored.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// The tags of YAML that have a meaning in a flag file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreTag {
    /// `!!str`
    Str,
    /// `!!bool`
    Bool,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`: base64.
    Binary,
    /// `!!merge`, `!!seq` and `!!map`, which change nothing.
    Structural,
}

impl CoreTag {
    /// The core tag of this name, with the prefix `tag:yaml.org,2002:`.
    pub fn parse(tag: &str) -> Option<CoreTag> {
        Some(match tag.strip_prefix(CORE_PREFIX)? {
            "str" => CoreTag::Str,
            "bool" => CoreTag::Bool,
            "int" => CoreTag::Int,
            "float" => CoreTag::Float,
            "null" => CoreTag::Null,
            "timestamp" => CoreTag::Timestamp,
            "binary" => CoreTag::Binary,
            "merge" | "seq" | "map" => CoreTag::Structural,
            _ => return None,
        })
    }
}

/// The value of a scalar; `None` after a number was reported that JSON cannot represent, for which flagd rejects the file.
pub fn resolve_scalar(
    scalar: Scalar<'_>,
    position: Position,
    report: &mut DiagnosticSink,
) -> Option<NodeKind> {
    let text = scalar.text;
    let kind = match scalar.tag {
        None if scalar.plain => match Timestamp::parse(text) {
            Some(timestamp) => resolve_timestamp(text, &timestamp, position, report),
            None => resolve_untimed_scalar(text),
        },
        None => return Some(NodeKind::Text(text.into())),
        Some(tag) => resolve(text, tag, position, report),
    };
    match kind {
        NodeKind::Number(n) if !n.is_finite() => {
            let message = format!("number `{text}` has no JSON representation");
            let help = "quote it to make it a string";
            report.error(Code::Syntax, position, message, help);
            None
        }
        kind => Some(kind),
    }
}

/// The value of a timestamp. One that Go cannot write as JSON is reported, and stays text.
fn resolve_timestamp(
    text: &str,
    timestamp: &Timestamp,
    position: Position,
    report: &mut DiagnosticSink,
) -> NodeKind {
    if let Some(instant) = timestamp.to_rfc3339() {
        return NodeKind::Text(instant.into());
    }
    let message = format!(
        "timestamp `{text}` has an offset of 24 hours or more, and is read as text; flagd rejects the document"
    );
    let help = "write a smaller offset, or quote the value";
    report.warn(Code::Syntax, position, message, help);
    NodeKind::Text(text.into())
}

/// The value of a scalar with a tag. Text that the tag does not fit is reported and stays text; so does text with a tag
/// that is not one of YAML's.
pub fn resolve(text: &str, tag: &str, position: Position, report: &mut DiagnosticSink) -> NodeKind {
    let Some(core) = CoreTag::parse(tag) else {
        report_ignored(tag, position, report);
        return NodeKind::Text(text.into());
    };
    resolve_core(text, core).unwrap_or_else(|| {
        let message = format!("`{text}` does not fit its tag `{}`", short(tag));
        let help = "remove the tag, or write a value of that type";
        report.error(Code::Tag, position, message, help);
        NodeKind::Text(text.into())
    })
}

fn resolve_core(text: &str, tag: CoreTag) -> Option<NodeKind> {
    match tag {
        CoreTag::Str | CoreTag::Structural => Some(NodeKind::Text(text.into())),
        CoreTag::Binary => {
            let unbroken = text.replace(['\r', '\n'], "");
            let bytes = BASE64.decode(unbroken).ok()?;
            Some(NodeKind::Text(json::decode_utf8_lossy(&bytes).into()))
        }
        CoreTag::Timestamp => {
            let instant = normalize_timestamp(text)?;
            Some(NodeKind::Text(instant.into()))
        }
        CoreTag::Int => parse_integer(text).map(|n| NodeKind::Number(n as f64)),
        CoreTag::Float => resolved_if(text, |kind| matches!(kind, NodeKind::Number(_))),
        CoreTag::Bool => resolved_if(text, |kind| matches!(kind, NodeKind::Bool(_))),
        CoreTag::Null => resolved_if(text, |kind| matches!(kind, NodeKind::Null)),
    }
}

fn resolved_if(text: &str, fits: fn(&NodeKind) -> bool) -> Option<NodeKind> {
    Some(resolve_untimed_scalar(text)).filter(fits)
}

/// Reports a tag that is not one of YAML's.
pub fn check(tag: Option<&str>, position: Position, report: &mut DiagnosticSink) {
    if let Some(tag) = tag
        && CoreTag::parse(tag).is_none()
    {
        report_ignored(tag, position, report);
    }
}

/// Reports a tag that has no effect: as an error if it looks like an operator, else as a warning.
fn report_ignored(tag: &str, position: Position, report: &mut DiagnosticSink) {
    let tag = short(tag);
    let operator = tag.strip_suffix(':').unwrap_or(&tag);
    if operator.bytes().all(|b| b"!=<>".contains(&b)) {
        let message =
            format!("`{operator}` is a YAML tag here, not an operator, and has no effect");
        let help = format!("quote the operator: `\"{operator}\":`");
        report.error(Code::Tag, position, message, help);
    } else {
        let message = format!("the YAML tag `{tag}` has no effect");
        report.warn(Code::Tag, position, message, "remove the tag");
    }
}

/// The tag as it is usually written: `!!int`.
fn short(tag: &str) -> String {
    match tag.strip_prefix(CORE_PREFIX) {
        Some(name) => format!("!!{name}"),
        None => tag.to_owned(),
    }
}
