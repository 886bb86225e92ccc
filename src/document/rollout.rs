//! The words for rollouts: what people write beside `targeting`, and what it means in plain flagd targeting.
//!
//! `read` checks one flag's words while its document is parsed; `expand` turns the words of all flags into rules after
//! documents are laid over each other, for a prerequisite may stand in another source. Nothing behind that knows of
//! words: every protocol, and every provider that is fed by flag sync, evaluates the same rule. Reference:
//! `docs/rollout.md`.

pub mod bucketing;
pub mod expand;
pub mod timestamp;
pub mod lifecycle;
mod jsonlogic_builder;
pub mod ramp;
mod parse;
pub mod region;
pub mod prerequisite;
pub mod ring;
pub mod percentage;
mod metadata;

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
pub use crate::document::rollout::parse::parse_rollout_fields;

use crate::diag::Position;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::lifecycle::Lifecycle;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::prerequisite::Prerequisite;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::region::RegionPercentage;
use crate::document::rollout::ring::Rings;
use crate::document::syntax_tree::Node;

/// The words of one flag.
#[derive(Debug, Clone, Default)]
pub struct RolloutFields {
    /// Where `kill: true` stands.
    pub kill_position: Option<Position>,
    /// `safeVariant`: what is served to those who must not have what is released; without it the default variant is.
    pub safe_variant: Option<EcoString>,
    /// What is released to whom; the first one that takes a context decides.
    pub rollouts: Vec<Rollout>,
    /// The flags that this one builds on.
    pub requires: Vec<Prerequisite>,
    /// Who looks after the flag, and for how long.
    pub lifecycle: Lifecycle,
    /// The rings of the document.
    pub rings: Arc<Rings>,
    /// `targeting` as written: it decides for those whom no rollout takes.
    pub targeting: Option<Node>,
    /// Whether some word cannot be understood; the flag answers with an error unless it is killed.
    pub faulty: bool,
}

/// One release of a variant.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// Where it stands.
    pub position: Position,
    /// What is released.
    pub release: Release,
    /// The share of everyone else who has it; where a ramp leads to.
    pub percentage: Percentage,
    /// How the share grows with time.
    pub ramp: Option<Ramp>,
    /// Names of rings that have it whatever the share.
    pub rings: Vec<EcoString>,
    /// Segments that have it whatever the share.
    pub segments: Vec<EcoString>,
    /// Targeting keys that always have it.
    pub allow: Vec<EcoString>,
    /// Targeting keys that never have it.
    pub deny: Vec<EcoString>,
    /// Who is eligible at all.
    pub when: Option<Node>,
    /// Shares by region, in the order of the rollout.
    pub regions: Vec<RegionPercentage>,
    /// How units fall into buckets.
    pub bucketing: Bucketing,
}

/// What a rollout gives to those whom it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// This variant.
    Variant(EcoString),
    /// One of these variants by weight, whatever the bucket that decides on taking part.
    Split(Vec<(EcoString, u32)>),
}

impl RolloutFields {
    /// What rules of these words take beyond what is written: values of rings, and of stages of ramps.
    fn expansion_cost(&self) -> usize {
        let rings = self.rollouts.iter().flat_map(|rollout| &rollout.rings);
        let rings = rings.filter_map(|name| self.rings.find(name)?.condition.as_ref());
        let ramps = self.rollouts.iter().filter_map(|rollout| {
            let stages = rollout.ramp?.stages(rollout.percentage).1;
            Some(stages.len() * VALUES_PER_RAMP_STAGE)
        });
        rings.map(Node::size).chain(ramps).sum()
    }
}

/// The values in the rule of one stage of a ramp, at most.
const VALUES_PER_RAMP_STAGE: usize = 24;

/// Pays for what the words of a flag will take; refuses those for which there is nothing left.
pub fn charge_expansion(
    flag: &mut FlagDefinition,
    budget: &mut usize,
    report: &mut DiagnosticSink,
) {
    let Some(words) = &mut flag.rollout_fields else {
        return;
    };
    if let Some(left) = budget.checked_sub(words.expansion_cost()) {
        *budget = left;
        return;
    }
    let words = Arc::make_mut(words);
    words.rollouts.clear();
    words.faulty = true;
    let message = format!(
        "the rings and ramps of flag `{}` make the document too large",
        flag.key
    );
    let help = "name fewer rings, or take fewer steps";
    report.error(Code::LimitExceeded, flag.position, message, help);
}
