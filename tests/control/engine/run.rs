//! A rollout under test: a plan, its state, and a clock.

use std::collections::BTreeMap;

use fanion::control::engine::approval::approval_subject;
use fanion::control::engine::clock::EngineTime;
use fanion::control::engine::command::ApprovalRequest;
use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Effect;
use fanion::control::engine::effect::IssuedEffect;
use fanion::control::engine::effect::Served;
use fanion::control::engine::observation::EntryEvidence;
use fanion::control::engine::observation::Observation;
use fanion::control::engine::observation::PostCondition;
use fanion::control::engine::pin::DefinitionPin;
use fanion::control::engine::refusal::CommandRefusal;
use fanion::control::engine::state::Phase;
use fanion::control::engine::state::RolloutState;
use fanion::control::engine::step::step;
use fanion::control::engine::transition::start::StartRequest;
use fanion::control::engine::transition::start::start;
use fanion::control::model::flag_state::Mark;
use fanion::document::rollout::percentage::Percentage;
use fanion::document::rollout::plan::exposure::Exposure;
use fanion::document::rollout::plan::guardrail::Guardrail;
use fanion::document::rollout::plan::guardrail::GuardrailTest;
use fanion::document::rollout::plan::model::PlanStage;
use fanion::document::rollout::plan::model::RequiredApprovals;
use fanion::document::rollout::plan::model::RolloutPlan;
use fanion::document::rollout::plan::policy::Minimum;
use fanion::document::rollout::plan::policy::OnInconclusive;
use fanion::document::rollout::plan::policy::OnNoData;
use fanion::document::rollout::plan::policy::OnRegression;
use fanion::document::rollout::plan::policy::RollbackMode;
use fanion::document::rollout::plan::policy::RollbackPolicy;
use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::verdict::Assessment;
use fanion::evidence::verdict::Numbers;
use fanion::evidence::verdict::Verdict;

pub const MINUTE: u64 = 60_000;
/// 2026-06-01, a Monday, at 12:00 UTC.
pub const NOON: u64 = 1_780_315_200_000;

pub fn mark(by: &str) -> Mark {
    Mark {
        by: by.to_owned(),
        at_ms: NOON,
        reason: Some("because".to_owned()),
    }
}

pub fn pin(version: &str) -> DefinitionPin {
    DefinitionPin {
        cohort: format!("cohort {version}"),
        plan: format!("plan {version}"),
    }
}

/// A stage of this share, with ten minutes of hold.
pub fn stage(name: &str, percent: u32) -> PlanStage {
    PlanStage {
        name: name.to_owned(),
        exposure: Exposure {
            percentage: Percentage::from_thousandths(percent * 1000),
            rings: vec!["internal".to_owned()],
            regions: Vec::new(),
            variant: None,
        },
        hold_ms: 10 * MINUTE,
        approvals: None,
        units: None,
        guardrails: Vec::new(),
        on_regression: None,
    }
}

pub fn manual(stage: PlanStage, count: u32, from: &[&str]) -> PlanStage {
    PlanStage {
        approvals: Some(RequiredApprovals {
            count,
            from: from.iter().map(|name| (*name).to_owned()).collect(),
        }),
        ..stage
    }
}

/// A guardrail that has a measurement at every share.
pub fn errors() -> Guardrail {
    Guardrail {
        name: "errors".to_owned(),
        test: GuardrailTest::Ratio {
            bad: "bad".to_owned(),
            of: "all".to_owned(),
            max: 0.05,
        },
        window_ms: None,
        require_proof: false,
    }
}

/// 1, 10 and 100 %; a person ends the first stage.
pub fn plan() -> RolloutPlan {
    RolloutPlan {
        stages: vec![
            manual(stage("canary", 1), 1, &[]),
            stage("early", 10),
            stage("all", 100),
        ],
        guardrails: vec![errors()],
        alpha: 0.05,
        minimum: Minimum::default(),
        on_regression: OnRegression::Rollback,
        on_inconclusive: OnInconclusive::Hold,
        on_no_data: OnNoData::Hold,
        no_data_grace_ms: 10 * MINUTE,
        lease_ms: None,
        rollback: RollbackPolicy {
            how: RollbackMode::Zero,
            cool_down_ms: 20 * MINUTE,
        },
        windows: Vec::new(),
        approvals_expire_ms: 30 * MINUTE,
    }
}

pub fn assessment(verdict: Verdict) -> Assessment {
    Assessment {
        log_e: if verdict == Verdict::Regressed {
            3.5
        } else {
            1.13
        },
        verdict,
        numbers: Numbers {
            log_threshold: 2.995_732_273_553_991,
            at_risk: ArmCounts::new(1000, 200),
            failed: ArmCounts::new(9, 15),
            ..Numbers::default()
        },
    }
}

