//! What is known of a network source: its last good document.

use std::fmt;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::document::Format;
use crate::document::Origin;
use crate::source::held::Held;
use crate::source::known;
use crate::source::layer;
use crate::source::layer::Manner;
use crate::source::settle;

/// A network source and its last good document.
pub struct Remote {
    /// How it is called.
    pub origin: Origin,
    /// Its document.
    pub held: Held,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name of the source may hold a secret.
        f.debug_struct("Remote")
            .field("source", &self.origin.file)
            .finish_non_exhaustive()
    }
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the document that is in force already.
    Same,
    /// It is in force now.
    Accepted,
    /// It is no document, and why.
    Refused(String),
}

impl Remote {
    /// A source that brought nothing yet.
    pub fn new(name: Arc<str>, label: Arc<str>) -> Remote {
        Remote {
            origin: Origin {
                source: name,
                file: label,
            },
            held: Held::default(),
        }
    }

    /// Takes a text for its document, if it is one.
    pub fn take(&mut self, bytes: &[u8], format: Format, manner: Manner) -> Verdict {
        let hash = settle::hash(bytes);
        if self.held.knows(hash) {
            return self
                .held
                .refused
                .clone()
                .map_or(Verdict::Same, Verdict::Refused);
        }
        let (layer, diagnostics) = layer::read(
            format,
            &self.origin,
            bytes,
            manner,
            self.held.layer.as_ref(),
        );
        diagnostics.iter().for_each(known::log);
        let Some(layer) = layer else {
            let why = refusal(&diagnostics);
            self.held.refuse(hash, why.clone());
            return Verdict::Refused(why);
        };
        self.held.accept(hash, layer);
        Verdict::Accepted
    }
}

/// Why a text was refused: the first error in it.
pub fn refusal(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    first.map_or_else(|| "it is no flag document".to_owned(), ToString::to_string)
}
