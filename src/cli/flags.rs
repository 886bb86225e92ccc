//! The flags and the context that are named on a command line.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use bumpalo::Bump;

use crate::diag::Diagnostic;
use crate::document::Document;
use crate::document::Faults;
use crate::document::Origin;
use crate::document::merge::merge;
use crate::json;
use crate::resolve::system_clock;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::ruleset::Ruleset;
use crate::source::file::Selection;
use crate::source::known;
use crate::study;
use crate::study::ask::Asker;
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

/// The text of one flag file.
#[derive(Debug)]
pub struct Text {
    /// How diagnostics call it; its extension tells how it is written.
    pub name: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The flags in files, directories and globs; later ones win.
///
/// # Errors
/// If one cannot be read.
pub fn read(paths: &[PathBuf], fractional: Version) -> anyhow::Result<Flags> {
    let mut texts = Vec::new();
    for path in paths {
        texts.extend(files(path)?);
    }
    Ok(load(&texts, fractional))
}

/// The texts behind a path.
///
/// # Errors
/// If one cannot be read.
pub fn files(path: &Path) -> anyhow::Result<Vec<Text>> {
    let files = Selection::of(path).files();
    let files = files.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    let read = |file: PathBuf| match std::fs::read(&file) {
        Ok(bytes) => Ok(Text { name: file, bytes }),
        Err(error) => Err(anyhow::anyhow!("{}: {error}", file.display())),
    };
    files.into_iter().map(read).collect()
}

/// The flags in texts; later ones win.
pub fn load(texts: &[Text], fractional: Version) -> Flags {
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    for text in texts {
        let name: Arc<str> = text.name.to_string_lossy().into();
        let origin = Origin {
            source: name.clone(),
            file: name,
        };
        let parsed = known::parse(&text.name, &origin, &text.bytes, Faults::Contain);
        documents.extend(parsed.0);
        diagnostics.extend(parsed.1);
    }
    let document = merge(&documents);
    let (ruleset, found) = ruleset::compile(&document, fractional);
    diagnostics.extend(found);
    Flags {
        document: study::expanded(&document),
        ruleset,
        diagnostics,
    }
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
    })
}
