//! The way back: at once or in steps, to nobody, to the stage before, or to the safe variant for everybody.

use crate::control::engine::cause::Cause;
use crate::control::engine::effect::Effect;
use crate::control::engine::effect::Notice;
use crate::control::engine::effect::Served;
use crate::control::engine::effect::Ticket;
use crate::control::engine::gate::Gate;
use crate::control::engine::observation::PostCondition;
use crate::control::engine::state::Phase;
use crate::control::engine::state::Rollback;
use crate::control::engine::state::RollbackEnd;
use crate::control::engine::state::StagePart;
use crate::control::engine::transition::RolloutTransition;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::policy::RollbackMode;

impl RolloutTransition<'_> {
    /// Takes the rollout back from a stage, as the plan says. After a kill nobody keeps the release.
    pub fn take_back(&mut self, stage: usize, cause: Cause, end: RollbackEnd) {
        match (&self.plan.rollback.how, &cause) {
            (_, Cause::Killed) | (RollbackMode::Zero, _) => {
                self.roll_back_in_steps(&[], 0, cause, end);
            }
            (RollbackMode::Kill, _) => self.begin_rollback(Served::Safe, Vec::new(), 0, cause, end),
            (RollbackMode::Previous, _) => self.roll_back_to_previous(stage, cause, end),
            (RollbackMode::Gradual { steps, every_ms }, _) => {
                self.roll_back_in_steps(steps, *every_ms, cause, end);
            }
        }
    }

    /// Serves the stage before again; nobody after the first stage.
    pub fn roll_back_to_previous(&mut self, stage: usize, cause: Cause, end: RollbackEnd) {
        let before = stage.checked_sub(1).and_then(|before| self.stage(before));
        match before {
            Some(before) => {
                let served = Served::Release(before.exposure.clone());
                self.begin_rollback(served, Vec::new(), 0, cause, end);
            }
            None => self.roll_back_in_steps(&[], 0, cause, end),
        }
    }

    /// Lowers the share to those of `steps` that are lower, and finally to nobody. Rings keep the release.
    pub fn roll_back_in_steps(
        &mut self,
        steps: &[Percentage],
        every_ms: u64,
        cause: Cause,
        end: RollbackEnd,
    ) {
        let Some(exposure) = self.served_exposure().cloned() else {
            self.begin_rollback(Served::Safe, Vec::new(), 0, cause, end);
            return;
        };
        let share = exposure.largest_share();
        let lower = steps.iter().copied().filter(|step| *step < share);
        let mut rest: Vec<Percentage> = lower.collect();
        if rest.last() != Some(&Percentage::NONE) {
            rest.push(Percentage::NONE);
        }
        let first = rest.remove(0);
        let served = Served::Release(exposure.limited_to(first));
        self.begin_rollback(served, rest, every_ms, cause, end);
    }

    fn begin_rollback(
        &mut self,
        served: Served,
        rest: Vec<Percentage>,
        every_ms: u64,
        cause: Cause,
        end: RollbackEnd,
    ) {
        self.notify(Notice::RollbackStarted(cause.clone()));
        self.reset_stage();
        self.state.phase = Phase::RollingBack(Rollback {
            cause,
            rest,
            every_ms,
            end,
        });
        self.serve(served);
        self.state.first_entry = self.state.entry;
    }

    /// Takes the next step of a rollback, if it is due.
    pub fn roll_back_further(&mut self) {
        if self.awaits_confirmation() {
            return;
        }
        let passed = self.state.clock.since(self.state.confirmed_ms);
        let Phase::RollingBack(rollback) = &mut self.state.phase else {
            return;
        };
        if rollback.rest.is_empty() {
            return;
        }
        if passed < rollback.every_ms {
            let left_ms = rollback.every_ms - passed;
            self.state.gate = Gate::RollbackStep { left_ms };
            return;
        }
        let next = rollback.rest.remove(0);
        let lower = self.served_exposure();
        let lower = lower.map(|exposure| exposure.limited_to(next));
        self.serve(lower.map_or(Served::Safe, Served::Release));
    }

    /// Takes the answer to `Verify`. A stage or a rollback counts from here on.
    pub fn confirm(&mut self, found: &PostCondition) {
        let Some(change) = &mut self.state.change else {
            return;
        };
        if change.id != found.change {
            return;
        }
        if let Some(mismatch) = &found.mismatch {
            let is_first = change.mismatch.is_none();
            change.mismatch = Some(mismatch.clone());
            self.state.gate = Gate::PostCondition {
                mismatch: Some(mismatch.clone()),
            };
            if is_first {
                self.issue(Effect::RaiseIncident {
                    change: found.change,
                    found: mismatch.clone(),
                });
            }
            return;
        }
        self.state.change = None;
        self.state.confirmed_ms = self.state.clock.elapsed_ms;
        self.state.evidence_seen_ms = self.state.clock.elapsed_ms;
        self.state.observed_ms = 0;
        self.finish_change();
    }

    fn finish_change(&mut self) {
        match &mut self.state.phase {
            Phase::Running { stage, part } => {
                *part = StagePart::Observing;
                let stage = *stage;
                self.state.gate = Gate::FirstLook;
                let name = self.stage(stage).map(|stage| stage.name.clone());
                self.notify(Notice::StageEntered {
                    stage: name.unwrap_or_default(),
                });
            }
            Phase::RollingBack(rollback) if rollback.rest.is_empty() => {
                let (cause, end) = (rollback.cause.clone(), rollback.end);
                self.finish_rollback(cause, end);
            }
            Phase::RollingBack(rollback) => {
                let left_ms = rollback.every_ms;
                self.state.gate = Gate::RollbackStep { left_ms };
            }
            Phase::Pending { .. }
            | Phase::Halted { .. }
            | Phase::RolledBack { .. }
            | Phase::Aborted { .. }
            | Phase::Completed => {}
        }
    }

    fn finish_rollback(&mut self, cause: Cause, end: RollbackEnd) {
        self.state.gate = Gate::Ended;
        match end {
            RollbackEnd::Halted(stage) => {
                self.halt(stage, cause);
                return;
            }
            RollbackEnd::Aborted => {
                self.state.phase = Phase::Aborted {
                    cause: cause.clone(),
                };
            }
            RollbackEnd::RolledBack => {
                let until = self.plan.rollback.cool_down_ms;
                let until = self.state.clock.elapsed_ms.saturating_add(until);
                self.state.cool_down_until_ms = Some(until);
                self.state.phase = Phase::RolledBack {
                    cause: cause.clone(),
                };
                self.issue(Effect::OpenTicket(Ticket::RolledBack));
            }
        }
        self.notify(Notice::RolledBack(cause));
    }

    /// Stays in a stage until a person decides.
    pub fn halt(&mut self, stage: usize, cause: Cause) {
        self.state.gate = Gate::Halted(cause.clone());
        self.state.phase = Phase::Halted {
            stage,
            cause: cause.clone(),
        };
        self.notify(Notice::Halted(cause));
    }
}
