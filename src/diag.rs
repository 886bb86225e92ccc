//! Diagnostics for the authors of flag documents: codes, positions, messages and suggestions.

mod code;
mod diagnostic;
mod sink;
mod suggest;

pub use crate::diag::code::Code;
pub use crate::diag::diagnostic::Diagnostic;
pub use crate::diag::diagnostic::Position;
pub use crate::diag::diagnostic::Severity;
pub use crate::diag::sink::DiagnosticSink;
pub use crate::diag::sink::SourceNote;
pub use crate::diag::suggest::closest_match;
pub use crate::diag::suggest::did_you_mean;
pub use crate::diag::suggest::edit_distance;
pub use crate::diag::suggest::suggest_one_of;
