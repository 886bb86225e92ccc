//! The search through all states of a small plan: inputs, and a key without absolute times and numbers.

use fanion::control::engine::clock::EngineClock;
use fanion::control::engine::command::EngineInput;
use fanion::control::engine::command::RolloutCommand;
use fanion::control::engine::observation::DefinitionChange;
use fanion::control::engine::observation::Observation;
use fanion::control::engine::observation::PostCondition;
use fanion::evidence::verdict::InvalidReason;
use fanion::evidence::verdict::Verdict;

use crate::engine::run::MINUTE;
use crate::engine::run::Run;
use crate::engine::run::mark;

/// Longer than every time of the plans.
const LONG_MS: u64 = 20 * MINUTE;

/// Every verdict.
pub const VERDICTS: [Verdict; 6] = [
    Verdict::Healthy,
    Verdict::Undecided,
    Verdict::Regressed,
    Verdict::NoData,
    Verdict::SharedIncident,
    Verdict::Invalid(InvalidReason::NotACount),
];

/// All inputs that a rollout may get next.
pub fn inputs(run: &Run) -> Vec<EngineInput> {
    let mut looks: Vec<Observation> = VERDICTS.iter().map(|verdict| run.seen(*verdict)).collect();
    let healthy = || run.seen(Verdict::Healthy);
    looks.push(Observation::default());
    looks.push(Observation {
        is_killed: true,
        ..healthy()
    });
    looks.push(Observation {
        frozen: Some(mark("ann")),
        ..healthy()
    });
    looks.push(Observation {
        frozen: Some(mark("ann")),
        ..run.seen(Verdict::Regressed)
    });
    let definition = Some(DefinitionChange {
        what: "seed".to_owned(),
        example: None,
    });
    looks.push(Observation {
        definition: definition.clone(),
        ..healthy()
    });
    looks.push(Observation {
        definition,
        ..run.seen(Verdict::Regressed)
    });
    let mut all: Vec<EngineInput> = looks.into_iter().map(EngineInput::Look).collect();
    if let Some(change) = &run.state.change {
        for mismatch in [None, Some("another share".to_owned())] {
            let change = change.id;
            all.push(EngineInput::PostCondition(PostCondition {
                change,
                mismatch,
            }));
        }
    }
    let commands = [
        RolloutCommand::Approve(run.approval("ann")),
        RolloutCommand::Pause(mark("ann")),
        RolloutCommand::Resume(mark("ann")),
        RolloutCommand::Advance(mark("ann")),
        RolloutCommand::Abort(mark("ann")),
        RolloutCommand::Retry {
            mark: mark("ann"),
            is_override: false,
        },
        RolloutCommand::Retry {
            mark: mark("ann"),
            is_override: true,
        },
        RolloutCommand::PreviousStage(mark("ann")),
        RolloutCommand::Freeze(mark("ann")),
        RolloutCommand::Unfreeze(mark("ann")),
    ];
    all.extend(commands.map(EngineInput::Command));
    all
}

/// A text that is equal for states that differ only in absolute times and numbers.
pub fn key(run: &Run) -> String {
    let mut state = run.state.clone();
    let elapsed = state.clock.elapsed_ms;
    let wall = run.time.wall_ms;
    let ago = |at: u64| elapsed.saturating_sub(at).min(LONG_MS);
    state.first_entry = state.entry - state.first_entry.min(state.entry);
    // Evidence of the search always names the current entry: how many there were before makes no difference.
    state.first_entry = state.first_entry.min(1);
    let entry = state.entry;
    if let Some(change) = &mut state.change {
        change.id = entry - change.id;
        change.asked_ms = ago(change.asked_ms);
    }
    for approval in &mut state.approvals {
        approval.subject.clear();
        approval.given_ms = ago(approval.given_ms);
    }
    state.entry = 0;
    state.last_effect = 0;
    state.clock = EngineClock::default();
    state.confirmed_ms = ago(state.confirmed_ms);
    state.observed_ms = state.observed_ms.min(LONG_MS);
    state.evidence_seen_ms = ago(state.evidence_seen_ms);
    state.blind_since_ms = state.blind_since_ms.map(ago);
    let wall_ago = |at: u64| wall.saturating_sub(at).min(LONG_MS);
    state.evidence_until_wall_ms = state.evidence_until_wall_ms.map(wall_ago);
    state.stale_until_wall_ms = state.stale_until_wall_ms.map(wall_ago);
    state.lease_until_wall_ms = state.lease_until_wall_ms.map(|at| at.saturating_sub(wall));
    state.cool_down_until_ms = state
        .cool_down_until_ms
        .map(|at| at.saturating_sub(elapsed));
    serde_json::to_string(&state).expect("JSON")
}
