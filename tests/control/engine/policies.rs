//! Gates in their order, and policies.

use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Effect;
use fanion::control::engine::effect::Notice;
use fanion::control::engine::effect::rollback_line;
use fanion::control::engine::observation::DefinitionChange;
use fanion::control::engine::observation::Observation;
use fanion::control::engine::observation::ObservedShare;
use fanion::control::engine::observation::PostCondition;
use fanion::control::engine::refusal::CommandRefusal;
use fanion::control::engine::state::Phase;
use fanion::document::rollout::plan::policy::Minimum;
use fanion::document::rollout::plan::policy::OnInconclusive;
use fanion::document::rollout::plan::policy::OnNoData;
use fanion::document::rollout::plan::policy::OnRegression;
use fanion::document::rollout::plan::window::AllowedWindow;
use fanion::evidence::verdict::InvalidReason;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::MINUTE;
use crate::engine::run::NOON;
use crate::engine::run::Run;
use crate::engine::run::mark;
use crate::engine::run::plan;

#[test]
fn healthy_rollout_passes_every_stage_and_completes() {
    let mut run = Run::new(plan());
    run.look(Verdict::NoData);
    assert_eq!(run.share(), Some(1000));
    assert_eq!(run.state.phase.name(), "settling");
    run.reach("early");
    assert_eq!(run.share(), Some(10_000));
    run.reach("all");
    assert_eq!(run.share(), Some(100_000));
    run.pass(10);
    run.look(Verdict::Healthy);
    assert_eq!(run.state.phase, Phase::Completed);
    assert_eq!(run.effect_names(), ["Notify", "OpenTicket"]);
}

#[test]
fn one_gate_is_shown_with_its_numbers_in_order() {
    let mut plan = plan();
    plan.minimum = Minimum {
        units: 2000,
        time_ms: 60 * MINUTE,
    };
    plan.guardrails[0].require_proof = true;
    plan.windows = vec![AllowedWindow {
        days: [true; 7],
        from_minute: 14 * 60,
        to_minute: 15 * 60,
        offset_minutes: 0,
    }];
    let mut run = Run::new(plan);
    assert_eq!(run.gate(), "the first look");
    run.look(Verdict::NoData);
    assert_eq!(run.gate(), "window: opens at 2026-06-01T14:00:00Z");
    run.pass(120);
    run.look(Verdict::NoData);
    assert_eq!(
        run.gate(),
        "post-condition: the published shares are not confirmed yet"
    );
    run.confirm();
    run.pass(3);
    run.look(Verdict::Invalid(InvalidReason::ArmVanished));
    assert_eq!(run.gate(), "invalid evidence of `errors`: arm-vanished");
    run.look(Verdict::SharedIncident);
    assert!(run.gate().starts_with("shared incident"), "{}", run.gate());
    let mut seen = run.seen(Verdict::Undecided);
    let evidence = seen.evidence.as_mut().expect("evidence");
    evidence.share = Some(ObservedShare {
        exposed: 750,
        total: 10_000,
    });
    run.look_at(seen);
    assert_eq!(
        run.gate(),
        "exposure: 750 of 10000 units observed, 1 % intended"
    );
    run.pass(39);
    run.look(Verdict::Undecided);
    assert_eq!(run.gate(), "minimum time: 42 of 60 min");
    run.pass(18);
    run.look(Verdict::Undecided);
    assert_eq!(run.gate(), "minimum units: 1000 of 2000");
    run.plan.minimum.units = 1000;
    run.look(Verdict::Undecided);
    assert_eq!(
        run.gate(),
        "proof of health of `errors`; evidence of regression: 3.1 of 20"
    );
    run.look(Verdict::NoData);
    assert_eq!(
        run.gate(),
        "data of `errors`: none for 0 min, 10 min are accepted"
    );
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "window: opens at 2026-06-02T14:00:00Z");
    assert_eq!(run.state.phase.name(), "ready");
    run.plan.windows.clear();
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 0 of 1");
    assert_eq!(run.state.phase.name(), "awaiting approval");
}

