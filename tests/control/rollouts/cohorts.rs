//! Rollouts of flag files, carried out by the engine: 10,000 units are asked after every change.

use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Effect;
use fanion::control::engine::effect::Served;
use fanion::control::rollouts::post_condition::verify;
use fanion::control::rollouts::served_flag::served_flag;
use fanion::document::flag::FlagDefinition;
use fanion::document::rollout::percentage::Percentage;
use fanion::evidence::verdict::Verdict;
use fanion::ruleset::CompiledFlag;
use serde_json::Value;
use serde_json::json;

use crate::engine::run::Run;
use crate::engine::run::mark;
use crate::rollouts::file::cohort;
use crate::rollouts::file::compile;
use crate::rollouts::file::flag;
use crate::rollouts::file::variant;

/// A flag, its rollout, and what is published.
struct Published {
    flag: FlagDefinition,
    run: Run,
    served: CompiledFlag,
}

impl Published {
    fn new(plan: &Value) -> Published {
        let flag = flag(&json!({"variant": "on", "rings": ["internal"], "plan": plan}));
        let fields = flag.rollout_fields.clone().expect("fields");
        let plan = fields.rollouts[0].plan.clone().expect("a plan");
        Published {
            run: Run::new((*plan).clone()),
            served: compile(&flag),
            flag,
        }
    }

    fn seconds(&self) -> u64 {
        self.run.time.wall_ms / 1000
    }

    /// Carries out the effects of the last step, and answers to `Verify`.
    fn carry_out(&mut self) {
        for issued in std::mem::take(&mut self.run.effects) {
            match issued.effect {
                Effect::Apply {
                    served,
                    lease_until_ms,
                    ..
                } => self.publish(&served, lease_until_ms),
                Effect::RenewLease { until_ms } => {
                    let served = self.run.state.served.clone().expect("an exposure");
                    self.publish(&served, Some(until_ms));
                }
                Effect::Verify { change, served } => {
                    let lease = self.run.state.lease_until_wall_ms;
                    let intended = served_flag(&self.flag, 0, &served, lease);
                    let published = Some(&self.served);
                    let found = verify(change, &intended, 0, published, self.seconds() as f64);
                    assert_eq!(found.mismatch, None);
                    self.run.step(&EngineInput::PostCondition(found));
                    self.carry_out();
                }
                _ => {}
            }
        }
    }

    fn publish(&mut self, served: &Served, lease_until_ms: Option<u64>) {
        self.served = compile(&served_flag(&self.flag, 0, served, lease_until_ms));
    }

    fn look(&mut self, verdict: Verdict) {
        self.run.pass(10);
        self.run.look(verdict);
        self.carry_out();
    }

    fn cohort(&self) -> Vec<usize> {
        cohort(&self.served, self.seconds())
    }
}

fn is_subset(small: &[usize], large: &[usize]) -> bool {
    small.iter().all(|unit| large.binary_search(unit).is_ok())
}

fn doubling(how: &Value) -> Value {
    json!({"template": "doubling", "hold": "10m", "rollback": how,
           "guardrails": [{"name": "errors", "bad": "bad", "of": "all", "max": 0.05}]})
}

/// The cohorts of every exposure up to 100 %, and of every exposure of the way back.
fn up_and_back(how: &Value) -> (Vec<Vec<usize>>, Vec<Vec<usize>>, Published) {
    let mut published = Published::new(&doubling(how));
    let mut up: Vec<Vec<usize>> = Vec::new();
    while up.len() < 8 {
        published.look(Verdict::Healthy);
        let cohort = published.cohort();
        if up.last() != Some(&cohort) {
            up.push(cohort);
        }
    }
    let mut back = Vec::new();
    for _ in 0..12 {
        published.look(Verdict::Regressed);
        let cohort = published.cohort();
        if back.last() != Some(&cohort) {
            back.push(cohort);
        }
    }
    (up, back, published)
}

