//! An explanation: the outcome of an evaluation, its trace, and the changes that would lead to other outcomes.

use crate::analysis::explain::counterfactual;
use crate::analysis::explain::counterfactual::Counterfactual;
use crate::analysis::explain::field_trace;
use crate::analysis::explain::field_trace::FieldStep;
use crate::analysis::explain::trace;
use crate::analysis::explain::trace::Trace;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::outcome::Outcome;
use crate::cli::input::replica::evaluation::ReplicaStatus;
use crate::document::flag::FlagDefinition;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;

/// An explained evaluation.
#[derive(Debug)]
pub struct Explanation<'f> {
    /// The definition of the flag.
    pub flag: &'f FlagDefinition,
    /// The outcome.
    pub outcome: Outcome,
    /// The reason of the evaluation.
    pub reason: &'static str,
    /// The rollout fields that were tested, up to the one that decided.
    pub fields: Vec<FieldStep>,
    /// The steps of the evaluation.
    pub trace: Trace,
    /// The changes that would lead to other outcomes.
    pub alternatives: Vec<Counterfactual>,
    /// True if `alternatives` has all other outcomes.
    pub alternatives_complete: bool,
    /// The replica that evaluated, if it was not this process.
    pub replica_status: Option<ReplicaStatus>,
}

/// Evaluates a flag for a context, and explains the outcome.
pub fn explain<'f>(
    flag: &'f FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    context: &OwnedContext,
) -> Explanation<'f> {
    let trace = trace::trace(flag, compiled, context);
    let (alternatives, complete) = match context.fractional_version {
        FractionalVersion::V2 => counterfactual::find_counterfactuals(flag, compiled, context),
        // The inverse of the V3 bucketing hash is not implemented.
        FractionalVersion::V3 => (Vec::new(), false),
    };
    Explanation {
        flag,
        outcome: Outcome::from_decision(compiled, trace.decision),
        reason: trace.decision.reason(),
        fields: field_trace::trace_fields(flag, context),
        trace,
        alternatives,
        alternatives_complete: complete,
        replica_status: None,
    }
}

impl Explanation<'_> {
    /// The rollout field that decided, if one did.
    pub fn deciding_field(&self) -> Option<&FieldStep> {
        self.fields.last().filter(|field| field.decides)
    }
}