#[test]
fn regression_follows_the_policy_of_the_stage() {
    let after = |policy: OnRegression, stage: &str| {
        let mut plan = plan();
        plan.on_regression = policy;
        let mut run = Run::new(plan);
        run.reach(stage);
        run.look(Verdict::Regressed);
        if run.state.change.is_some() {
            run.confirm();
        }
        (run.state.phase.name(), run.share())
    };
    assert_eq!(
        after(OnRegression::Rollback, "early"),
        ("rolled back", Some(0))
    );
    assert_eq!(
        after(OnRegression::PreviousStage, "early"),
        ("halted", Some(1000))
    );
    assert_eq!(
        after(OnRegression::PreviousStage, "canary"),
        ("rolled back", Some(0))
    );
    assert_eq!(after(OnRegression::Halt, "early"), ("halted", Some(10_000)));
    let mut plan = plan();
    plan.stages[1].on_regression = Some(OnRegression::Halt);
    let mut run = Run::new(plan);
    run.reach("early");
    run.look(Verdict::Regressed);
    assert_eq!(
        run.gate(),
        "a decision: `errors` regressed: canary 7.5% vs stable 0.9%"
    );
}

#[test]
fn rollback_names_both_rates() {
    let mut run = Run::new(plan());
    run.reach("canary");
    run.look(Verdict::Regressed);
    let Some(Effect::Notify(Notice::RollbackStarted(cause))) =
        run.effects.first().map(|issued| &issued.effect)
    else {
        panic!("{:?}", run.effects)
    };
    let line = rollback_line(cause);
    assert_eq!(
        line.as_deref(),
        Some("Rollback: canary 7.5% vs stable 0.9%")
    );
}

#[test]
fn late_evidence_of_the_stage_before_still_takes_back() {
    let mut run = Run::new(plan());
    run.reach("canary");
    let entry = run.state.entry;
    run.reach("early");
    let mut seen = run.seen(Verdict::Regressed);
    seen.evidence.as_mut().expect("evidence").entry = entry;
    run.look_at(seen);
    assert_eq!(run.state.phase.name(), "rolling back");
}

#[test]
fn invalid_evidence_of_the_stage_before_holds_nothing() {
    let mut run = Run::new(plan());
    run.reach("early");
    let mut seen = run.seen(Verdict::Invalid(InvalidReason::NotACount));
    seen.evidence.as_mut().expect("evidence").entry -= 1;
    run.look_at(seen);
    assert_eq!(run.gate(), "minimum time: 0 of 10 min");
}

#[test]
fn missing_data_follows_the_policy_after_the_grace() {
    let after = |policy: OnNoData, minutes: u64| {
        let mut plan = plan();
        plan.on_no_data = policy;
        let mut run = Run::new(plan);
        run.reach("early");
        run.look(Verdict::Healthy);
        for _ in 0..minutes {
            run.pass(1);
            run.look(Verdict::NoData);
        }
        (run.state.phase.name(), run.gate())
    };
    for policy in [OnNoData::Hold, OnNoData::Rollback, OnNoData::Warn] {
        let (phase, gate) = after(policy, 11);
        assert_eq!(phase, "observing", "{policy:?}");
        assert_eq!(
            gate,
            "data of `errors`: none for 10 min, 10 min are accepted"
        );
    }
    assert_eq!(
        after(OnNoData::Hold, 12).1,
        "data of `errors`: none for 11 min, 10 min are accepted"
    );
    assert_eq!(after(OnNoData::Rollback, 12).0, "rolling back");
    // Nothing else blocks the stage.
    assert_eq!(after(OnNoData::Warn, 12).0, "settling");
}

#[test]
fn evidence_that_does_not_move_on_counts_as_missing() {
    let mut plan = plan();
    plan.on_no_data = OnNoData::Rollback;
    let mut run = Run::new(plan);
    run.reach("canary");
    let seen = run.seen(Verdict::Healthy);
    for _ in 0..22 {
        run.pass(1);
        run.look_at(seen.clone());
    }
    assert_eq!(run.state.phase.name(), "rolling back");
}

#[test]
fn missing_proof_of_health_follows_the_policy() {
    let run = |policy: OnInconclusive| {
        let mut plan = plan();
        plan.on_inconclusive = policy;
        plan.guardrails[0].require_proof = true;
        let mut run = Run::new(plan);
        run.reach("early");
        run.pass(10);
        run.look(Verdict::Undecided);
        run
    };
    assert!(
        run(OnInconclusive::Hold)
            .gate()
            .starts_with("proof of health")
    );
    assert_eq!(run(OnInconclusive::Advance).stage_name(), Some("all"));
    assert_eq!(
        run(OnInconclusive::Rollback).state.phase.name(),
        "rolling back"
    );
    let mut extended = run(OnInconclusive::Extend);
    assert_eq!(extended.gate(), "minimum time: 10 of 20 min");
    extended.pass(10);
    extended.look(Verdict::Undecided);
    assert!(extended.gate().starts_with("proof of health"));
}

