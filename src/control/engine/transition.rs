//! `RolloutTransition`: a step under way, and what all parts of a step do: serve an exposure, tell people.

mod commands;
mod gates;
mod look;
mod protect;
mod rollback;
pub mod start;

use crate::control::engine::clock::EngineTime;
use crate::control::engine::effect::Effect;
use crate::control::engine::effect::IssuedEffect;
use crate::control::engine::effect::Notice;
use crate::control::engine::effect::Served;
use crate::control::engine::gate::Gate;
use crate::control::engine::state::Phase;
use crate::control::engine::state::RolloutState;
use crate::control::engine::state::StagePart;
use crate::control::engine::state::UnconfirmedChange;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::model::RolloutPlan;

/// The time after which a change that is not confirmed is asked for again.
const ASK_AGAIN_MS: u64 = 60_000;

/// A step under way.
#[derive(Debug)]
pub struct RolloutTransition<'p> {
    /// The plan.
    pub plan: &'p RolloutPlan,
    /// The time of the step.
    pub now: EngineTime,
    /// The state so far.
    pub state: RolloutState,
    /// The effects so far.
    pub effects: Vec<IssuedEffect>,
}

impl<'p> RolloutTransition<'p> {
    /// Moves the time of the rollout on. The time in a stage counts while the stage is confirmed and nothing holds it.
    pub fn pass_time(&mut self) {
        let before = self.state.clock.elapsed_ms;
        let is_interrupted = self.state.clock.advance(self.now);
        let passed = self.state.clock.since(before);
        let is_running = matches!(self.state.phase, Phase::Running { .. });
        if is_running && self.state.change.is_none() && !self.state.is_held() {
            self.state.observed_ms = self.state.observed_ms.saturating_add(passed);
        }
        if is_interrupted {
            self.state.stale_until_wall_ms = self.state.evidence_until_wall_ms;
            // Nobody looked: that says nothing about the data.
            self.state.evidence_seen_ms = self.state.clock.elapsed_ms;
            self.state.blind_since_ms = None;
        }
    }

    /// The stage at an index; the plan that was started has it.
    pub fn stage(&self, index: usize) -> Option<&'p PlanStage> {
        self.plan.stages.get(index)
    }

    /// Issues an effect.
    pub fn issue(&mut self, effect: Effect) {
        self.state.last_effect += 1;
        self.effects.push(IssuedEffect {
            number: self.state.last_effect,
            effect,
        });
    }

    /// Tells people.
    pub fn notify(&mut self, notice: Notice) {
        self.issue(Effect::Notify(notice));
    }

    /// Serves an exposure from now on, and asks for its confirmation.
    pub fn serve(&mut self, served: Served) {
        self.state.entry += 1;
        self.state.lease_until_wall_ms = self.lease_of(&served);
        self.state.served = Some(served);
        self.state.change = Some(UnconfirmedChange {
            id: self.state.entry,
            asked_ms: self.state.clock.elapsed_ms,
            mismatch: None,
        });
        self.state.gate = Gate::PostCondition { mismatch: None };
        self.ask_for_change();
    }

    /// The end of an exposure, if the plan has leases and somebody would lose it.
    fn lease_of(&self, served: &Served) -> Option<u64> {
        let Served::Release(exposure) = served else {
            return None;
        };
        let share = exposure.largest_share();
        let lease = self.plan.lease_ms?;
        (Percentage::NONE < share && share < Percentage::ALL)
            .then(|| self.now.wall_ms.saturating_add(lease))
    }

    fn ask_for_change(&mut self) {
        let (Some(served), Some(change)) = (self.state.served.clone(), &self.state.change) else {
            return;
        };
        let change = change.id;
        self.issue(Effect::Apply {
            change,
            served: served.clone(),
            lease_until_ms: self.state.lease_until_wall_ms,
        });
        self.issue(Effect::Verify { change, served });
    }

    /// Returns true if a change is not confirmed; asks for it again after a while.
    pub fn awaits_confirmation(&mut self) -> bool {
        let now = self.state.clock.elapsed_ms;
        let Some(change) = &mut self.state.change else {
            return false;
        };
        let mismatch = change.mismatch.clone();
        let is_due = now.saturating_sub(change.asked_ms) >= ASK_AGAIN_MS;
        if is_due {
            change.asked_ms = now;
        }
        self.state.gate = Gate::PostCondition { mismatch };
        if is_due {
            self.ask_for_change();
        }
        true
    }

    /// Enters a stage.
    pub fn enter_stage(&mut self, index: usize) {
        let Some(stage) = self.stage(index) else {
            return;
        };
        self.reset_stage();
        self.state.phase = Phase::Running {
            stage: index,
            part: StagePart::Settling,
        };
        self.serve(Served::Release(stage.exposure.clone()));
    }

    /// Forgets what belongs to the stage before.
    pub fn reset_stage(&mut self) {
        let state = &mut self.state;
        state.observed_ms = 0;
        state.confirmed_ms = state.clock.elapsed_ms;
        state.evidence_until_wall_ms = None;
        state.evidence_seen_ms = state.clock.elapsed_ms;
        state.stale_until_wall_ms = None;
        state.blind_since_ms = None;
        state.is_blindness_told = false;
        state.is_extended = false;
        state.waived = None;
        state.approvals.clear();
    }

    /// Returns true if a share of the units has the release.
    pub fn is_exposed(&self) -> bool {
        let exposure = self.served_exposure();
        exposure.is_some_and(|exposure| exposure.largest_share() > Percentage::NONE)
    }

    /// The exposure that is served; nobody if it is the safe variant, or before the first stage.
    pub fn served_exposure(&self) -> Option<&Exposure> {
        match &self.state.served {
            Some(Served::Release(exposure)) => Some(exposure),
            Some(Served::Safe) | None => None,
        }
    }
}
