//! What people write: flag documents in YAML or JSON, read whole, with every mistake told.
//!
//! `parse` yields a [`Document`] and its diagnostics; `merge` lays documents over each other. Rules stay as written
//! here; `rule` gives them meaning. Format: <https://flagd.dev/reference/flag-definitions/>.

pub mod field;
pub mod flag;
pub mod json;
pub mod merge;
pub mod node;
pub mod parts;
pub mod plain;
mod reference;
pub mod rollout;
mod scalar;
pub mod write;
pub mod yaml;
mod yaml_help;

use std::path::Path;
use std::sync::Arc;

use crate::courtesy;
use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::document::reference::Table;
use crate::document::rollout::ring;
use crate::document::rollout::ring::Rings;
use crate::value::Members;

/// The flags of one source, or of several laid over each other.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<Flag>>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.1 and 1.2 as flagd reads it.
    Yaml,
    /// JSON.
    Json,
}

impl Format {
    /// The format that a file's extension tells: `.yaml`, `.yml` or `.json`, in any case.
    pub fn of(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "yaml" | "yml" => Some(Format::Yaml),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// How to treat a document with faulty flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// A faulty flag answers with its error; its neighbours are not harmed.
    Contain,
    /// One error refuses the whole document, as in flagd.
    Refuse,
}

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source, as selectors name it.
    pub source: Arc<str>,
    /// The file, as diagnostics name it.
    pub file: Arc<str>,
}

/// What became of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The document, unless the text is none.
    pub document: Option<Document>,
    /// Everything that is wrong with it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads bytes that should be a text.
pub fn parse_bytes(bytes: &[u8], format: Format, origin: &Origin) -> Parsed {
    let mut report = Report::new(origin.file.clone());
    match text(bytes, &mut report) {
        Some(text) => parse(text, format, origin),
        None => Parsed {
            document: None,
            diagnostics: report.finish(),
        },
    }
}

/// Reads a text.
pub fn parse(text: &str, format: Format, origin: &Origin) -> Parsed {
    let mut report = Report::new(origin.file.clone());
    let node = read(text, format, &mut report);
    let document = node.and_then(|node| document(node, text.len(), origin, &mut report));
    let diagnostics = report.finish();
    Parsed {
        document,
        diagnostics,
    }
}

/// The text that is in `bytes`, or `None` after the reason was reported.
pub fn text<'b>(bytes: &'b [u8], report: &mut Report) -> Option<&'b str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error,
    };
    let before = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
    let before = String::from_utf8_lossy(before);
    let place = crate::json::place(&before, before.len());
    report.error(Code::Syntax, place, "the file is not UTF-8 text", "");
    None
}

/// The values in a text, or `None` after the reason was reported.
pub fn read(text: &str, format: Format, report: &mut Report) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Yaml => yaml::read(text, report),
        Format::Json => json::read(text, report),
    }
}

/// Whether `diagnostics` hold an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

#[derive(Default)]
struct Top {
    flags: Option<Node>,
    evaluators: Option<Node>,
    metadata: Option<Node>,
    rings: Option<Node>,
}

/// The document that is written as `node`, from a text of `length` bytes, or `None` after the reason was reported.
pub fn document(
    node: Node,
    length: usize,
    origin: &Origin,
    report: &mut Report,
) -> Option<Document> {
    let (frame, flags) = frame(node, length, report)?;
    frame.flags(flags, origin, report)
}

/// What the flags of a document have in common.
#[derive(Debug)]
struct Frame {
    evaluators: Table,
    common: Common,
}

/// What every flag of a document inherits.
#[derive(Debug)]
struct Common {
    /// The metadata of the flag set.
    set: Members,
    /// The rings that rollouts may name.
    rings: Arc<Rings>,
}

/// The frame of a document whose text has `length` bytes, and its flags.
fn frame(node: Node, length: usize, report: &mut Report) -> Option<(Frame, Node)> {
    let place = node.place;
    let Kind::Map(members) = node.kind else {
        let message = format!("a flag document is an object, this is {}", node.type_name());
        report.error(Code::Shape, place, message, "begin with `flags:`");
        return None;
    };
    let mut top = Top::default();
    for member in members {
        let Some(known) = field::DOCUMENT.field_in_any_case(&member.key) else {
            unknown(&member.key, member.place, report);
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
        report.error(Code::Shape, place, "the document has no `flags`", help);
        return None;
    };
    let mut evaluators = reference::resolve(top.evaluators, length, report)?;
    let set = top.metadata;
    let set = set.map(|metadata| flag::set_metadata(&metadata, report));
    let set = set.unwrap_or_default();
    let rings = top.rings.map(|mut node| {
        evaluators.substitute(&mut node, report);
        ring::read(node, report)
    });
    let rings = Arc::new(rings.unwrap_or_default());
    let common = Common { set, rings };
    Some((Frame { evaluators, common }, flags))
}

fn unknown(key: &str, place: Place, report: &mut Report) {
    let help = match diag::nearest(key, field::DOCUMENT.names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "it has no effect; flags stand below `flags`".to_owned(),
    };
    let message = format!("a flag document has no member `{key}`");
    report.warn(Code::UnknownMember, place, message, help);
}

impl Frame {
    fn flags(mut self, mut flags: Node, origin: &Origin, report: &mut Report) -> Option<Document> {
        self.evaluators.substitute(&mut flags, report);
        let flags = match flags.kind {
            Kind::Null => Vec::new(),
            Kind::Map(members) => members
                .into_iter()
                .map(|member| self.flag(member, origin, report))
                .collect(),
            Kind::List(items) => {
                let mut flags = flag::read_list(items, &self.common, origin, report);
                let budget = &mut self.evaluators.budget;
                for flag in &mut flags {
                    rollout::charge(flag, budget, report);
                }
                flags
            }
            Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
                let message = format!("`flags` is {}", flags.type_name());
                let help = "write it as an object with one member per flag";
                report.error(Code::Shape, flags.place, message, help);
                return None;
            }
        };
        let flags = flags.into_iter().map(Arc::new).collect();
        Some(Document { flags })
    }

    /// The flag in a member whose references are resolved.
    fn flag(&mut self, member: Member, origin: &Origin, report: &mut Report) -> Flag {
        courtesy::pause();
        let Member { key, place, value } = member;
        let mut flag = flag::read(key, place, value, &self.common, origin, report);
        rollout::charge(&mut flag, &mut self.evaluators.budget, report);
        flag
    }
}