#[test]
fn protective_gates_act_while_paused_frozen_or_edited() {
    let changed = DefinitionChange {
        what: "the seed changed".to_owned(),
        example: Some("`user-7` moves from on to off".to_owned()),
    };
    for kind in ["paused", "frozen", "environment", "definition", "approval"] {
        let mut run = Run::new(plan());
        run.reach("canary");
        run.pass(10);
        let mut seen = run.seen(Verdict::Healthy);
        match kind {
            "paused" => assert_eq!(run.command(RolloutCommand::Pause(mark("ann"))), None),
            "frozen" => assert_eq!(run.command(RolloutCommand::Freeze(mark("ann"))), None),
            "environment" => seen.frozen = Some(mark("bob")),
            "definition" => seen.definition = Some(changed.clone()),
            _ => {}
        }
        run.look_at(seen.clone());
        let gate = run.gate();
        match kind {
            "paused" => assert_eq!(gate, "paused by ann: because"),
            "frozen" => assert_eq!(gate, "frozen by ann: because"),
            "environment" => assert_eq!(gate, "frozen by bob: because"),
            "definition" => assert_eq!(
                gate,
                "definition changed: the seed changed (`user-7` moves from on to off)"
            ),
            _ => assert_eq!(run.state.phase.name(), "awaiting approval"),
        }
        seen.evidence = Some(run.evidence(Verdict::Regressed));
        run.look_at(seen.clone());
        assert_eq!(run.state.phase.name(), "rolling back", "{kind}");
        let mut killed = Run::new(plan());
        killed.reach("early");
        seen.evidence = None;
        seen.is_killed = true;
        killed.look_at(seen);
        killed.confirm();
        assert_eq!(killed.state.phase.name(), "aborted", "{kind}");
        assert_eq!(killed.share(), Some(0));
    }
}

#[test]
fn edit_in_flight_holds_until_it_is_taken_back() {
    let mut run = Run::new(plan());
    run.reach("early");
    let mut seen = run.seen(Verdict::Healthy);
    seen.definition = Some(DefinitionChange {
        what: "the file is gone".to_owned(),
        example: None,
    });
    run.look_at(seen.clone());
    for _ in 0..10 {
        run.pass(10);
        seen.evidence = Some(run.evidence(Verdict::Healthy));
        run.look_at(seen.clone());
        assert_eq!(run.stage_name(), Some("early"));
        assert!(run.applied().is_empty());
    }
    // The time of the hold did not count.
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "minimum time: 0 of 10 min");
    run.pass(10);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("all"));
}

#[test]
fn stage_counts_only_after_its_post_condition() {
    let mut run = Run::new(plan());
    run.look(Verdict::NoData);
    let change = run.state.change.as_ref().expect("a change").id;
    let mismatch = PostCondition {
        change,
        mismatch: Some("7.5 % served, 1 % intended".to_owned()),
    };
    run.step(&EngineInput::PostCondition(mismatch.clone()));
    assert_eq!(run.effect_names(), ["RaiseIncident"]);
    assert_eq!(run.gate(), "post-condition: 7.5 % served, 1 % intended");
    run.step(&EngineInput::PostCondition(mismatch));
    assert_eq!(run.effect_names(), [""; 0]);
    for _ in 0..5 {
        run.pass(30);
        run.look(Verdict::Healthy);
        assert_eq!(run.effect_names(), ["Apply", "Verify"]);
        assert_eq!(run.state.phase.name(), "settling");
    }
    // The answer to another change is not an answer to this one.
    run.step(&EngineInput::PostCondition(PostCondition {
        change: change - 1,
        mismatch: None,
    }));
    assert_eq!(run.state.phase.name(), "settling");
    run.confirm();
    assert_eq!(run.state.phase.name(), "observing");
    assert_eq!(run.state.observed_ms, 0);
}

#[test]
fn lease_is_renewed_while_watched_and_lapses_otherwise() {
    let mut plan = plan();
    plan.lease_ms = Some(60 * MINUTE);
    plan.stages[0].hold_ms = 600 * MINUTE;
    let mut run = Run::new(plan);
    run.reach("canary");
    assert_eq!(
        run.state.lease_until_wall_ms,
        Some(run.time.wall_ms + 60 * MINUTE)
    );
    let mut renewed = 0;
    for _ in 0..24 {
        run.pass(5);
        run.look(Verdict::Healthy);
        renewed += run
            .effect_names()
            .iter()
            .filter(|name| *name == "RenewLease")
            .count();
        assert!(run.state.lease_until_wall_ms.expect("a lease") > run.time.wall_ms + 25 * MINUTE);
    }
    assert_eq!(renewed, 4);
    for _ in 0..12 {
        run.pass(5);
        run.look(Verdict::NoData);
    }
    assert_eq!(
        run.gate(),
        "a decision: the lease lapsed: nobody watched the exposure"
    );
    // Nothing was said against the release, so that a retry needs no override.
    let retry = RolloutCommand::Retry {
        mark: mark("ann"),
        is_override: false,
    };
    assert_eq!(run.command(retry), None);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("canary"));
}

