//! The flags and the context that are named on a command line.

pub mod revision;

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use bumpalo::Bump;

use crate::diag::Diagnostic;
use crate::document::Document;
use crate::document::merge::merge_all;
use crate::json;
use crate::limits;
use crate::resolve::system_clock;
use crate::rule::unit::Version;
use crate::ruleset::Ruleset;
use crate::source::file::Selection;
use crate::study::ask::Asker;
use crate::study::file;
use crate::study::file::File;
use crate::study::file::Text;
use crate::wire::request::Attributes;

/// Flags as they would be in force.
#[derive(Debug)]
pub struct Flags {
    /// The flags as written, laid over each other, with rules in place of words.
    pub document: Document,
    /// The same flags, compiled, in the same order.
    pub ruleset: Ruleset,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Flags {
    /// The flags of files; later ones win.
    pub fn of(files: &[File]) -> Flags {
        let diagnostics = files.iter().flat_map(|file| file.diagnostics.iter());
        Flags {
            document: merge_all(files.iter().map(|file| &file.expanded)),
            ruleset: Ruleset::lay(files.iter().map(|file| &file.compiled)),
            diagnostics: diagnostics.cloned().collect(),
        }
    }
}

/// The flags in files, directories and globs; later ones win.
///
/// # Errors
/// If one cannot be read.
pub fn read(paths: &[PathBuf], fractional: Version) -> anyhow::Result<Flags> {
    load(texts(paths), fractional)
}

/// The flags in texts; later ones win.
///
/// # Errors
/// If there is no text, and why.
pub fn load(texts: Vec<Text>, fractional: Version) -> anyhow::Result<Flags> {
    for text in &texts {
        if let Err(why) = &text.bytes {
            anyhow::bail!("{}: {why}", text.name);
        }
    }
    Ok(Flags::of(&file::read(texts, fractional)))
}

/// The texts in files, directories and globs, in the order in which they are laid over each other.
pub fn texts(paths: &[PathBuf]) -> Vec<Text> {
    let mut texts = Vec::new();
    for path in paths {
        match Selection::of(path).files() {
            Ok(files) => texts.extend(files.iter().map(|path| text(path))),
            Err(error) => texts.push(Text {
                name: name(path),
                bytes: Err(error.to_string()),
            }),
        }
    }
    texts
}

fn text(path: &Path) -> Text {
    Text {
        name: name(path),
        bytes: bytes(path),
    }
}

/// How diagnostics call a file.
pub fn name(path: &Path) -> Arc<str> {
    let name = path.to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).into()
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(limits::DOCUMENT + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    bounded(bytes)
}

/// A document's bytes.
///
/// # Errors
/// If they are too many.
pub fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
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
pub fn context(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("--context: {path}: {error}"))?,
        None => argument.to_owned(),
    };
    let mut reader = json::Reader::new(&text);
    let kind = reader.peek();
    let read = kind.and_then(|kind| {
        reader.skip()?;
        reader.end()?;
        Ok(kind)
    });
    match read {
        Ok(json::Kind::Map) => Ok(text),
        Ok(_) => anyhow::bail!("--context is not a JSON object"),
        Err(error) => anyhow::bail!("--context is not JSON: {}", error.describe(&text)),
    }
}

/// A context whose text was read, now.
///
/// # Errors
/// If an attribute is not well formed.
pub fn asker(text: &str) -> anyhow::Result<Asker> {
    let arena = Bump::new();
    let attributes = Attributes::Json(Some(text));
    let members = attributes.members(&[], &arena);
    let members = members.map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let owned = members.into_iter();
    let owned = owned.map(|(name, value)| (name.into(), value.to_literal()));
    Ok(Asker {
        members: owned.collect(),
        seconds: Some(system_clock()),
        ..Asker::default()
    })
}
