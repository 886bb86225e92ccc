//! Flags of all input files, merged and compiled as the sidecar would load them.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::files;
use crate::cli::output::message;
use crate::cli::output::message::Message;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document;
use crate::document::Document;
use crate::document::merge::merge_flags;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::Ruleset;

/// Merged and compiled flags.
#[derive(Debug)]
pub struct LoadedFlags {
    /// The files.
    pub files: Vec<FlagFile>,
    /// The merged definitions, with rollout fields expanded to rules.
    pub document: Document,
    /// The same flags, compiled, in the same order.
    pub ruleset: Ruleset,
}

impl LoadedFlags {
    /// Merges the flags of files; later files win.
    fn from_files(files: Vec<FlagFile>) -> LoadedFlags {
        LoadedFlags {
            document: merge_flags(files.iter().map(|file| &file.expanded)),
            ruleset: Ruleset::merge_layers(files.iter().map(|file| &file.compiled)),
            files,
        }
    }

    /// The diagnostics of all files.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.files.iter().flat_map(|file| &file.diagnostics)
    }

    /// The diagnostics of all files as messages.
    pub fn messages(&self) -> Vec<Message> {
        message::findings(self.diagnostics())
    }

    /// The diagnostics of one flag as messages: those in its definitions, and those of the rules that it refers to.
    pub fn messages_of(&self, key: &str) -> Vec<Message> {
        let found = self.files.iter().flat_map(|file| {
            let spans = definition_spans(file, key);
            let in_definition = file.diagnostics.iter().filter(move |diagnostic| {
                let at = diagnostic.position;
                let after = |end: &Option<Position>| end.is_none_or(|end| at < end);
                spans.iter().any(|(start, end)| *start <= at && after(end))
            });
            let compiled = file.compiled.iter().filter(|flag| *flag.key == *key);
            in_definition.chain(compiled.flat_map(|flag| &flag.diagnostics))
        });
        message::findings(found)
    }

    /// The keys of all flags.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.ruleset.flags.iter().map(|flag| &*flag.key)
    }
}

/// The positions of the definitions of a flag in a file: from each key to the next one.
fn definition_spans(file: &FlagFile, key: &str) -> Vec<(Position, Option<Position>)> {
    let Some(root) = &file.root else {
        return Vec::new();
    };
    let flags = root.member_ignore_case("flags").map(|flags| &flags.kind);
    let definitions: Vec<(Position, Option<&str>)> = match flags {
        Some(NodeKind::Map(members)) => {
            let members = members.iter();
            members.map(|m| (m.position, Some(&*m.key))).collect()
        }
        Some(NodeKind::List(items)) => items.iter().map(|i| (i.position, item_key(i))).collect(),
        _ => Vec::new(),
    };
    let members = root.as_map().unwrap_or_default().iter();
    let members: Vec<Position> = members.map(|member| member.position).collect();
    let starts = definitions.iter().map(|(position, _)| position);
    let starts: Vec<Position> = starts.chain(&members).copied().collect();
    let own = definitions.iter().filter(|(_, known)| *known == Some(key));
    own.map(|(start, _)| {
        (
            *start,
            starts.iter().filter(|at| *at > start).min().copied(),
        )
    })
    .collect()
}

fn item_key(item: &Node) -> Option<&str> {
    item.member_ignore_case("key")?.as_text()
}

/// Loads the flags in files, directories and globs; later ones win.
///
/// # Errors
/// If one of the files cannot be read or parsed.
pub fn load_paths(paths: &[PathBuf], fractional: FractionalVersion) -> anyhow::Result<LoadedFlags> {
    compile_texts(files::read_texts(paths)?, fractional)
}

/// Compiles the flags in texts; later ones win. Faulty flags are compiled to errors.
///
/// # Errors
/// If one of the files could not be read, or is not a flag file: its flags are unknown, and any result would be wrong.
pub fn compile_texts(
    texts: Vec<RawFlagFile>,
    fractional: FractionalVersion,
) -> anyhow::Result<LoadedFlags> {
    let unreadable = texts.iter().filter_map(|text| {
        let why = text.bytes.as_ref().err()?;
        Some(format!("{}: {why}", text.name))
    });
    let mut errors: Vec<String> = unreadable.collect();
    if errors.is_empty() {
        let files = flag_file::parse_files(texts, fractional);
        errors.extend(files.iter().flat_map(reasons_of_rejection));
        if errors.is_empty() {
            return Ok(LoadedFlags::from_files(files));
        }
    }
    anyhow::bail!("{}", errors.join("\n"))
}

/// The errors of a file from which no flag could be loaded; empty for a valid file without flags.
fn reasons_of_rejection(file: &FlagFile) -> Vec<String> {
    if !file.flags.is_empty() || !document::has_errors(&file.diagnostics) {
        return Vec::new();
    }
    let errors = file.diagnostics.iter();
    let errors = errors.filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(ToString::to_string).collect()
}