#[test]
fn lease_lapses_while_a_halted_rollout_is_blind() {
    let mut plan = plan();
    plan.lease_ms = Some(60 * MINUTE);
    plan.on_regression = OnRegression::Halt;
    let mut run = Run::new(plan);
    run.reach("early");
    run.look(Verdict::Regressed);
    let renewals = |run: &mut Run, verdict: Verdict| {
        let look = |_| {
            run.pass(5);
            run.look(verdict);
            usize::from(run.effect_names().contains(&"RenewLease".to_owned()))
        };
        (0..24).map(look).sum::<usize>()
    };
    assert_eq!(renewals(&mut run, Verdict::Regressed), 4);
    assert_eq!(renewals(&mut run, Verdict::NoData), 0);
    assert!(run.state.lease_until_wall_ms.expect("a lease") < run.time.wall_ms);
}

#[test]
fn retry_widens_nothing_while_frozen() {
    let mut plan = plan();
    plan.on_regression = OnRegression::PreviousStage;
    let mut run = Run::new(plan);
    run.reach("early");
    run.look(Verdict::Regressed);
    run.confirm();
    assert_eq!(run.share(), Some(1000));
    let retry = RolloutCommand::Retry {
        mark: mark("ann"),
        is_override: true,
    };
    assert_eq!(run.command(retry), None);
    let frozen = Observation {
        frozen: Some(mark("bob")),
        ..run.seen(Verdict::Healthy)
    };
    run.look_at(frozen);
    assert_eq!(
        (run.gate(), run.share()),
        ("frozen by bob: because".to_owned(), Some(1000))
    );
    // What is served is still watched.
    let frozen = Observation {
        frozen: Some(mark("bob")),
        ..run.seen(Verdict::Regressed)
    };
    let mut regressed = run.clone();
    regressed.look_at(frozen);
    assert_eq!(regressed.share(), Some(0));
    run.command(RolloutCommand::Abort(mark("ann")));
    assert_eq!(run.share(), Some(0));
}

#[test]
fn no_lease_remains_at_100_percent() {
    let mut plan = plan();
    plan.lease_ms = Some(60 * MINUTE);
    let mut run = Run::new(plan);
    run.reach("all");
    assert_eq!(run.state.lease_until_wall_ms, None);
}

#[test]
fn observed_share_must_be_the_intended_one() {
    let check = |exposed, total, percent: u32, want| {
        let share = ObservedShare { exposed, total };
        assert_eq!(
            share.can_be(percent * 1000),
            want,
            "{exposed} of {total} at {percent} %"
        );
    };
    check(0, 0, 5, true);
    check(500, 10_000, 5, true);
    check(620, 10_000, 5, false);
    check(600, 10_000, 5, true);
    check(9_990, 10_000, 100, true);
    check(9_900, 10_000, 100, false);
    check(2, 10, 5, true);
    check(u64::MAX / 20, u64::MAX, 5, true);
    check(u64::MAX / 10, u64::MAX, 5, false);
}

#[test]
fn frozen_rollout_does_not_begin() {
    let mut run = Run::new(plan());
    run.look_at(Observation {
        frozen: Some(mark("ann")),
        ..Observation::default()
    });
    assert_eq!(
        (run.state.phase.name(), run.gate()),
        ("pending", "frozen by ann: because".to_owned())
    );
    let refused = run.command(RolloutCommand::Advance(mark("ann")));
    assert!(matches!(refused, Some(CommandRefusal::WrongPhase { .. })));
    assert!(run.state.served.is_none() && run.time.wall_ms == NOON);
}

#[test]
fn waived_hold_waives_neither_guardrails_nor_approvals() {
    let mut run = Run::new(plan());
    run.reach("canary");
    assert_eq!(run.command(RolloutCommand::Advance(mark("ann"))), None);
    run.look(Verdict::NoData);
    assert!(run.gate().starts_with("data of `errors`"), "{}", run.gate());
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 0 of 1");
    run.look(Verdict::Regressed);
    assert_eq!(run.state.phase.name(), "rolling back");
}
