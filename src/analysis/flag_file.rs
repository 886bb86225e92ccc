//! Flag files for analysis: text, syntax tree, parsed, expanded and compiled flags, and the diagnostics of loading.

pub mod flag_view;

use std::collections::HashSet;
use std::sync::Arc;

use crate::analysis::flag_file::flag_view::DefinitionNodes;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document;
use crate::document::Document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::expand_document;
use crate::document::syntax_tree::Node;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;

/// The name of standard input in place of a file; its content determines the format.
pub const STANDARD_INPUT: &str = "<stdin>";

/// A flag file that is not parsed yet.
#[derive(Debug)]
pub struct RawFlagFile {
    /// The name in diagnostics; its extension determines the format.
    pub name: Arc<str>,
    /// The content, or the reason why it cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

/// A flag file.
#[derive(Debug)]
pub struct FlagFile {
    /// Its name, as diagnostics give it.
    pub name: Arc<str>,
    /// The text.
    pub text: String,
    /// The syntax tree; `None` if the text cannot be parsed.
    pub root: Option<Node>,
    /// Its flags, sorted by key and flag set.
    pub flags: Vec<Arc<FlagDefinition>>,
    /// The same flags in the same order, with rollout fields expanded to rules.
    pub expanded: Vec<Arc<FlagDefinition>>,
    /// The same flags in the same order, compiled.
    pub compiled: Vec<Arc<ruleset::CompiledFlag>>,
    /// The diagnostics of loading.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses files in the order of precedence: a prerequisite refers to the last file that defines it, as when the files
/// are merged. `fractional` is the version of bucketing.
pub fn parse_files(texts: Vec<RawFlagFile>, fractional: FractionalVersion) -> Vec<FlagFile> {
    let mut files: Vec<FlagFile> = texts.into_iter().map(parse_file).collect();
    let flags = files.iter().flat_map(|file| file.flags.iter().cloned());
    let all = Document {
        flags: flags.collect(),
    };
    let mut expanded = expand_document::expand_rollouts(&all).flags.into_iter();
    let mut compiled = ruleset::compile(&all, fractional).0.flags.into_iter();
    for file in &mut files {
        let count = file.flags.len();
        file.expanded = expanded.by_ref().take(count).collect();
        file.compiled = compiled.by_ref().take(count).collect();
        let found = file.compiled.iter().flat_map(|flag| &flag.diagnostics);
        file.diagnostics.extend(found.cloned());
    }
    files
}

/// Parses a file on its own; expansion needs the flags of all files.
fn parse_file(text: RawFlagFile) -> FlagFile {
    let mut report = DiagnosticSink::new(text.name.clone());
    let mut file = FlagFile {
        name: text.name,
        text: String::new(),
        root: None,
        flags: Vec::new(),
        expanded: Vec::new(),
        compiled: Vec::new(),
        diagnostics: Vec::new(),
    };
    let format = match &text.bytes {
        Ok(bytes) if *file.name == *STANDARD_INPUT => Some(DocumentFormat::from_content(bytes)),
        _ => DocumentFormat::from_path(file.name.as_ref().as_ref()),
    };
    match (text.bytes, format) {
        (Err(why), _) => report.error(Code::Unreadable, Position::START, why, ""),
        (Ok(_), None) => {
            let why = "flag files end in .yaml, .yml or .json";
            report.error(Code::Unreadable, Position::START, why, "");
        }
        (Ok(bytes), Some(format)) => parse_into(&mut file, &bytes, format, &mut report),
    }
    file.diagnostics = report.finish();
    file
}

fn parse_into(
    file: &mut FlagFile,
    bytes: &[u8],
    format: DocumentFormat,
    report: &mut DiagnosticSink,
) {
    let Some(text) = document::decode_utf8(bytes, format, report) else {
        return;
    };
    file.root = document::parse_syntax_tree(&text, format, report);
    file.text = text.into_owned();
    let length = file.text.len();
    let origin = DocumentOrigin {
        source: file.name.clone(),
        file: file.name.clone(),
    };
    let written = file.root.clone();
    let read = written.and_then(|node| document::build_document(node, length, &origin, report));
    file.flags = read.unwrap_or_default().flags;
    // The sort is stable, so that the last of equal keys wins, as in a merge.
    file.flags
        .sort_by(|a, b| (&a.key, a.flag_set_id()).cmp(&(&b.key, b.flag_set_id())));
}

impl FlagFile {
    /// The flags, each with its expanded, compiled and syntax tree form.
    pub fn flag_views(&self) -> impl Iterator<Item = FlagView<'_>> {
        let written = self
            .root
            .as_ref()
            .and_then(|root| root.member_ignore_case("flags"));
        let errors = self.diagnostics.iter();
        let errors = errors.filter(|diagnostic| diagnostic.severity == Severity::Error);
        let with_errors: HashSet<&str> = errors.filter_map(|d| d.flag.as_deref()).collect();
        let flags = self.flags.iter().zip(&self.expanded).zip(&self.compiled);
        let nodes = DefinitionNodes::new(written);
        flags.map(move |((flag, expanded), compiled)| FlagView {
            flag,
            expanded,
            compiled,
            node: nodes.find(flag),
            has_load_error: with_errors.contains(&*flag.key),
        })
    }
}
