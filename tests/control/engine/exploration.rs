//! Every path through small plans: all inputs in all states, until no new state is found.

use std::collections::HashMap;
use std::collections::VecDeque;

use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::effect::Served;
use fanion::control::engine::gate::Gate;
use fanion::control::engine::state::Phase;
use fanion::control::engine::state::RolloutState;
use fanion::document::rollout::percentage::Percentage;
use fanion::document::rollout::plan::model::RolloutPlan;
use fanion::document::rollout::plan::policy::OnInconclusive;
use fanion::document::rollout::plan::policy::OnNoData;
use fanion::document::rollout::plan::policy::OnRegression;
use fanion::document::rollout::plan::policy::RollbackMode;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::MINUTE;
use crate::engine::run::Run;
use crate::engine::run::plan;
use crate::engine::run::share_of;
use crate::engine::search::inputs;
use crate::engine::search::key;

/// The stages that were entered since a person last decided, as bits.
type Entered = u32;

fn stage_of(state: &RolloutState) -> Option<usize> {
    match state.phase {
        Phase::Running { stage, .. } => Some(stage),
        _ => None,
    }
}

fn share(state: &RolloutState) -> u32 {
    share_of(state.served.as_ref()).unwrap_or(0)
}

fn verdict_of(input: &EngineInput) -> Option<Verdict> {
    let EngineInput::Look(seen) = input else {
        return None;
    };
    let evidence = seen.evidence.as_ref()?;
    evidence
        .assessments
        .values()
        .next()
        .map(|found| found.verdict)
}

fn is_retry(input: &EngineInput) -> bool {
    matches!(input, EngineInput::Command(RolloutCommand::Retry { .. }))
}

/// Checks one transition; returns the stages that were entered.
fn check(before: &Run, input: &EngineInput, after: &Run, entered: Entered) -> Entered {
    let (was, is) = (&before.state, &after.state);
    let context = || format!("{input:?}\nfrom {was:?}\nto {is:?}");
    let is_watched = was.phase.watched_stage().is_some();
    if is_watched && verdict_of(input) == Some(Verdict::Regressed) {
        assert!(
            share(is) <= share(was),
            "advanced over a regression: {}",
            context()
        );
        let stage = stage_of(is).map_or(0, |stage| stage + 1);
        assert_eq!(stage, 0, "goes on after a regression: {}", context());
    }
    if let EngineInput::Look(seen) = input
        && is_watched
        && seen.is_killed
    {
        assert_eq!(is.phase.name(), "rolling back", "{}", context());
    }
    check_growth(before, input, after);
    check_gate(is, &context());
    let mut entered = if is_retry(input) && is.phase != was.phase {
        0
    } else {
        entered
    };
    if is.entry != was.entry
        && let Some(stage) = stage_of(is)
    {
        assert_eq!(entered & (1 << stage), 0, "entered twice: {}", context());
        entered |= 1 << stage;
    }
    entered
}

/// A share grows only by a look at data without regression, after the hold and with approvals, or by a retry.
fn check_growth(before: &Run, input: &EngineInput, after: &Run) {
    let (was, is) = (&before.state, &after.state);
    if share(is) <= share(was) || is.served == was.served {
        return;
    }
    let context = || format!("{input:?}\nfrom {was:?}\nto {is:?}");
    let EngineInput::Look(seen) = input else {
        panic!("a share grows without a look: {}", context());
    };
    assert!(
        seen.definition.is_none() && seen.frozen.is_none(),
        "{}",
        context()
    );
    assert!(
        was.paused.is_none() && was.frozen.is_none(),
        "{}",
        context()
    );
    let Some(stage) = stage_of(was) else {
        assert!(matches!(was.phase, Phase::Pending { .. }), "{}", context());
        return;
    };
    assert!(
        was.change.is_none(),
        "before its post-condition: {}",
        context()
    );
    let plan = &before.plan.stages[stage];
    let is_accepted = match verdict_of(input) {
        Some(Verdict::Healthy | Verdict::Undecided) => true,
        _ => before.plan.on_no_data == OnNoData::Warn,
    };
    assert!(is_accepted, "without data: {}", context());
    let has_time = was.observed_ms + 10 * MINUTE >= plan.hold_ms || was.waived.is_some();
    assert!(has_time, "before its time: {}", context());
    let approvals = plan
        .approvals
        .as_ref()
        .map_or(0, |needed| needed.count as usize);
    assert!(
        was.approvals.len() >= approvals,
        "without approval: {}",
        context()
    );
    assert_eq!(stage_of(is), Some(stage + 1), "{}", context());
}

/// Every state has exactly one gate, and only an ended rollout waits for nothing.
fn check_gate(state: &RolloutState, context: &str) {
    let has_ended = matches!(
        state.phase,
        Phase::Completed | Phase::RolledBack { .. } | Phase::Aborted { .. }
    );
    assert_eq!(state.gate == Gate::Ended, has_ended, "{context}");
    assert!(!state.gate.to_string().is_empty(), "{context}");
}

