//! A look at the evidence: begins, goes on, takes back.

use crate::control::engine::approval::approval_subject;
use crate::control::engine::cause::Cause;
use crate::control::engine::effect::Effect;
use crate::control::engine::effect::Notice;
use crate::control::engine::effect::Ticket;
use crate::control::engine::gate::Gate;
use crate::control::engine::observation::Observation;
use crate::control::engine::state::Phase;
use crate::control::engine::state::RollbackEnd;
use crate::control::engine::state::StagePart;
use crate::control::engine::transition::RolloutTransition;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::policy::OnInconclusive;

impl RolloutTransition<'_> {
    /// Looks at what is known, and takes at most one step.
    pub fn look(&mut self, seen: &Observation) {
        match &self.state.phase {
            Phase::Pending { next } => {
                let next = *next;
                if !(self.is_exposed() && self.protect(next, seen)) {
                    self.begin(next, seen);
                }
            }
            Phase::Running { stage, .. } => {
                let index = *stage;
                if !self.protect(index, seen) {
                    self.renew_lease();
                    self.go_on(index, seen);
                }
            }
            Phase::Halted { stage, .. } => {
                let index = *stage;
                if !self.protect(index, seen) {
                    self.renew_lease();
                }
            }
            Phase::RollingBack(_) => self.roll_back_further(),
            Phase::RolledBack { .. } | Phase::Aborted { .. } | Phase::Completed => {}
        }
    }

    fn begin(&mut self, next: usize, seen: &Observation) {
        if seen.is_killed {
            self.state.phase = Phase::Aborted {
                cause: Cause::Killed,
            };
            self.state.gate = Gate::Ended;
            return;
        }
        if let Some(gate) = self.holding_gate(seen).or_else(|| self.window()) {
            self.state.gate = gate;
            return;
        }
        self.enter_stage(next);
        self.state.first_entry = self.state.entry;
    }

    fn go_on(&mut self, index: usize, seen: &Observation) {
        let Some(stage) = self.stage(index) else {
            return;
        };
        self.drop_void_approvals(index, seen);
        if self.awaits_confirmation() {
            return;
        }
        match self.closed_gate(stage, seen) {
            Some((_, Gate::ProofOfHealth { guardrail, .. })) if self.is_given_up() => {
                let cause = Cause::Inconclusive { guardrail };
                self.take_back(index, cause, RollbackEnd::RolledBack);
            }
            Some((_, Gate::ProofOfHealth { .. })) if self.can_extend() => {
                self.state.is_extended = true;
                if let Some((part, gate)) = self.closed_gate(stage, seen) {
                    self.wait(index, stage, part, gate);
                }
            }
            Some((part, gate)) => self.wait(index, stage, part, gate),
            None => self.pass(index),
        }
    }

    fn is_given_up(&self) -> bool {
        self.plan.on_inconclusive == OnInconclusive::Rollback
    }

    fn can_extend(&self) -> bool {
        self.plan.on_inconclusive == OnInconclusive::Extend && !self.state.is_extended
    }

    /// An approval ends after a while, and with every edit.
    fn drop_void_approvals(&mut self, index: usize, seen: &Observation) {
        let state = &mut self.state;
        if seen.definition.is_some() {
            state.approvals.clear();
        }
        let subject = approval_subject(&state.pin, index, state.entry);
        let (clock, expire) = (&state.clock, self.plan.approvals_expire_ms);
        state.approvals.retain(|approval| {
            approval.subject == subject && clock.since(approval.given_ms) <= expire
        });
    }

    /// Waits for a gate; tells people once if they have to act.
    fn wait(&mut self, index: usize, stage: &PlanStage, part: StagePart, gate: Gate) {
        let is_new = std::mem::discriminant(&self.state.gate) != std::mem::discriminant(&gate);
        self.state.phase = Phase::Running { stage: index, part };
        self.state.gate = gate.clone();
        match gate {
            Gate::Approvals(_) if is_new => {
                let subject = approval_subject(&self.state.pin, index, self.state.entry);
                self.notify(Notice::ApprovalNeeded {
                    stage: stage.name.clone(),
                    subject,
                });
            }
            Gate::SharedIncident { guardrail } if is_new => {
                self.notify(Notice::SharedIncident { guardrail });
            }
            _ => {}
        }
    }

    /// Ends a stage: enters the next one, or completes the rollout.
    fn pass(&mut self, index: usize) {
        if index + 1 < self.plan.stages.len() {
            self.enter_stage(index + 1);
            return;
        }
        self.state.phase = Phase::Completed;
        self.state.gate = Gate::Ended;
        if let (Some(_), Some(served)) = (
            self.state.lease_until_wall_ms.take(),
            self.state.served.clone(),
        ) {
            self.issue(Effect::Apply {
                change: self.state.entry,
                served,
                lease_until_ms: None,
            });
        }
        self.notify(Notice::Completed);
        self.issue(Effect::OpenTicket(Ticket::CleanUp));
    }
}
