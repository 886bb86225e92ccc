//! A crash after every step and every effect, and a resume: the same end.

use std::collections::BTreeMap;

use fanion::control::engine::command::EngineInput;
use fanion::control::engine::effect::Effect;
use fanion::control::engine::effect::IssuedEffect;
use fanion::control::engine::effect::Notice;
use fanion::control::engine::effect::Served;
use fanion::control::engine::observation::PostCondition;
use fanion::control::engine::state::RolloutState;
use fanion::control::engine::step::step;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::Run;
use crate::engine::run::plan;

/// The store and the outside. State and effects are written in one transaction; effects are then carried out at least
/// once.
struct World {
    run: Run,
    outbox: Vec<IssuedEffect>,
    served: Option<Served>,
    /// The messages to people, by number: a repetition is recognised.
    told: BTreeMap<u64, Effect>,
    answers: Vec<PostCondition>,
    /// Operations until the process dies; `None` if it does not.
    fuse: Option<usize>,
    operations: usize,
}

impl World {
    fn new(fuse: Option<usize>) -> World {
        World {
            run: Run::new(plan()),
            outbox: Vec::new(),
            served: None,
            told: BTreeMap::new(),
            answers: Vec::new(),
            fuse,
            operations: 0,
        }
    }

    /// Returns true if the process dies before this operation.
    fn dies(&mut self) -> bool {
        self.operations += 1;
        if self.fuse != Some(self.operations) {
            return false;
        }
        // What is only in memory is lost, and the monotonic clock begins again.
        self.answers.clear();
        self.run.time.session += 1;
        self.run.time.uptime_ms = 0;
        true
    }

    fn write(&mut self, input: &EngineInput) -> bool {
        let after = step(&self.run.plan, self.run.state.clone(), self.run.time, input);
        if self.dies() {
            return false;
        }
        let text = serde_json::to_string(&(&after.state, &after.effects)).expect("JSON");
        let (state, effects): (RolloutState, Vec<IssuedEffect>) =
            serde_json::from_str(&text).expect("the same");
        assert_eq!((&state, &effects), (&after.state, &after.effects));
        self.run.state = state;
        self.outbox.extend(effects);
        true
    }

    fn carry_out(&mut self) {
        while let Some(issued) = self.outbox.first().cloned() {
            if self.dies() {
                return;
            }
            match &issued.effect {
                Effect::Apply { served, .. } => self.served = Some(served.clone()),
                Effect::Verify { change, served } => {
                    let is_found = self.served.as_ref() == Some(served);
                    self.answers.push(PostCondition {
                        change: *change,
                        mismatch: (!is_found).then(|| "another share".to_owned()),
                    });
                }
                effect => {
                    let before = self.told.insert(issued.number, effect.clone());
                    assert!(before.is_none_or(|before| before == *effect));
                }
            }
            // The acknowledgement is a write of its own.
            if self.dies() {
                return;
            }
            self.outbox.remove(0);
        }
    }

    /// Looks, carries out effects and takes answers, once.
    fn turn(&mut self, verdict: Verdict) {
        let seen = self.run.seen(verdict);
        if !self.write(&EngineInput::Look(seen)) {
            return;
        }
        self.carry_out();
        for answer in std::mem::take(&mut self.answers) {
            if !self.write(&EngineInput::PostCondition(answer)) {
                return;
            }
            self.carry_out();
        }
        if self.run.state.phase.name() == "awaiting approval" {
            let request = self.run.approval("ann");
            let command = fanion::control::engine::command::RolloutCommand::Approve(request);
            self.write(&EngineInput::Command(command));
        }
    }
}

/// Runs to the end; from this stage on, a guardrail regresses.
fn run_to_end(fuse: Option<usize>, regressed_in: Option<&str>) -> World {
    let mut world = World::new(fuse);
    for _ in 0..60 {
        let is_bad = regressed_in.is_some() && world.run.stage_name() == regressed_in;
        world.turn(if is_bad {
            Verdict::Regressed
        } else {
            Verdict::Healthy
        });
        world.run.pass(2);
    }
    world
}

/// The messages to people. A regression may be seen before the entry into a stage is confirmed, if the answer was lost.
fn told_without_entries(told: BTreeMap<u64, Effect>) -> Vec<Effect> {
    let is_entry = |effect: &Effect| matches!(effect, Effect::Notify(Notice::StageEntered { .. }));
    let told = told.into_values();
    told.filter(|effect| !is_entry(effect)).collect()
}

#[test]
fn crash_after_every_operation_ends_in_the_same_state() {
    for regressed_in in [None, Some("canary"), Some("early"), Some("all")] {
        let undisturbed = run_to_end(None, regressed_in);
        let phase = undisturbed.run.state.phase.clone();
        let want = if regressed_in.is_some() {
            "rolled back"
        } else {
            "completed"
        };
        assert_eq!(phase.name(), want);
        assert_eq!(undisturbed.served, undisturbed.run.state.served);
        let told = told_without_entries(undisturbed.told);
        for fuse in 1..=undisturbed.operations.min(150) {
            let crashed = run_to_end(Some(fuse), regressed_in);
            assert_eq!(
                crashed.run.state.phase, phase,
                "crash before operation {fuse}"
            );
            assert_eq!(crashed.served, crashed.run.state.served);
            assert_eq!(
                crashed.served, undisturbed.served,
                "crash before operation {fuse}"
            );
            assert_eq!(crashed.run.state.entry, undisturbed.run.state.entry);
            assert_eq!(
                told_without_entries(crashed.told),
                told,
                "crash before operation {fuse}"
            );
        }
    }
}
