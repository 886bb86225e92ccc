//! Approvals: each that does not count says why.

use fanion::control::engine::command::ApprovalRequest;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Effect;
use fanion::control::engine::effect::Notice;
use fanion::control::engine::observation::DefinitionChange;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::Run;
use crate::engine::run::manual;
use crate::engine::run::plan;
use crate::engine::run::stage;

/// A rollout that waits for approvals of its first stage.
fn awaiting(count: u32, from: &[&str]) -> Run {
    let mut plan = plan();
    plan.stages[0] = manual(stage("canary", 1), count, from);
    let mut run = Run::new(plan);
    run.reach("canary");
    run.pass(10);
    run.look(Verdict::Healthy);
    assert_eq!(run.state.phase.name(), "awaiting approval");
    run
}

fn refusal(run: &mut Run, request: ApprovalRequest) -> String {
    let before = run.state.approvals.clone();
    let refused = run.command(RolloutCommand::Approve(request));
    assert_eq!(run.state.approvals, before);
    refused.expect("a refusal").to_string()
}

#[test]
fn people_are_asked_once_with_what_they_approve() {
    let mut run = awaiting(1, &[]);
    let asked = run.effects.iter().find_map(|issued| match &issued.effect {
        Effect::Notify(Notice::ApprovalNeeded { subject, .. }) => Some(subject.clone()),
        _ => None,
    });
    assert_eq!(asked.expect("a notice"), run.approval("ann").subject);
    run.pass(1);
    run.look(Verdict::Healthy);
    assert!(run.effects.is_empty());
}

#[test]
fn approval_that_does_not_count_says_why() {
    let mut run = awaiting(2, &[]);
    let automation = ApprovalRequest {
        is_person: false,
        ..run.approval("robot")
    };
    assert_eq!(
        refusal(&mut run, automation),
        "robot is a program: a person has to approve"
    );
    for author in ["author", "starter"] {
        let request = run.approval(author);
        let want = format!("{author} is an author of this rollout: another person has to approve");
        assert_eq!(refusal(&mut run, request), want);
    }
    let other = ApprovalRequest {
        subject: "0".to_owned(),
        ..run.approval("ann")
    };
    assert!(refusal(&mut run, other).starts_with("the approval is for another stage"));
    assert_eq!(run.approve("ann"), None);
    let again = run.approval("ann");
    assert_eq!(refusal(&mut run, again), "ann has approved already");
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 1 of 2");
    assert_eq!(run.approve("bob"), None);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("early"));
}

#[test]
fn named_approvers_all_have_to_approve() {
    let mut run = awaiting(2, &["product", "sre"]);
    for by in ["ann", "bob"] {
        let request = ApprovalRequest {
            roles: vec!["sre".to_owned()],
            ..run.approval(by)
        };
        assert_eq!(run.command(RolloutCommand::Approve(request)), None);
    }
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 2 of 2, missing product");
    assert_eq!(run.approve("product"), None);
    run.look(Verdict::Healthy);
    assert_eq!(run.stage_name(), Some("early"));
}

#[test]
fn approval_before_its_time_is_refused_with_the_gate() {
    let mut run = Run::new(plan());
    run.reach("canary");
    run.pass(4);
    run.look(Verdict::Healthy);
    let request = run.approval("ann");
    assert_eq!(
        refusal(&mut run, request),
        "cannot approve yet: the rollout waits for minimum time: 4 of 10 min"
    );
}

#[test]
fn replayed_approval_of_an_earlier_stage_is_refused() {
    let mut plan = plan();
    plan.stages[1] = manual(stage("early", 10), 1, &[]);
    let mut run = Run::new(plan);
    run.reach("canary");
    run.pass(10);
    run.look(Verdict::Healthy);
    let first = run.approval("ann");
    assert_eq!(run.command(RolloutCommand::Approve(first.clone())), None);
    run.look(Verdict::Healthy);
    run.confirm();
    run.pass(10);
    run.look(Verdict::Healthy);
    assert_eq!(run.state.phase.name(), "awaiting approval");
    assert!(refusal(&mut run, first).starts_with("the approval is for another stage"));
}

#[test]
fn approvals_expire_and_are_void_after_an_edit() {
    let mut run = awaiting(2, &[]);
    assert_eq!(run.approve("ann"), None);
    run.pass(31);
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 0 of 2");
    assert_eq!(run.approve("ann"), None);
    let mut seen = run.seen(Verdict::Healthy);
    seen.definition = Some(DefinitionChange {
        what: "the plan".to_owned(),
        example: None,
    });
    run.look_at(seen);
    let during = run.approval("bob");
    assert!(refusal(&mut run, during).contains("definition changed"));
    run.look(Verdict::Healthy);
    assert_eq!(run.gate(), "approvals: 0 of 2");
}

#[test]
fn regression_between_approval_and_look_wins() {
    let mut run = awaiting(1, &[]);
    assert_eq!(run.approve("ann"), None);
    run.look(Verdict::Regressed);
    assert_eq!(run.state.phase.name(), "rolling back");
}