/// A rollout under test.
#[derive(Clone, Debug)]
pub struct Run {
    pub plan: RolloutPlan,
    pub state: RolloutState,
    pub time: EngineTime,
    /// The effects of the last step.
    pub effects: Vec<IssuedEffect>,
}

pub fn start_request(version: &str) -> StartRequest {
    StartRequest {
        mark: mark("starter"),
        pin: pin(version),
        authors: vec!["author".to_owned()],
        is_override: false,
    }
}

impl Run {
    pub fn new(plan: RolloutPlan) -> Run {
        let time = EngineTime {
            wall_ms: NOON,
            uptime_ms: 0,
            session: 1,
        };
        let state = start(start_request("one"), None, time).expect("a start");
        Run {
            plan,
            state,
            time,
            effects: Vec::new(),
        }
    }

    pub fn pass(&mut self, minutes: u64) {
        self.time.wall_ms += minutes * MINUTE;
        self.time.uptime_ms += minutes * MINUTE;
    }

    pub fn step(&mut self, input: &EngineInput) -> Option<CommandRefusal> {
        let after = step(&self.plan, self.state.clone(), self.time, input);
        self.state = after.state;
        self.effects = after.effects;
        after.refused
    }

    /// Evidence of the current stage with this verdict about each guardrail.
    pub fn evidence(&self, verdict: Verdict) -> EntryEvidence {
        let guardrails = self.plan.stages.iter().flat_map(|stage| &stage.guardrails);
        let guardrails = self.plan.guardrails.iter().chain(guardrails);
        let assessments = guardrails.map(|guardrail| (guardrail.name.clone(), assessment(verdict)));
        EntryEvidence {
            entry: self.state.entry,
            until_ms: self.time.wall_ms,
            units: 1000,
            share: None,
            assessments: assessments.collect::<BTreeMap<_, _>>(),
        }
    }

    pub fn seen(&self, verdict: Verdict) -> Observation {
        Observation {
            evidence: Some(self.evidence(verdict)),
            ..Observation::default()
        }
    }

    pub fn look_at(&mut self, seen: Observation) {
        self.step(&EngineInput::Look(seen));
    }

    pub fn look(&mut self, verdict: Verdict) {
        self.look_at(self.seen(verdict));
    }

    /// Confirms the change under way.
    pub fn confirm(&mut self) {
        let change = self.state.change.as_ref().expect("a change").id;
        self.step(&EngineInput::PostCondition(PostCondition {
            change,
            mismatch: None,
        }));
    }

    pub fn command(&mut self, command: RolloutCommand) -> Option<CommandRefusal> {
        self.step(&EngineInput::Command(command))
    }

    pub fn approval(&self, by: &str) -> ApprovalRequest {
        let stage = self.state.phase.watched_stage().unwrap_or(0);
        ApprovalRequest {
            by: by.to_owned(),
            is_person: true,
            roles: Vec::new(),
            subject: approval_subject(&self.state.pin, stage, self.state.entry),
        }
    }

    pub fn approve(&mut self, by: &str) -> Option<CommandRefusal> {
        self.command(RolloutCommand::Approve(self.approval(by)))
    }

    /// Goes on, with approvals and healthy evidence, until the stage is confirmed.
    pub fn reach(&mut self, wanted: &str) {
        for _ in 0..50 {
            if self.state.change.is_some() {
                self.confirm();
            }
            if self.stage_name() == Some(wanted) {
                return;
            }
            self.pass(10);
            self.look(Verdict::Healthy);
            if self.state.phase.name() == "awaiting approval" {
                assert_eq!(self.approve("ann"), None);
                self.look(Verdict::Healthy);
            }
        }
        panic!("{wanted} is not reached: {:?}", self.state);
    }

    pub fn stage_name(&self) -> Option<&str> {
        match &self.state.phase {
            Phase::Running { stage, .. } => Some(&*self.plan.stages[*stage].name),
            _ => None,
        }
    }

    /// The share that is served, in thousandths of a percent; `None` for the safe variant.
    pub fn share(&self) -> Option<u32> {
        share_of(self.state.served.as_ref())
    }

    pub fn gate(&self) -> String {
        self.state.gate.to_string()
    }

    /// The kinds of the effects of the last step.
    pub fn effect_names(&self) -> Vec<String> {
        let name = |issued: &IssuedEffect| {
            let text = format!("{:?}", issued.effect);
            let end = text.find([' ', '{', '(']).unwrap_or(text.len());
            text[..end].to_owned()
        };
        self.effects.iter().map(name).collect()
    }

    pub fn applied(&self) -> Vec<&Effect> {
        let effects = self.effects.iter().map(|issued| &issued.effect);
        effects
            .filter(|effect| matches!(effect, Effect::Apply { .. }))
            .collect()
    }
}

pub fn share_of(served: Option<&Served>) -> Option<u32> {
    match served? {
        Served::Release(exposure) => Some(exposure.percentage.weight()),
        Served::Safe => None,
    }
}
