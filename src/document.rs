//! What people write: flag documents in YAML or JSON, read whole, with every mistake told.
//!
//! `parse` yields a [`Document`] and its diagnostics; `merge` lays documents over each other. Rules stay as written
//! here; `rule` gives them meaning. Format: <https://flagd.dev/reference/flag-definitions/>.

pub mod schema;
pub mod flag;
pub mod json_parser;
pub mod merge;
pub mod syntax_tree;
pub mod incremental;
pub mod flagd_targeting_json;
mod evaluator_ref;
pub mod rollout;
mod yaml_scalar;
pub mod serialize;
pub mod yaml_parser;
mod yaml_error_help;

use std::path::Path;
use std::sync::Arc;

use crate::coop;
use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::evaluator_ref::EvaluatorTable;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::ring;
use crate::document::rollout::ring::Rings;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedMap;

/// The flags of one source, or of several laid over each other.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<FlagDefinition>>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// YAML 1.1 and 1.2 as flagd reads it.
    Yaml,
    /// JSON.
    Json,
}

impl DocumentFormat {
    /// The format that a file's extension tells: `.yaml`, `.yml` or `.json`, in any case.
    pub fn from_path(path: &Path) -> Option<DocumentFormat> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "yaml" | "yml" => Some(DocumentFormat::Yaml),
            "json" => Some(DocumentFormat::Json),
            _ => None,
        }
    }
}

/// How to treat a document with faulty flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultPolicy {
    /// A faulty flag answers with its error; its neighbours are not harmed.
    IsolateFlag,
    /// One error refuses the whole document, as in flagd.
    RejectDocument,
}

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOrigin {
    /// The source, as selectors name it.
    pub source: Arc<str>,
    /// The file, as diagnostics name it.
    pub file: Arc<str>,
}

/// What became of a text.
#[derive(Debug)]
pub struct ParseOutput {
    /// The document, unless the text is none.
    pub document: Option<Document>,
    /// Everything that is wrong with it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads bytes that should be a text.
pub fn parse_bytes(bytes: &[u8], format: DocumentFormat, origin: &DocumentOrigin) -> ParseOutput {
    let mut report = DiagnosticSink::new(origin.file.clone());
    match decode_utf8(bytes, &mut report) {
        Some(text) => parse(text, format, origin),
        None => ParseOutput {
            document: None,
            diagnostics: report.finish(),
        },
    }
}

/// Reads a text.
pub fn parse(text: &str, format: DocumentFormat, origin: &DocumentOrigin) -> ParseOutput {
    let mut report = DiagnosticSink::new(origin.file.clone());
    let node = parse_syntax_tree(text, format, &mut report);
    let document = node.and_then(|node| build_document(node, text.len(), origin, &mut report));
    let diagnostics = report.finish();
    ParseOutput {
        document,
        diagnostics,
    }
}

/// The text that is in `bytes`, or `None` after the reason was reported.
pub fn decode_utf8<'b>(bytes: &'b [u8], report: &mut DiagnosticSink) -> Option<&'b str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error,
    };
    let before = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
    let before = String::from_utf8_lossy(before);
    let place = crate::json::position_at(&before, before.len());
    report.error(Code::Syntax, place, "the file is not UTF-8 text", "");
    None
}

/// The values in a text, or `None` after the reason was reported.
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

/// Whether `diagnostics` hold an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

#[derive(Default)]
struct TopLevelMembers {
    flags: Option<Node>,
    evaluators: Option<Node>,
    metadata: Option<Node>,
    rings: Option<Node>,
}

