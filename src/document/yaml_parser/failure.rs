//! `Reported`: a failure whose diagnostic was already reported.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;

/// The document is rejected, and a diagnostic says why.
#[derive(Debug)]
pub struct Reported;

/// Reports an exceeded limit, or a structure that JSON does not have.
pub fn reject(position: Position, message: &str, report: &mut DiagnosticSink) -> Reported {
    report.error(Code::LimitExceeded, position, message, "");
    Reported
}
