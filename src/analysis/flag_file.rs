//! Flag files, each as it was written, and all of them as they are in force together.

use std::collections::HashMap;
use std::sync::Arc;

use crate::analysis;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document;
use crate::document::Document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;

/// The text of a flag file.
#[derive(Debug)]
pub struct RawFlagFile {
    /// How diagnostics call it; its extension tells how it is written.
    pub name: Arc<str>,
    /// What is in it, or why that cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

/// A flag file.
#[derive(Debug)]
pub struct FlagFile {
    /// Its name, as diagnostics give it.
    pub name: Arc<str>,
    /// What stands in it.
    pub text: String,
    /// The same as values; `None` if it cannot be read as such.
    pub root: Option<Node>,
    /// Its flags, sorted by key and flag set.
    pub flags: Vec<Arc<FlagDefinition>>,
    /// The same in the same order, with rules in place of their words.
    pub expanded: Vec<Arc<FlagDefinition>>,
    /// The same in the same order, compiled.
    pub compiled: Vec<Arc<ruleset::CompiledFlag>>,
    /// What loading said of it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads files, in the order in which they are laid over each other: what a flag requires is that of the last file that
/// has it, as where the files are in force. Units are hashed as `fractional` says.
pub fn parse_files(texts: Vec<RawFlagFile>, fractional: FractionalVersion) -> Vec<FlagFile> {
    let mut files: Vec<FlagFile> = texts.into_iter().map(parse_file).collect();
    let flags = files.iter().flat_map(|file| file.flags.iter().cloned());
    let all = Document {
        flags: flags.collect(),
    };
    let mut expanded = analysis::expand_rollouts(&all).flags.into_iter();
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

/// A file whose flags know of no others yet.
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
    match (
        text.bytes,
        DocumentFormat::from_path(file.name.as_ref().as_ref()),
    ) {
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
    let Some(text) = document::decode_utf8(bytes, report) else {
        return;
    };
    text.clone_into(&mut file.text);
    file.root = document::parse_syntax_tree(text, format, report);
    let origin = DocumentOrigin {
        source: file.name.clone(),
        file: file.name.clone(),
    };
    let written = file.root.clone();
    let read = written.and_then(|node| document::build_document(node, text.len(), &origin, report));
    file.flags = read.unwrap_or_default().flags;
    // Of equal keys the last one wins, here as where they are laid over each other.
    file.flags
        .sort_by(|a, b| (&a.key, a.flag_set_id()).cmp(&(&b.key, b.flag_set_id())));
}

impl FlagFile {
    /// The flags with all that is known of each.
    pub fn flag_views(&self) -> impl Iterator<Item = FlagView<'_>> {
        let written = self
            .root
            .as_ref()
            .and_then(|root| find_member_ignore_case(root, "flags"));
        let flags = self.flags.iter().zip(&self.expanded).zip(&self.compiled);
        let nodes = DefinitionNodes::new(written);
        flags.map(move |((flag, expanded), compiled)| FlagView {
            flag,
            expanded,
            compiled,
            node: nodes.find(flag),
        })
    }
}

/// A flag, as it was read, expanded, compiled and written.
#[derive(Debug, Clone, Copy)]
pub struct FlagView<'f> {
    /// As it was read.
    pub flag: &'f FlagDefinition,
    /// With a rule in place of its words.
    pub expanded: &'f FlagDefinition,
    /// Compiled.
    pub compiled: &'f ruleset::CompiledFlag,
    /// As it was written.
    pub node: Option<&'f Node>,
}

/// Flags by where they stand.
struct DefinitionNodes<'f>(HashMap<Position, &'f Node>);

impl<'f> DefinitionNodes<'f> {
    fn new(flags: Option<&'f Node>) -> DefinitionNodes<'f> {
        DefinitionNodes(match flags.map(|node| &node.kind) {
            Some(NodeKind::Map(members)) => {
                members.iter().map(|m| (m.position, &m.value)).collect()
            }
            Some(NodeKind::List(items)) => items.iter().map(|item| (item.position, item)).collect(),
            _ => HashMap::new(),
        })
    }

    fn find(&self, flag: &FlagDefinition) -> Option<&'f Node> {
        self.0.get(&flag.position).copied()
    }
}

/// The member of an object that is called `name`, in any case, as flagd reads the members of flags.
pub fn find_member_ignore_case<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?.iter();
    let same = |m: &&document::syntax_tree::Member| m.key.eq_ignore_ascii_case(name);
    members.rev().find(same).map(|m| &m.value)
}
