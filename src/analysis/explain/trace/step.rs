//! One step of a trace: an evaluated operation, its operands, result and substeps.

use crate::analysis::explain::trace::fractional::FractionalTrace;
use crate::diag::Position;
use crate::value::OwnedValue;

/// The source of a decision: the last result, variant or share that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionSource {
    /// The position in the file.
    pub position: Position,
    /// The JSON Pointer into the flag's definition; `None` if the rule chose no variant.
    pub json_pointer: Option<String>,
    /// The source as text.
    pub text: String,
}

/// An evaluated operation.
#[derive(Debug)]
pub struct TraceStep {
    /// The position in the file.
    pub position: Position,
    /// The operator.
    pub operator: String,
    /// The operation as text.
    pub text: String,
    /// The attributes that are direct arguments, and their values.
    pub attributes_read: Vec<(String, OwnedValue)>,
    /// The values of the arguments, in order.
    pub operands: Vec<OwnedValue>,
    /// The result; `None` for an error.
    pub result: Option<OwnedValue>,
    /// The assignment of the unit to a share, for a `fractional`.
    pub fractional: Option<FractionalTrace>,
    /// The evaluated operations inside of it.
    pub substeps: Vec<TraceStep>,
}
