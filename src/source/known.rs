//! One file: what was read last, and the last good document in it.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document;
use crate::document::Document;
use crate::document::Faults;
use crate::document::Format;
use crate::document::Origin;
use crate::ruleset;
use crate::source::file::Signature;
use crate::source::settle;

/// A file and the last good document in it.
#[derive(Debug)]
pub struct Known {
    /// Its path.
    pub path: PathBuf,
    /// How it is called.
    pub origin: Origin,
    signature: Option<Signature>,
    hash: Option<u64>,
    /// The last good document.
    pub document: Option<Document>,
    trouble: Option<String>,
}

/// How often a file that cannot be read as flags and keeps changing is read before it is refused.
const ATTEMPTS: usize = 3;

/// How closely to look at files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Read those of which the file system says that they changed.
    Changed,
    /// Read them all: something happened.
    All,
}

impl Known {
    /// A file that was not looked at yet, of the source called `source`.
    pub fn new(path: PathBuf, source: &Path) -> Known {
        let origin = Origin {
            source: source.to_string_lossy().into(),
            file: path.to_string_lossy().into(),
        };
        Known {
            path,
            origin,
            signature: None,
            hash: None,
            document: None,
            trouble: None,
        }
    }

    /// Whether this file, or the one that it links to, is among `paths`.
    pub fn is_one_of(&self, paths: &BTreeSet<PathBuf>) -> bool {
        !paths.is_empty()
            && (paths.contains(&self.path)
                || self
                    .path
                    .canonicalize()
                    .is_ok_and(|path| paths.contains(&path)))
    }

    /// Looks at the file. Whether the document changed.
    pub fn scan(&mut self, look: Look, faults: Faults) -> bool {
        let signature = std::fs::metadata(&self.path)
            .map(|m| Signature::of(&m))
            .ok();
        if look == Look::Changed && signature.is_some() && signature == self.signature {
            return false;
        }
        match self.read(faults) {
            Ok(changed) => {
                self.trouble = None;
                changed
            }
            Err(error) => {
                self.signature = None;
                self.unreadable(&error);
                false
            }
        }
    }

    fn read(&mut self, faults: Faults) -> std::io::Result<bool> {
        for patience in (0..ATTEMPTS).rev() {
            let content = settle::read(&self.path, self.hash)?;
            self.signature = Some(content.signature);
            if Some(content.hash) == self.hash {
                return Ok(false);
            }
            let (document, diagnostics) = parse(&self.path, &self.origin, &content.bytes, faults);
            let Some(document) = document else {
                if patience > 0 && settle::changes_soon(&self.path, &content) {
                    continue;
                }
                self.hash = Some(content.hash);
                self.refuse(&diagnostics);
                break;
            };
            diagnostics.iter().for_each(log);
            self.hash = Some(content.hash);
            self.document = Some(document);
            return Ok(true);
        }
        Ok(false)
    }

    fn refuse(&self, diagnostics: &[Diagnostic]) {
        diagnostics.iter().for_each(log);
        let kept = self.document.is_some();
        tracing::error!(file = %self.origin.file, kept, "the file is refused; its last good flags, if any, stay in force");
    }

    fn unreadable(&mut self, error: &std::io::Error) {
        let why = error.to_string();
        if self.trouble.as_ref() == Some(&why) {
            return;
        }
        let kept = self.document.is_some();
        let code = Code::Unreadable.id();
        tracing::error!(file = %self.origin.file, code, kept, error = %why, "the file cannot be read; its last good flags, if any, stay in force");
        self.trouble = Some(why);
    }
}

/// The document in a file's bytes, and all that is wrong with it.
pub fn parse(
    path: &Path,
    origin: &Origin,
    bytes: &[u8],
    faults: Faults,
) -> (Option<Document>, Vec<Diagnostic>) {
    let Some(format) = Format::of(path) else {
        let message = "flag files end in .yaml, .yml or .json";
        return refused(origin, Code::Unreadable, Place::START, message);
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
            let before = String::from_utf8_lossy(before);
            let place = crate::json::place(&before, before.len());
            return refused(origin, Code::Syntax, place, "the file is not UTF-8 text");
        }
    };
    let parsed = document::parse(text, format, origin);
    let mut diagnostics = parsed.diagnostics;
    let Some(document) = parsed.document else {
        return (None, diagnostics);
    };
    if faults == Faults::Refuse {
        diagnostics.extend(ruleset::compile(&document).1);
        if document::has_errors(&diagnostics) {
            return (None, diagnostics);
        }
    }
    (Some(document), diagnostics)
}

fn refused(
    origin: &Origin,
    code: Code,
    place: Place,
    message: &str,
) -> (Option<Document>, Vec<Diagnostic>) {
    let mut report = Report::new(origin.file.clone());
    report.error(code, place, message, "");
    (None, report.finish())
}

/// Tells the operator what the author of a file should know.
pub fn log(diagnostic: &Diagnostic) {
    let code = diagnostic.code.id();
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, "{diagnostic}"),
        Severity::Warning => tracing::warn!(code, "{diagnostic}"),
    }
}
