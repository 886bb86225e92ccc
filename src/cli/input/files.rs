//! The flags and the context that are named on a command line.

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use bumpalo::Bump;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::RawFlagFile;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::diag::Diagnostic;
use crate::document::Document;
use crate::document::merge::merge_flags;
use crate::json;
use crate::limits;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::Ruleset;
use crate::source::file::path_set::PathSet;
use crate::wire::evaluation::request::EncodedContext;

/// Flags as they would be in force.
#[derive(Debug)]
pub struct LoadedFlags {
    /// The flags as written, laid over each other, with rules in place of words.
    pub document: Document,
    /// The same flags, compiled, in the same order.
    pub ruleset: Ruleset,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl LoadedFlags {
    /// The flags of files; later ones win.
    pub fn from_files(files: &[FlagFile]) -> LoadedFlags {
        let diagnostics = files.iter().flat_map(|file| file.diagnostics.iter());
        LoadedFlags {
            document: merge_flags(files.iter().map(|file| &file.expanded)),
            ruleset: Ruleset::merge_layers(files.iter().map(|file| &file.compiled)),
            diagnostics: diagnostics.cloned().collect(),
        }
    }
}

/// The flags in files, directories and globs; later ones win.
///
/// # Errors
/// If one cannot be read.
pub fn load_paths(paths: &[PathBuf], fractional: FractionalVersion) -> anyhow::Result<LoadedFlags> {
    compile_texts(read_texts(paths), fractional)
}

/// The flags in texts; later ones win.
///
/// # Errors
/// If there is no text, and why.
pub fn compile_texts(
    texts: Vec<RawFlagFile>,
    fractional: FractionalVersion,
) -> anyhow::Result<LoadedFlags> {
    for text in &texts {
        if let Err(why) = &text.bytes {
            anyhow::bail!("{}: {why}", text.name);
        }
    }
    Ok(LoadedFlags::from_files(&flag_file::parse_files(
        texts, fractional,
    )))
}

/// The texts in files, directories and globs, in the order in which they are laid over each other.
pub fn read_texts(paths: &[PathBuf]) -> Vec<RawFlagFile> {
    let mut texts = Vec::new();
    for path in paths {
        match PathSet::from_path(path).files() {
            Ok(files) => texts.extend(files.iter().map(|path| read_text(path))),
            Err(error) => texts.push(RawFlagFile {
                name: display_name(path),
                bytes: Err(error.to_string()),
            }),
        }
    }
    texts
}

fn read_text(path: &Path) -> RawFlagFile {
    RawFlagFile {
        name: display_name(path),
        bytes: read_bounded(path),
    }
}

/// How diagnostics call a file.
pub fn display_name(path: &Path) -> Arc<str> {
    let name = path.to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).into()
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(limits::DOCUMENT + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    enforce_size_limit(bytes)
}

/// A document's bytes.
///
/// # Errors
/// If they are too many.
pub fn enforce_size_limit(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 > limits::DOCUMENT {
        let most = limits::DOCUMENT;
        return Err(format!("the file is larger than {most} bytes: split it"));
    }
    Ok(bytes)
}

/// The text of a context: JSON, or `@` and the name of a file with JSON in it.
///
/// # Errors
/// If it cannot be read or is no JSON object.
pub fn parse_context_arg(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("--context: {path}: {error}"))?,
        None => argument.to_owned(),
    };
    let mut reader = json::Reader::new(&text);
    let kind = reader.peek_kind();
    let read = kind.and_then(|kind| {
        reader.skip_value()?;
        reader.expect_end()?;
        Ok(kind)
    });
    match read {
        Ok(json::ValueKind::Map) => Ok(text),
        Ok(_) => anyhow::bail!("--context is not a JSON object"),
        Err(error) => anyhow::bail!("--context is not JSON: {}", error.describe(&text)),
    }
}

/// A context whose text was read, now.
///
/// # Errors
/// If an attribute is not well formed.
pub fn owned_context(text: &str) -> anyhow::Result<OwnedContext> {
    let arena = Bump::new();
    let attributes = EncodedContext::Json(Some(text));
    let members = attributes.decode_attributes(&[], &arena);
    let members = members.map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let owned = members.into_iter();
    let owned = owned.map(|(name, value)| (name.into(), value.to_owned_value()));
    Ok(OwnedContext {
        attributes: owned.collect(),
        seconds: Some(system_clock()),
        ..OwnedContext::default()
    })
}
