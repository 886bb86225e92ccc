//! The gates of a stage that only hold back: asked in one order, after the protective ones. The first closed one is shown.

use crate::control::engine::approval::missing_approvals;
use crate::control::engine::gate::Gate;
use crate::control::engine::observation::EntryEvidence;
use crate::control::engine::observation::Observation;
use crate::control::engine::state::StagePart;
use crate::control::engine::transition::RolloutTransition;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::policy::OnInconclusive;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::window;
use crate::evidence::verdict::Assessment;
use crate::evidence::verdict::Verdict;

impl RolloutTransition<'_> {
    /// The first closed gate of a stage, and the part of the stage that it belongs to.
    pub fn closed_gate(&self, stage: &PlanStage, seen: &Observation) -> Option<(StagePart, Gate)> {
        let observing = self
            .holding_gate(seen)
            .or_else(|| self.evidence_fault(stage, seen))
            .or_else(|| self.lasting_blindness(stage, seen))
            .or_else(|| self.observed_share(stage, seen))
            .or_else(|| self.least_time(stage))
            .or_else(|| self.least_units(stage, seen))
            .or_else(|| self.guardrails(stage, seen));
        if let Some(gate) = observing {
            return Some((StagePart::Observing, gate));
        }
        if let Some(gate) = self.window() {
            return Some((StagePart::Ready, gate));
        }
        let required = stage.approvals.as_ref()?;
        let missing = missing_approvals(required, &self.state.approvals)?;
        Some((StagePart::AwaitingApproval, Gate::Approvals(missing)))
    }

    /// The gate that holds the rollout as a whole: an edit, a pause or a freeze.
    pub fn holding_gate(&self, seen: &Observation) -> Option<Gate> {
        if let Some(change) = &seen.definition {
            return Some(Gate::DefinitionChanged(change.clone()));
        }
        let frozen = self.state.frozen.as_ref().or(seen.frozen.as_ref());
        let paused = self.state.paused.as_ref();
        let paused = paused.map(|mark| Gate::Paused(mark.clone()));
        paused.or_else(|| frozen.map(|mark| Gate::Frozen(mark.clone())))
    }

    /// Counts that contradict themselves, and incidents of both arms.
    fn evidence_fault(&self, stage: &PlanStage, seen: &Observation) -> Option<Gate> {
        let evidence = seen.evidence.as_ref();
        let evidence = evidence.filter(|evidence| evidence.entry == self.state.entry)?;
        let mut found = self.assessments(stage, evidence);
        found.find_map(|(guardrail, found)| match found?.verdict {
            Verdict::Invalid(why) => Some(Gate::InvalidEvidence {
                guardrail: guardrail.to_owned(),
                why: why.name().to_owned(),
            }),
            Verdict::SharedIncident => Some(Gate::SharedIncident {
                guardrail: guardrail.to_owned(),
            }),
            Verdict::Regressed | Verdict::Healthy | Verdict::Undecided | Verdict::NoData => None,
        })
    }

    /// The assessment of each guardrail of a stage.
    fn assessments<'e>(
        &'e self,
        stage: &'e PlanStage,
        evidence: &'e EntryEvidence,
    ) -> impl Iterator<Item = (&'e str, Option<&'e Assessment>)> {
        let guardrails = self.plan.guardrails_of(stage);
        guardrails.map(|guardrail| {
            let found = evidence.assessments.get(&guardrail.name);
            (&*guardrail.name, found)
        })
    }

    /// True if the plan goes on without data after the time of grace.
    fn ignores_blindness(&self) -> bool {
        let is_lasting = self
            .state
            .blind_since_ms
            .is_some_and(|since| self.state.clock.since(since) > self.plan.no_data_grace_ms);
        is_lasting && self.plan.on_no_data == OnNoData::Warn
    }

    /// Data that is missing beyond the time of grace.
    fn lasting_blindness(&self, stage: &PlanStage, seen: &Observation) -> Option<Gate> {
        let since = self.state.blind_since_ms?;
        let for_ms = self.state.clock.since(since);
        let is_lasting = for_ms > self.plan.no_data_grace_ms;
        (is_lasting && !self.ignores_blindness())
            .then(|| self.missing_data(self.first_blind(stage, seen), for_ms))
    }

    fn first_blind(&self, stage: &PlanStage, seen: &Observation) -> String {
        let evidence = self.fresh_evidence(seen);
        let mut guardrails = self.plan.guardrails_of(stage);
        let blind = guardrails.find(|guardrail| {
            let found = evidence.and_then(|evidence| evidence.assessments.get(&guardrail.name));
            found.is_none_or(|found| found.verdict == Verdict::NoData)
        });
        let first = || self.plan.guardrails_of(stage).next();
        let name = blind.or_else(first).map(|guardrail| guardrail.name.clone());
        name.unwrap_or_default()
    }

    fn missing_data(&self, guardrail: String, for_ms: u64) -> Gate {
        Gate::NoData {
            guardrail,
            for_ms,
            grace_ms: self.plan.no_data_grace_ms,
        }
    }

    /// The observed share, if the whole rollout has one.
    fn observed_share(&self, stage: &PlanStage, seen: &Observation) -> Option<Gate> {
        let observed = self.fresh_evidence(seen)?.share?;
        let intended = stage.exposure.percentage;
        let has_one_share = stage.exposure.regions.is_empty();
        (has_one_share && !observed.can_be(intended.weight()))
            .then_some(Gate::ObservedShare { observed, intended })
    }

    fn least_time(&self, stage: &PlanStage) -> Option<Gate> {
        let factor = if self.state.is_extended { 2 } else { 1 };
        let least_ms = self.plan.least_time_ms(stage).saturating_mul(factor);
        let passed_ms = self.state.observed_ms;
        (passed_ms < least_ms && self.state.waived.is_none()).then_some(Gate::LeastTime {
            passed_ms,
            least_ms,
        })
    }

    fn least_units(&self, stage: &PlanStage, seen: &Observation) -> Option<Gate> {
        let least = self.plan.least_units(stage);
        let units = self
            .fresh_evidence(seen)
            .map_or(0, |evidence| evidence.units);
        (units < least && self.state.waived.is_none()).then_some(Gate::LeastUnits { units, least })
    }

    /// The first guardrail that has no fresh measurement in the stage, or whose proof of health is missing.
    fn guardrails(&self, stage: &PlanStage, seen: &Observation) -> Option<Gate> {
        if self.ignores_blindness() {
            return None;
        }
        let evidence = self.fresh_evidence(seen);
        let mut guardrails = self.plan.guardrails_of(stage);
        guardrails.find_map(|guardrail| {
            let found = evidence.and_then(|evidence| evidence.assessments.get(&guardrail.name));
            let Some(found) = found.filter(|found| found.verdict != Verdict::NoData) else {
                let since = self
                    .state
                    .blind_since_ms
                    .unwrap_or(self.state.evidence_seen_ms);
                let for_ms = self.state.clock.since(since);
                return Some(self.missing_data(guardrail.name.clone(), for_ms));
            };
            let lacks_proof = guardrail.require_proof && found.verdict != Verdict::Healthy;
            let is_accepted = self.plan.on_inconclusive == OnInconclusive::Advance;
            (lacks_proof && !is_accepted).then(|| Gate::ProofOfHealth {
                guardrail: guardrail.name.clone(),
                evidence: libm::exp(found.log_e),
                needed: libm::exp(found.numbers.log_threshold),
            })
        })
    }

    /// The window, if none is open.
    pub fn window(&self) -> Option<Gate> {
        let windows = &self.plan.windows;
        let now = self.now.wall_ms;
        (!window::is_open(windows, now)).then(|| Gate::Window {
            opens_at_ms: window::next_opening(windows, now),
        })
    }
}
