//! `DocumentFormat`: YAML or JSON, and the choice of the parser.

use std::borrow::Cow;
use std::path::Path;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::yaml_parser;
use crate::json;
use crate::json::position_at;

/// The syntax of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentFormat {
    /// YAML 1.1 and 1.2 as flagd reads it.
    Yaml,
    /// JSON.
    Json,
}

impl DocumentFormat {
    /// The format for a file's extension: `.yaml`, `.yml` or `.json`, in any case.
    pub fn from_path(path: &Path) -> Option<DocumentFormat> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "yaml" | "yml" => Some(DocumentFormat::Yaml),
            "json" => Some(DocumentFormat::Json),
            _ => None,
        }
    }

    /// The format of a text without a name: JSON if it begins with an object whose first key has quotes. YAML reads most
    /// JSON, but reports its errors as those of YAML.
    pub fn from_content(bytes: &[u8]) -> DocumentFormat {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let object = text.trim_ascii_start().strip_prefix(b"{");
        match object.map(|rest| rest.trim_ascii_start().first()) {
            Some(Some(b'"' | b'}') | None) => DocumentFormat::Json,
            _ => DocumentFormat::Yaml,
        }
    }
}

/// Decodes UTF-8; `None` after an error was reported. As in flagd, JSON may contain invalid bytes, which are read as
/// U+FFFD and reported as a warning.
pub fn decode_utf8<'b>(
    bytes: &'b [u8],
    format: DocumentFormat,
    report: &mut DiagnosticSink,
) -> Option<Cow<'b, str>> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Some(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let (before, behind) = bytes.split_at_checked(error.valid_up_to())?;
    let before = String::from_utf8_lossy(before);
    let position = position_at(&before, before.len());
    // A document in another encoding, such as UTF-16, does not begin as JSON.
    let is_json = before.trim_start().starts_with('{') && format == DocumentFormat::Json;
    if !is_json {
        report.error(Code::Syntax, position, "the file is not valid UTF-8", "");
        return None;
    }
    let byte = behind.first().copied().unwrap_or_default();
    let message = format!(
        "the file is not valid UTF-8: byte 0x{byte:02X}, and every other invalid byte, is read as U+FFFD"
    );
    report.warn(Code::Syntax, position, message, "save the file as UTF-8");
    Some(json::decode_utf8_lossy(bytes))
}

/// Parses a text; `None` after an error was reported.
pub fn parse_syntax_tree(
    text: &str,
    format: DocumentFormat,
    report: &mut DiagnosticSink,
) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        DocumentFormat::Yaml => yaml_parser::parse(text, report),
        DocumentFormat::Json => json_parser::parse(text, report),
    }
}

/// Parses all documents of a text: a YAML stream may have several. Documents behind an error, which is reported, are
/// missing.
pub fn parse_syntax_trees(
    text: &str,
    format: DocumentFormat,
    report: &mut DiagnosticSink,
) -> Vec<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        DocumentFormat::Yaml => yaml_parser::parse_documents(text, report),
        DocumentFormat::Json => json_parser::parse(text, report).into_iter().collect(),
    }
}
