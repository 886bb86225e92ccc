//! One file: what was read last, and the last good document in it.

use std::path::Path;
use std::path::PathBuf;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document::Format;
use crate::document::Origin;
use crate::source::file::Signature;
use crate::source::held::Held;
use crate::source::layer;
use crate::source::layer::Layer;
use crate::source::layer::Manner;
use crate::source::look::Look;
use crate::source::remote;
use crate::source::settle;
use crate::source::state::Entry;
use crate::source::status::Trouble;
use crate::source::text::Text;

/// A file and the last good document in it.
#[derive(Debug)]
pub struct Known {
    /// Its path.
    pub path: PathBuf,
    /// How it is called.
    pub origin: Origin,
    signature: Option<Signature>,
    /// Its document.
    pub held: Held,
    /// Why it cannot be read, if it cannot.
    unreadable: Option<String>,
}

/// How often a file that cannot be read as flags and keeps changing is read before it is refused.
const ATTEMPTS: usize = 3;

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
            held: Held::default(),
            unreadable: None,
        }
    }

    /// What is wrong with the file at the moment.
    pub fn trouble(&self) -> Option<(Trouble, &str)> {
        let unreadable = self.unreadable.as_deref().map(|why| (Trouble::Failed, why));
        let refused = self.held.refused.as_deref();
        unreadable.or(refused.map(|why| (Trouble::Refused, why)))
    }

    /// Takes the document of an earlier process, for as long as the file brings none.
    pub fn restore(&mut self, entry: &Entry, manner: Manner) -> bool {
        let (layer, _) = layer::read(entry.format, &self.origin, &entry.bytes, manner, None);
        if let Some(layer) = layer {
            self.held.accept(settle::hash(&entry.bytes), layer);
        }
        self.held.layer.is_some()
    }

    /// Looks at the file. The text of its document, if that changed.
    pub fn scan(&mut self, look: &Look, manner: Manner) -> Option<Text> {
        let signature = std::fs::metadata(&self.path)
            .map(|m| Signature::of(&m))
            .ok();
        if signature.is_some() && signature == self.signature && !look.is_at(&self.path) {
            return None;
        }
        match self.read(manner) {
            Ok(changed) => {
                self.unreadable = None;
                changed
            }
            Err(error) => {
                self.signature = None;
                self.unreadable(&error);
                None
            }
        }
    }

    fn read(&mut self, manner: Manner) -> std::io::Result<Option<Text>> {
        let mut content = settle::look(&self.path)?;
        for patience in (0..ATTEMPTS).rev() {
            self.signature = content.signature();
            if self.held.knows(content.hash) {
                return Ok(None);
            }
            let (layer, diagnostics) = self.layer(&content.bytes, manner);
            // Somebody may have gone on writing while this was read as flags.
            let changed = || match layer {
                Some(_) => settle::changed(&self.path, &content),
                None => Ok(settle::changes_soon(&self.path, &content)),
            };
            if patience > 0 && changed()? {
                content = settle::read(&self.path)?;
                continue;
            }
            let Some(layer) = layer else {
                self.held
                    .refuse(content.hash, remote::refusal(&diagnostics));
                self.refused(&diagnostics);
                break;
            };
            diagnostics.iter().for_each(log);
            self.held.accept(content.hash, layer);
            return Ok(Some(content.bytes));
        }
        Ok(None)
    }

    fn layer(&self, bytes: &[u8], manner: Manner) -> (Option<Layer>, Vec<Diagnostic>) {
        match Format::of(&self.path) {
            Some(format) => layer::read(
                format,
                &self.origin,
                bytes,
                manner,
                self.held.layer.as_ref(),
            ),
            None => (None, nameless(&self.origin)),
        }
    }

    fn refused(&self, diagnostics: &[Diagnostic]) {
        diagnostics.iter().for_each(log);
        let kept = self.held.layer.is_some();
        tracing::error!(file = %self.origin.file, kept, "the file is refused; its last good flags, if any, stay in force");
    }

    fn unreadable(&mut self, error: &std::io::Error) {
        let why = error.to_string();
        if self.unreadable.as_ref() == Some(&why) {
            return;
        }
        let kept = self.held.layer.is_some();
        let code = Code::Unreadable.id();
        tracing::error!(file = %self.origin.file, code, kept, error = %why, "the file cannot be read; its last good flags, if any, stay in force");
        self.unreadable = Some(why);
    }
}

fn nameless(origin: &Origin) -> Vec<Diagnostic> {
    let mut report = Report::new(origin.file.clone());
    let message = "flag files end in .yaml, .yml or .json";
    report.error(Code::Unreadable, Place::START, message, "");
    report.finish()
}

/// Tells the operator what the author of a file should know.
pub fn log(diagnostic: &Diagnostic) {
    let code = diagnostic.code.id();
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, "{diagnostic}"),
        Severity::Warning => tracing::warn!(code, "{diagnostic}"),
    }
}