/// The document that is written as `node`, from a text of `length` bytes, or `None` after the reason was reported.
pub fn build_document(
    node: Node,
    length: usize,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> Option<Document> {
    let (frame, flags) = parse_preamble(node, length, report)?;
    frame.parse_flags(flags, origin, report)
}

/// What the flags of a document have in common.
#[derive(Debug)]
struct Preamble {
    evaluators: EvaluatorTable,
    defaults: DocumentDefaults,
}

/// What every flag of a document inherits.
#[derive(Debug)]
struct DocumentDefaults {
    /// The metadata of the flag set.
    metadata: OwnedMap,
    /// The rings that rollouts may name.
    rings: Arc<Rings>,
}

/// The frame of a document whose text has `length` bytes, and its flags.
fn parse_preamble(
    node: Node,
    length: usize,
    report: &mut DiagnosticSink,
) -> Option<(Preamble, Node)> {
    let place = node.position;
    let NodeKind::Map(members) = node.kind else {
        let message = format!("a flag document is an object, this is {}", node.type_name());
        report.error(Code::DocumentShape, place, message, "begin with `flags:`");
        return None;
    };
    let mut top = TopLevelMembers::default();
    for member in members {
        let Some(known) = schema::DOCUMENT.field_ignore_case(&member.key) else {
            report_unknown_member(&member.key, member.position, report);
            continue;
        };
        let slot = match known.name {
            "flags" => &mut top.flags,
            "$evaluators" => &mut top.evaluators,
            "metadata" => &mut top.metadata,
            "rings" => &mut top.rings,
            _ => continue,
        };
        *slot = Some(member.value);
    }
    let Some(flags) = top.flags else {
        let help = "an empty flag set is written `flags: {}`";
        report.error(
            Code::DocumentShape,
            place,
            "the document has no `flags`",
            help,
        );
        return None;
    };
    let mut evaluators = evaluator_ref::resolve_evaluators(top.evaluators, length, report)?;
    let set = top.metadata;
    let set = set.map(|metadata| flag::parse_flag_set_metadata(&metadata, report));
    let set = set.unwrap_or_default();
    let rings = top.rings.map(|mut node| {
        evaluators.substitute_refs(&mut node, report);
        ring::parse_rings(node, report)
    });
    let rings = Arc::new(rings.unwrap_or_default());
    let common = DocumentDefaults {
        metadata: set,
        rings,
    };
    Some((
        Preamble {
            evaluators,
            defaults: common,
        },
        flags,
    ))
}

fn report_unknown_member(key: &str, place: Position, report: &mut DiagnosticSink) {
    let help = match diag::closest_match(key, schema::DOCUMENT.field_names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "it has no effect; flags stand below `flags`".to_owned(),
    };
    let message = format!("a flag document has no member `{key}`");
    report.warn(Code::UnknownMember, place, message, help);
}

impl Preamble {
    fn parse_flags(
        mut self,
        mut flags: Node,
        origin: &DocumentOrigin,
        report: &mut DiagnosticSink,
    ) -> Option<Document> {
        self.evaluators.substitute_refs(&mut flags, report);
        let flags = match flags.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::Map(members) => members
                .into_iter()
                .map(|member| self.parse_flag(member, origin, report))
                .collect(),
            NodeKind::List(items) => {
                let mut flags = flag::parse_flag_list(items, &self.defaults, origin, report);
                let budget = &mut self.evaluators.copy_budget;
                for flag in &mut flags {
                    rollout::charge_expansion(flag, budget, report);
                }
                flags
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                let message = format!("`flags` is {}", flags.type_name());
                let help = "write it as an object with one member per flag";
                report.error(Code::DocumentShape, flags.position, message, help);
                return None;
            }
        };
        let flags = flags.into_iter().map(Arc::new).collect();
        Some(Document { flags })
    }

    /// The flag in a member whose references are resolved.
    fn parse_flag(
        &mut self,
        member: Member,
        origin: &DocumentOrigin,
        report: &mut DiagnosticSink,
    ) -> FlagDefinition {
        coop::yield_if_due();
        let Member {
            key,
            position: place,
            value,
        } = member;
        let mut flag = flag::parse_flag(key, place, value, &self.defaults, origin, report);
        rollout::charge_expansion(&mut flag, &mut self.evaluators.copy_budget, report);
        flag
    }
}
