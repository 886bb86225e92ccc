//! Sums of evaluation counts by flag key, variant and reason.

use std::collections::BTreeMap;

use ecow::EcoString;

/// The labels of a series of evaluation counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EvaluationLabels {
    /// The flag's key.
    pub key: EcoString,
    /// The variant's name; empty if there is none.
    pub variant: EcoString,
    /// The reason.
    pub reason: &'static str,
}

/// Counts by labels, and the count of the overflow series.
#[derive(Debug, Clone, Default)]
pub struct EvaluationTotals {
    /// Counts by labels.
    pub by_labels: BTreeMap<EvaluationLabels, u64>,
    /// The count of evaluations without their own series.
    pub overflow: u64,
}
