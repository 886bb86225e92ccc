//! `Approval`: the consent of one person to the end of one stage. It counts for exactly what was shown.

use serde::Deserialize;
use serde::Serialize;

use crate::control::engine::pin::DefinitionPin;
use crate::control::engine::pin::hash;
use crate::document::rollout::plan::model::RequiredApprovals;

/// The consent of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The name of the person.
    pub by: String,
    /// The roles of the person.
    pub roles: Vec<String>,
    /// The hash of what was approved.
    pub subject: String,
    /// The time of the rollout at which it was given, in milliseconds.
    pub given_ms: u64,
}

/// The hash of what an approval is for: the definition, the plan, the stage, and this entry into it.
pub fn approval_subject(pin: &DefinitionPin, stage: usize, entry: u64) -> String {
    hash(&format!("{} {} {stage} {entry}", pin.cohort, pin.plan))
}

/// The names and roles that are missing among the approvals, and the number of people that are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingApprovals {
    /// The people who have approved.
    pub given: u32,
    /// The people who have to.
    pub needed: u32,
    /// Names or roles of which nobody has approved.
    pub from: Vec<String>,
}

/// The missing part of the required approvals; `None` if they are complete.
pub fn missing_approvals(
    required: &RequiredApprovals,
    approvals: &[Approval],
) -> Option<MissingApprovals> {
    let has = |name: &String| {
        let mut approvals = approvals.iter();
        approvals.any(|approval| approval.by == *name || approval.roles.contains(name))
    };
    let from: Vec<String> = required
        .from
        .iter()
        .filter(|name| !has(name))
        .cloned()
        .collect();
    let given = u32::try_from(approvals.len()).unwrap_or(u32::MAX);
    (given < required.count || !from.is_empty()).then_some(MissingApprovals {
        given,
        needed: required.count,
        from,
    })
}
