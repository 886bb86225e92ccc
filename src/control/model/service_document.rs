//! `ServiceDocument`: the document of another flag service from which a flag of the store was made.
//!
//! The exact text is kept beside the definition and never sent to sidecars.

use serde::Deserialize;
use serde::Serialize;

/// The longest document, in bytes. Document and definition stand in one event, whose size is limited.
pub const MAX_DOCUMENT: usize = 16 * 1024;

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceFormat {
    /// Two versions of a remote module, `stable` and `canary`.
    RemoteRollout,
    /// Lists, rules and a percentage, which answer `enabled` and a variant.
    FlagService,
    /// Rules by priority, with a value each.
    DefinitionService,
}

/// A document as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDocument {
    /// The format.
    pub format: ServiceFormat,
    /// The text.
    pub text: String,
}
