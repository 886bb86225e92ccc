//! Flag documents in YAML or JSON: parsed as a whole, with all errors reported.
//!
//! `parse` yields a [`Document`] and its diagnostics; `merge` merges documents. Rules stay syntax trees here; `rule`
//! compiles them. Format: <https://flagd.dev/reference/flag-definitions/>.

pub mod calendar;
pub mod flag;
mod format;
pub mod incremental;
pub mod json_parser;
pub mod json_pointer;
pub mod merge;
pub mod number_token;
mod origin;
mod preamble;
pub mod rollout;
pub mod schema;
pub mod serialize;
pub mod syntax_tree;
pub mod yaml_parser;

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::document::flag::FlagDefinition;
pub use crate::document::format::DocumentFormat;
pub use crate::document::format::decode_utf8;
pub use crate::document::format::parse_syntax_tree;
pub use crate::document::format::parse_syntax_trees;
pub use crate::document::origin::DocumentOrigin;
use crate::document::preamble::parse_preamble;
use crate::document::syntax_tree::Node;

/// The flags of one source, or of several merged ones.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<FlagDefinition>>,
}

/// The effect of a faulty flag on the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPolicy {
    /// The faulty flag returns its error; other flags are not affected.
    IsolateFlag,
    /// One error rejects the whole document, as in flagd.
    RejectDocument,
}

/// A parsed document and its diagnostics.
#[derive(Debug)]
pub struct ParseOutput {
    /// The document; `None` if the text is not a flag document.
    pub document: Option<Document>,
    /// All diagnostics, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses bytes; invalid UTF-8 is reported as a diagnostic.
pub fn parse_bytes(bytes: &[u8], format: DocumentFormat, origin: &DocumentOrigin) -> ParseOutput {
    let mut report = DiagnosticSink::new(origin.file.clone());
    match decode_utf8(bytes, format, &mut report) {
        Some(text) => parse_reporting(&text, format, origin, report),
        None => ParseOutput {
            document: None,
            diagnostics: report.finish(),
        },
    }
}

/// Parses a text.
pub fn parse(text: &str, format: DocumentFormat, origin: &DocumentOrigin) -> ParseOutput {
    let report = DiagnosticSink::new(origin.file.clone());
    parse_reporting(text, format, origin, report)
}

/// Parses a text; `report` has the diagnostics of its bytes.
fn parse_reporting(
    text: &str,
    format: DocumentFormat,
    origin: &DocumentOrigin,
    mut report: DiagnosticSink,
) -> ParseOutput {
    let node = parse_syntax_tree(text, format, &mut report);
    let document = node.and_then(|node| build_document(node, text.len(), origin, &mut report));
    let diagnostics = report.finish();
    ParseOutput {
        document,
        diagnostics,
    }
}

/// Builds the document of a syntax tree that was parsed from `length` bytes; `None` after an error was reported.
pub fn build_document(
    node: Node,
    length: usize,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> Option<Document> {
    let (preamble, flags) = parse_preamble(node, length, report)?;
    let flags = preamble.parse_flags(flags, origin, report)?;
    let flags = flags.into_iter().map(Arc::new).collect();
    Some(Document { flags })
}

/// Returns true if `diagnostics` hold an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
