//! Ways back, and what follows them.

use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Served;
use fanion::control::engine::observation::PostCondition;
use fanion::control::engine::refusal::CommandRefusal;
use fanion::control::engine::transition::start::StartRequest;
use fanion::control::engine::transition::start::start;
use fanion::document::rollout::percentage::Percentage;
use fanion::document::rollout::plan::policy::RollbackMode;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::MINUTE;
use crate::engine::run::Run;
use crate::engine::run::mark;
use crate::engine::run::plan;
use crate::engine::run::start_request;

fn retry(is_override: bool) -> RolloutCommand {
    RolloutCommand::Retry {
        mark: mark("ann"),
        is_override,
    }
}

/// A rollout with this way back, regressed in a stage.
fn regressed(how: RollbackMode, stage: &str) -> Run {
    let mut plan = plan();
    plan.rollback.how = how;
    let mut run = Run::new(plan);
    run.reach(stage);
    run.look(Verdict::Regressed);
    run
}

#[test]
fn each_way_back_serves_what_it_says() {
    let zero = regressed(RollbackMode::Zero, "early");
    let Some(Served::Release(exposure)) = &zero.state.served else {
        panic!("{:?}", zero.state)
    };
    assert_eq!(exposure.rings, ["internal"]);
    assert_eq!(exposure.percentage, Percentage::NONE);
    let kill = regressed(RollbackMode::Kill, "early");
    assert_eq!(kill.state.served, Some(Served::Safe));
    assert_eq!(
        regressed(RollbackMode::Previous, "early").share(),
        Some(1000)
    );
    assert_eq!(regressed(RollbackMode::Previous, "canary").share(), Some(0));
}

#[test]
fn gradual_rollback_falls_in_steps_and_never_rises() {
    let steps = [80, 50, 5, 0].map(|percent| Percentage::from_thousandths(percent * 1000));
    let gradual = RollbackMode::Gradual {
        steps: steps.to_vec(),
        every_ms: 10 * MINUTE,
    };
    for (stage, want) in [
        ("all", vec![100_000, 80_000, 50_000, 5000, 0]),
        ("early", vec![10_000, 5000, 0]),
        ("canary", vec![1000, 0]),
    ] {
        let mut plan = plan();
        plan.rollback.how = gradual.clone();
        let mut run = Run::new(plan);
        run.reach(stage);
        let mut shares = vec![run.share().expect("a share")];
        run.look(Verdict::Regressed);
        // Steps above the share are skipped: they would only take time.
        assert_eq!(run.share(), Some(want[1]));
        for _ in 0..60 {
            let share = run.share().expect("a share");
            if shares.last() != Some(&share) {
                shares.push(share);
            }
            if run.state.change.is_some() {
                run.confirm();
            }
            run.pass(1);
            run.look(Verdict::Healthy);
        }
        assert_eq!(shares, want, "{stage}");
        assert_eq!(run.state.phase.name(), "rolled back");
    }
}

#[test]
fn step_of_a_gradual_rollback_waits_for_its_time() {
    let half = Percentage::from_thousandths(50_000);
    let mut run = regressed(
        RollbackMode::Gradual {
            steps: vec![half, Percentage::NONE],
            every_ms: 10 * MINUTE,
        },
        "all",
    );
    run.confirm();
    run.pass(4);
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "next step of the rollback: in 6 min");
    assert_eq!(run.share(), Some(50_000));
    // An abort does not wait.
    assert_eq!(run.command(RolloutCommand::Abort(mark("ann"))), None);
    assert_eq!(run.share(), Some(0));
    run.confirm();
    assert_eq!(run.state.phase.name(), "aborted");
}

#[test]
fn rolled_back_means_confirmed() {
    let mut run = regressed(RollbackMode::Zero, "early");
    let change = run.state.change.as_ref().expect("a change").id;
    for _ in 0..10 {
        run.step(&EngineInput::PostCondition(PostCondition {
            change,
            mismatch: Some("10 % served, 0 % intended".to_owned()),
        }));
        run.pass(5);
        run.look(Verdict::Healthy);
        assert_eq!(run.state.phase.name(), "rolling back");
        assert_eq!(run.effect_names(), ["Apply", "Verify"]);
    }
    run.confirm();
    assert_eq!(run.state.phase.name(), "rolled back");
}

#[test]
fn retry_needs_the_cool_down_and_an_override() {
    let mut run = regressed(RollbackMode::Zero, "early");
    run.confirm();
    let refused = run.command(retry(false));
    assert_eq!(
        refused,
        Some(CommandRefusal::CoolDown {
            left_ms: 20 * MINUTE
        })
    );
    run.pass(20);
    let refused = run.command(retry(false)).expect("a refusal");
    assert!(
        refused
            .to_string()
            .starts_with("this version was taken back"),
        "{refused}"
    );
    let mut without_reason = mark("ann");
    without_reason.reason = None;
    let unexplained = RolloutCommand::Retry {
        mark: without_reason,
        is_override: true,
    };
    assert!(run.command(unexplained).is_some());
    assert_eq!(run.command(retry(true)), None);
    // It begins again, with the same first exposure.
    run.look(Verdict::Healthy);
    assert_eq!(run.share(), Some(1000));
    run.reach("early");
}

#[test]
fn old_evidence_does_not_take_back_a_retry() {
    let mut run = regressed(RollbackMode::Zero, "early");
    let mut old = run.seen(Verdict::Regressed);
    old.evidence.as_mut().expect("evidence").entry -= 1;
    run.confirm();
    assert_eq!(run.command(retry(true)), None);
    run.look(Verdict::Healthy);
    run.look_at(old);
    assert_eq!(run.state.phase.name(), "settling");
}

#[test]
fn start_of_the_same_version_after_a_rollback_is_refused() {
    let mut run = regressed(RollbackMode::Zero, "early");
    let again = |run: &Run, request: StartRequest| start(request, Some(&run.state), run.time);
    assert!(matches!(
        again(&run, start_request("two")),
        Err(CommandRefusal::WrongPhase { .. })
    ));
    run.confirm();
    assert!(matches!(
        again(&run, start_request("two")),
        Err(CommandRefusal::CoolDown { .. })
    ));
    run.pass(20);
    assert!(matches!(
        again(&run, start_request("one")),
        Err(CommandRefusal::SameVersion { .. })
    ));
    let started = again(&run, start_request("two")).expect("a start");
    // Evidence and approvals of the run before name other entries.
    assert_eq!(started.first_entry, run.state.entry + 1);
}

#[test]
fn previous_stage_halts_there_and_a_retry_goes_on() {
    let mut run = Run::new(plan());
    run.reach("canary");
    assert_eq!(
        run.command(RolloutCommand::PreviousStage(mark("ann"))),
        Some(CommandRefusal::FirstStage)
    );
    run.reach("all");
    assert_eq!(
        run.command(RolloutCommand::PreviousStage(mark("ann"))),
        None
    );
    run.confirm();
    assert_eq!(
        (run.state.phase.name(), run.share()),
        ("halted", Some(10_000))
    );
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "a decision: ann: because");
    assert_eq!(run.command(retry(false)), None);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("early"));
    run.reach("all");
}