/// Returns true for an input by which a rollout goes on: healthy data, a confirmation, an approval, the end of a hold.
fn is_of_good_will(input: &EngineInput) -> bool {
    match input {
        EngineInput::Look(seen) => {
            let is_undisturbed = seen.frozen.is_none() && seen.definition.is_none();
            is_undisturbed && !seen.is_killed && verdict_of(input) == Some(Verdict::Healthy)
        }
        EngineInput::PostCondition(found) => found.mismatch.is_none(),
        EngineInput::Command(command) => matches!(
            command,
            RolloutCommand::Approve(_) | RolloutCommand::Resume(_) | RolloutCommand::Unfreeze(_)
        ),
    }
}

fn is_at_rest(state: &RolloutState) -> bool {
    matches!(
        state.phase,
        Phase::Completed | Phase::RolledBack { .. } | Phase::Aborted { .. } | Phase::Halted { .. }
    )
}

/// The states that were found, and the ways between them by inputs of good will.
#[derive(Default)]
struct Found {
    index: HashMap<(String, Entered), usize>,
    /// The states before each state.
    before: Vec<Vec<usize>>,
    resting: Vec<usize>,
}

impl Found {
    /// The index of a state, and whether it is new.
    fn add(&mut self, run: &Run, entered: Entered) -> (usize, bool) {
        let next = self.index.len();
        let at = *self.index.entry((key(run), entered)).or_insert(next);
        if at == next {
            self.before.push(Vec::new());
            if is_at_rest(&run.state) {
                self.resting.push(at);
            }
            let text = serde_json::to_string(&run.state).expect("JSON");
            let again: RolloutState = serde_json::from_str(&text).expect("a state");
            assert_eq!(again, run.state);
        }
        (at, at == next)
    }

    /// The number of states from which the rollout ends, or waits for a decision about a halt.
    fn ending(&self) -> usize {
        let mut ends = vec![false; self.before.len()];
        let mut open = self.resting.clone();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut ends[at], true) {
                open.extend(&self.before[at]);
            }
        }
        ends.iter().filter(|ends| **ends).count()
    }
}

/// Visits every state; returns how many there are.
fn explore(plan: RolloutPlan) -> usize {
    let mut found = Found::default();
    let start = Run::new(plan);
    let (at, _) = found.add(&start, 0);
    let mut open = VecDeque::from([(at, start, 0)]);
    while let Some((at, run, entered)) = open.pop_front() {
        for input in inputs(&run) {
            let mut after = run.clone();
            if matches!(input, EngineInput::Look(_)) {
                after.pass(10);
            }
            let refused = after.step(&input);
            if refused.is_some() {
                assert_eq!(after.state, run.state, "{refused:?}");
                continue;
            }
            let entered = check(&run, &input, &after, entered);
            let (next, is_new) = found.add(&after, entered);
            if is_of_good_will(&input) {
                found.before[next].push(at);
            }
            if is_new {
                open.push_back((next, after, entered));
            }
        }
    }
    assert_eq!(
        found.ending(),
        found.before.len(),
        "a rollout waits for ever"
    );
    found.before.len()
}

/// Two stages are enough for every kind of transition, and few enough to visit every state.
fn small(change: impl Fn(&mut RolloutPlan)) -> RolloutPlan {
    let mut plan = plan();
    plan.stages.remove(1);
    plan.approvals_expire_ms = 10 * MINUTE;
    plan.rollback.cool_down_ms = 10 * MINUTE;
    change(&mut plan);
    plan
}

#[test]
fn no_path_breaks_a_promise_with_rollback() {
    let visited = explore(small(|_| {}));
    assert!(visited > 500, "{visited}");
}

#[test]
fn no_path_breaks_a_promise_with_a_return_to_the_stage_before() {
    let visited = explore(small(|plan| {
        plan.on_regression = OnRegression::PreviousStage;
        plan.on_no_data = OnNoData::Rollback;
    }));
    assert!(visited > 500, "{visited}");
}

#[test]
fn no_path_breaks_a_promise_with_halt_and_lease() {
    let visited = explore(small(|plan| {
        plan.on_regression = OnRegression::Halt;
        plan.on_no_data = OnNoData::Warn;
        plan.lease_ms = Some(30 * MINUTE);
    }));
    assert!(visited > 500, "{visited}");
}

#[test]
fn no_path_breaks_a_promise_with_gradual_rollback_and_proof() {
    let half = Percentage::from_thousandths(50_000);
    let visited = explore(small(|plan| {
        plan.guardrails[0].require_proof = true;
        plan.on_inconclusive = OnInconclusive::Extend;
        plan.rollback.how = RollbackMode::Gradual {
            steps: vec![half, Percentage::NONE],
            every_ms: 10 * MINUTE,
        };
    }));
    assert!(visited > 500, "{visited}");
}

#[test]
fn no_path_breaks_a_promise_with_kill() {
    let visited = explore(small(|plan| {
        plan.rollback.how = RollbackMode::Kill;
        plan.on_inconclusive = OnInconclusive::Rollback;
        plan.guardrails[0].require_proof = true;
    }));
    assert!(visited > 500, "{visited}");
}

#[test]
fn safe_variant_is_served_only_by_a_kill() {
    let mut run = Run::new(plan());
    run.reach("early");
    assert!(!matches!(run.state.served, Some(Served::Safe)));
}
