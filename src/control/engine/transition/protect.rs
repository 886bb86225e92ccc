//! Protective gates: a kill, a regression, missing data, a lapsed lease. They run whenever a release is exposed, also
//! while a person is awaited and while nothing may be widened.

use crate::control::engine::cause::Cause;
use crate::control::engine::cause::RegressionCause;
use crate::control::engine::effect::Effect;
use crate::control::engine::effect::Notice;
use crate::control::engine::observation::EntryEvidence;
use crate::control::engine::observation::Observation;
use crate::control::engine::state::Phase;
use crate::control::engine::state::RollbackEnd;
use crate::control::engine::transition::RolloutTransition;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::policy::OnRegression;
use crate::evidence::verdict::Verdict;

impl RolloutTransition<'_> {
    /// Acts if the release has to be taken back or to stop; returns true if it did.
    pub fn protect(&mut self, index: usize, seen: &Observation) -> bool {
        if seen.is_killed {
            self.take_back(index, Cause::Killed, RollbackEnd::Aborted);
            return true;
        }
        let Some(stage) = self.stage(index) else {
            return false;
        };
        if let Some(cause) = self.regression(seen.evidence.as_ref()) {
            return self.react(index, stage, cause);
        }
        if self.state.change.is_some() {
            return false;
        }
        self.note_evidence(seen.evidence.as_ref());
        let blind = self.note_blindness(stage, seen.evidence.as_ref());
        let is_running = matches!(self.state.phase, Phase::Running { .. });
        is_running && (self.act_on_missing_data(index, blind) || self.act_on_lapsed_lease(index))
    }

    /// The first guardrail that regressed. Evidence of an earlier stage counts as well, since the last decision.
    fn regression(&self, evidence: Option<&EntryEvidence>) -> Option<Cause> {
        let evidence = evidence.filter(|evidence| {
            (self.state.first_entry..=self.state.entry).contains(&evidence.entry)
        })?;
        let mut assessments = evidence.assessments.iter();
        let (name, found) = assessments.find(|(_, found)| found.verdict == Verdict::Regressed)?;
        Some(Cause::Regression(RegressionCause::of(name, found)))
    }

    fn react(&mut self, index: usize, stage: &PlanStage, cause: Cause) -> bool {
        match self.plan.on_regression_in(stage) {
            OnRegression::Rollback => self.take_back(index, cause, RollbackEnd::RolledBack),
            OnRegression::PreviousStage => {
                let end = index.checked_sub(1);
                let end = end.map_or(RollbackEnd::RolledBack, RollbackEnd::Halted);
                self.roll_back_to_previous(index, cause, end);
            }
            OnRegression::Halt if matches!(self.state.phase, Phase::Halted { .. }) => return false,
            OnRegression::Halt => self.halt(index, cause),
        }
        true
    }

    /// Notes when evidence moved on.
    fn note_evidence(&mut self, evidence: Option<&EntryEvidence>) {
        let until = evidence.filter(|evidence| evidence.entry == self.state.entry);
        let until = until.map(|evidence| evidence.until_ms);
        if until.is_some() && until != self.state.evidence_until_wall_ms {
            self.state.evidence_until_wall_ms = until;
            self.state.evidence_seen_ms = self.state.clock.elapsed_ms;
        }
    }

    /// The evidence of the current stage, unless it has not moved on since an interruption.
    pub fn fresh_evidence<'e>(&self, seen: &'e Observation) -> Option<&'e EntryEvidence> {
        let evidence = seen.evidence.as_ref()?;
        let is_fresh = evidence.entry == self.state.entry
            && self.state.stale_until_wall_ms != Some(evidence.until_ms);
        is_fresh.then_some(evidence)
    }

    /// Returns true if the same evidence is shown for longer than the time of grace.
    fn is_evidence_old(&self) -> bool {
        let age = self.state.clock.since(self.state.evidence_seen_ms);
        age > self.plan.no_data_grace_ms
    }

    /// The first guardrail of a stage without data.
    fn blind_guardrail(
        &self,
        stage: &PlanStage,
        evidence: Option<&EntryEvidence>,
    ) -> Option<String> {
        let evidence = evidence.filter(|evidence| evidence.entry == self.state.entry);
        let is_old = self.is_evidence_old();
        let has_data = |name: &str| {
            let found = evidence.and_then(|evidence| evidence.assessments.get(name));
            !is_old && found.is_some_and(|found| found.verdict != Verdict::NoData)
        };
        let mut guardrails = self.plan.guardrails_of(stage);
        let blind = guardrails.find(|guardrail| !has_data(&guardrail.name));
        blind.map(|guardrail| guardrail.name.clone())
    }

    /// Notes since when a guardrail has no data; returns the guardrail.
    fn note_blindness(
        &mut self,
        stage: &PlanStage,
        evidence: Option<&EntryEvidence>,
    ) -> Option<String> {
        let Some(guardrail) = self.blind_guardrail(stage, evidence) else {
            self.state.blind_since_ms = None;
            return None;
        };
        let begin = if self.is_evidence_old() {
            self.state.evidence_seen_ms
        } else {
            self.state.clock.elapsed_ms
        };
        self.state.blind_since_ms.get_or_insert(begin);
        Some(guardrail)
    }

    fn act_on_missing_data(&mut self, index: usize, blind: Option<String>) -> bool {
        let (Some(guardrail), Some(since)) = (blind, self.state.blind_since_ms) else {
            return false;
        };
        if self.state.clock.since(since) <= self.plan.no_data_grace_ms {
            return false;
        }
        match self.plan.on_no_data {
            OnNoData::Hold => false,
            OnNoData::Rollback => {
                let cause = Cause::NoData { guardrail };
                self.take_back(index, cause, RollbackEnd::RolledBack);
                true
            }
            OnNoData::Warn => {
                if !self.state.is_blindness_told {
                    self.state.is_blindness_told = true;
                    self.notify(Notice::DataMissing { guardrail });
                }
                false
            }
        }
    }

    fn act_on_lapsed_lease(&mut self, index: usize) -> bool {
        let lapsed = self.state.lease_until_wall_ms;
        if lapsed.is_none_or(|until| self.now.wall_ms < until) {
            return false;
        }
        self.halt(index, Cause::LeaseLapsed);
        true
    }

    /// Renews the lease at half of its time, as long as somebody watches.
    pub fn renew_lease(&mut self) {
        let (Some(until), Some(lease)) = (self.state.lease_until_wall_ms, self.plan.lease_ms)
        else {
            return;
        };
        let is_watched = self.state.blind_since_ms.is_none() && self.state.change.is_none();
        let is_lapsed = self.now.wall_ms >= until;
        let is_due = self.now.wall_ms.saturating_add(lease / 2) >= until;
        if is_watched && is_due && !is_lapsed {
            let until_ms = self.now.wall_ms.saturating_add(lease);
            self.state.lease_until_wall_ms = Some(until_ms);
            self.issue(Effect::RenewLease { until_ms });
        }
    }
}