#[test]
fn cohorts_grow_and_the_last_to_get_it_lose_it_first() {
    let how = json!({"how": "gradual", "steps": [50, 2, 0], "every": "10m"});
    let (up, back, mut published) = up_and_back(&how);
    assert!(up.windows(2).all(|pair| is_subset(&pair[0], &pair[1])));
    assert_eq!(up[7].len(), 10_000);
    let sizes: Vec<usize> = back.iter().map(Vec::len).collect();
    assert!(
        (4800..5200).contains(&sizes[0]) && (140..260).contains(&sizes[1]) && sizes[2] == 0,
        "{sizes:?}"
    );
    assert!(back.windows(2).all(|pair| is_subset(&pair[1], &pair[0])));
    // Those who had it at 2 % on the way up have it at 2 % on the way down.
    assert_eq!(back[1], up[1]);
    assert_eq!(published.run.state.phase.name(), "rolled back");
    let retry = RolloutCommand::Retry {
        mark: mark("ann"),
        is_override: true,
    };
    assert_eq!(published.run.command(retry), None);
    published.look(Verdict::Healthy);
    assert_eq!(published.cohort(), up[0]);
}

#[test]
fn each_way_back_leaves_the_intended_arms() {
    for (how, rings_keep_it) in [("zero", true), ("kill", false)] {
        let (_, back, published) = up_and_back(&json!({ "how": how }));
        assert_eq!(back.last(), Some(&Vec::new()), "{how}");
        let ring = variant(
            &published.served,
            "user-7",
            Some("internal"),
            published.seconds(),
        );
        assert_eq!(ring == "on", rings_keep_it, "{how}");
    }
    let (up, back, _) = up_and_back(&json!({"how": "previous"}));
    assert_eq!(back, [up[6].clone()]);
}

#[test]
fn lapsed_lease_ends_the_exposure_without_the_control_plane() {
    let mut published = Published::new(&json!({
        "stages": [{"percentage": 10, "hold": "10h"}, {"percentage": 100}], "whileBlind": {"lease": "1h"},
    }));
    published.look(Verdict::Healthy);
    let first = published.cohort();
    assert!(first.len() > 900);
    for _ in 0..30 {
        published.look(Verdict::Healthy);
        assert_eq!(published.cohort(), first);
    }
    let until = published.run.state.lease_until_wall_ms.expect("a lease") / 1000;
    assert!(until - published.seconds() >= 1800);
    assert_eq!(cohort(&published.served, until - 1), first);
    assert_eq!(cohort(&published.served, until), [0usize; 0]);
    let json = published
        .served
        .targeting_json
        .as_deref()
        .unwrap_or_default();
    assert!(json.contains("$flagd.timestamp"), "{json}");
}

#[test]
fn change_that_did_not_happen_is_found_with_a_unit() {
    let flag = flag(&json!({"variant": "on", "percentage": 10, "plan": {"template": "ladder"}}));
    let at = |percent: u32| {
        let mut exposure = fanion::document::rollout::plan::rollout_exposure::exposure_of(
            &flag.rollout_fields.as_ref().expect("fields").rollouts[0],
        );
        exposure.percentage = Percentage::from_thousandths(percent * 1000);
        served_flag(&flag, 0, &Served::Release(exposure), None)
    };
    let mismatch = |intended: &FlagDefinition, published: Option<&CompiledFlag>| {
        verify(1, intended, 0, published, 0.0)
            .mismatch
            .unwrap_or_default()
    };
    assert_eq!(mismatch(&at(10), Some(&compile(&at(10)))), "");
    let unchanged = mismatch(&at(0), Some(&compile(&at(10))));
    assert!(
        unchanged.contains("0 % intended: ") && unchanged.contains("gets `on`, `off` intended"),
        "{unchanged}"
    );
    let mut swapped = at(10);
    swapped.default_variant = Some("on".into());
    assert!(mismatch(&at(10), Some(&compile(&swapped))).contains("gets `on`, `off` intended"));
    let killed = served_flag(&flag, 0, &Served::Safe, None);
    assert!(mismatch(&killed, Some(&compile(&at(10)))).contains("units differ"));
    assert_eq!(mismatch(&at(10), None), "the flag is not published");
}
