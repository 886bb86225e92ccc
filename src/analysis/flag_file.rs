//! Flag files for analysis: text, syntax tree, parsed, expanded and compiled flags, and the diagnostics of loading.

mod embedded_text;
pub mod flag_view;
mod manifest;

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
use crate::document::rollout::expand::expand_document;
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

/// A flag file, or one flag document in a file of Kubernetes manifests. Such files share the name.
#[derive(Debug)]
pub struct FlagFile {
    /// Its name, as diagnostics give it.
    pub name: Arc<str>,
    /// The text. Of a file with several flag documents, each has its own lines, and empty ones in place of the others.
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
    let mut files: Vec<FlagFile> = texts.into_iter().flat_map(parse_file).collect();
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

/// The number of files; the flag documents of one file count once.
pub fn count_files(files: &[FlagFile]) -> usize {
    let names: HashSet<&str> = files.iter().map(|file| &*file.name).collect();
    names.len()
}

/// Parses a file on its own; expansion needs the flags of all files. A file of Kubernetes manifests gives a flag file for
/// each of its flag documents.
fn parse_file(text: RawFlagFile) -> Vec<FlagFile> {
    let mut report = DiagnosticSink::new(text.name.clone());
    let format = match &text.bytes {
        Ok(bytes) if *text.name == *STANDARD_INPUT => Some(DocumentFormat::from_content(bytes)),
        _ => DocumentFormat::from_path(text.name.as_ref().as_ref()),
    };
    match (text.bytes, format) {
        (Err(why), _) => report.error(Code::Unreadable, Position::START, why, ""),
        (Ok(_), None) => {
            let why = "flag files end in .yaml, .yml or .json";
            report.error(Code::Unreadable, Position::START, why, "");
        }
        (Ok(bytes), Some(format)) => {
            if let Some(content) = document::decode_utf8(&bytes, format, &mut report) {
                return parse_text(&text.name, content.into_owned(), format, report);
            }
        }
    }
    vec![FlagFile {
        diagnostics: report.finish(),
        ..FlagFile::empty(text.name)
    }]
}

fn parse_text(
    name: &Arc<str>,
    text: String,
    format: DocumentFormat,
    mut report: DiagnosticSink,
) -> Vec<FlagFile> {
    let mut of_manifests = DiagnosticSink::new(name.clone());
    let roots = manifest::find_flag_documents(&text, format, name, &mut of_manifests);
    if let Some(roots) = roots {
        report.absorb(of_manifests, |position| position);
        return build_parts(name, &text, roots, report);
    }
    let mut file = FlagFile::empty(name.clone());
    file.root = document::parse_syntax_tree(&text, format, &mut report);
    file.text = text;
    file.build_flags(&mut report);
    file.diagnostics = report.finish();
    vec![file]
}

/// Builds a flag file for each of these flag documents, and gives each diagnostic to the document that has its line.
fn build_parts(
    name: &Arc<str>,
    text: &str,
    roots: Vec<Node>,
    mut report: DiagnosticSink,
) -> Vec<FlagFile> {
    let mut parts = Vec::new();
    let mut spans = Vec::new();
    let count = roots.len();
    let mut from = 1;
    for (at, root) in roots.into_iter().enumerate() {
        let last = root.last_line();
        let until = if at + 1 == count { u32::MAX } else { last };
        let mut part = FlagFile::empty(name.clone());
        part.text = keep_lines(text, from, until);
        spans.push((root.position.line, last, until));
        part.root = Some(root);
        part.build_flags(&mut report);
        parts.push(part);
        from = until.saturating_add(1);
    }
    if parts.is_empty() {
        parts.push(FlagFile::empty(name.clone()));
    }
    for diagnostic in report.finish() {
        let line = diagnostic.position.line;
        // Warnings about other resources, such as a key that occurs twice in a Deployment, do not concern flags.
        let is_inside = |(first, last, _): &(u32, u32, u32)| (*first..=*last).contains(&line);
        if diagnostic.severity == Severity::Warning && !spans.iter().any(is_inside) {
            continue;
        }
        let at = spans.iter().position(|(.., until)| line <= *until);
        if let Some(part) = parts.get_mut(at.unwrap_or(0)) {
            part.diagnostics.push(diagnostic);
        }
    }
    parts
}

/// The text with empty lines in place of those outside of a range, so that positions stay the same.
fn keep_lines(text: &str, first: u32, last: u32) -> String {
    let lines = (1..).zip(text.split('\n'));
    let kept = lines.map(|(at, line)| {
        if (first..=last).contains(&at) {
            line
        } else {
            ""
        }
    });
    kept.collect::<Vec<_>>().join("\n")
}

impl FlagFile {
    /// A file without content.
    fn empty(name: Arc<str>) -> FlagFile {
        FlagFile {
            name,
            text: String::new(),
            root: None,
            flags: Vec::new(),
            expanded: Vec::new(),
            compiled: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Builds the flags of the syntax tree.
    fn build_flags(&mut self, report: &mut DiagnosticSink) {
        let length = self.text.len();
        let origin = DocumentOrigin {
            source: self.name.clone(),
            file: self.name.clone(),
        };
        let written = self.root.clone();
        let read = written.and_then(|node| document::build_document(node, length, &origin, report));
        self.flags = read.unwrap_or_default().flags;
        // The sort is stable, so that the last of equal keys wins, as in a merge.
        self.flags
            .sort_by(|a, b| (&a.key, a.flag_set_id()).cmp(&(&b.key, b.flag_set_id())));
    }

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
