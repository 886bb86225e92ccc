//! The start of a rollout.

use crate::control::engine::clock::EngineClock;
use crate::control::engine::clock::EngineTime;
use crate::control::engine::gate::Gate;
use crate::control::engine::pin::DefinitionPin;
use crate::control::engine::refusal::CommandRefusal;
use crate::control::engine::state::Phase;
use crate::control::engine::state::RolloutState;
use crate::control::model::flag_state::Mark;

/// A request to start a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRequest {
    /// The author of the start, and the reason.
    pub mark: Mark,
    /// The hashes of the definition and the plan.
    pub pin: DefinitionPin,
    /// The authors of the definition.
    pub authors: Vec<String>,
    /// True if the cool-down and the verdict on this version are overridden; needs a reason.
    pub is_override: bool,
}

/// The state of a rollout that waits for its first stage.
///
/// # Errors
/// If the rollout before has not ended, or if it was taken back and this is the same version, or a short time ago.
pub fn start(
    request: StartRequest,
    previous: Option<&RolloutState>,
    now: EngineTime,
) -> Result<RolloutState, CommandRefusal> {
    let mut clock = previous.map_or_else(EngineClock::default, |before| before.clock.clone());
    clock.advance(now);
    if let Some(before) = previous {
        check_previous(&request, before, &clock)?;
    }
    let mut authors = request.authors;
    authors.push(request.mark.by);
    Ok(RolloutState {
        phase: Phase::Pending { next: 0 },
        gate: Gate::FirstLook,
        confirmed_ms: clock.elapsed_ms,
        evidence_seen_ms: clock.elapsed_ms,
        clock,
        pin: request.pin,
        authors,
        entry: previous.map_or(0, |before| before.entry),
        first_entry: previous.map_or(1, |before| before.entry + 1),
        last_effect: previous.map_or(0, |before| before.last_effect),
        // A new version begins where the old one was: what is served has to be taken back if it is aborted.
        served: previous.and_then(|before| before.served.clone()),
        change: None,
        observed_ms: 0,
        evidence_until_wall_ms: None,
        stale_until_wall_ms: None,
        blind_since_ms: None,
        is_blindness_told: false,
        is_extended: false,
        waived: None,
        approvals: Vec::new(),
        paused: None,
        frozen: None,
        lease_until_wall_ms: None,
        cool_down_until_ms: None,
    })
}

fn check_previous(
    request: &StartRequest,
    before: &RolloutState,
    clock: &EngineClock,
) -> Result<(), CommandRefusal> {
    let is_new = before.pin != request.pin;
    let is_overridden = request.is_override && request.mark.reason.is_some();
    match &before.phase {
        Phase::Completed | Phase::Aborted { .. } => Ok(()),
        Phase::RolledBack { cause } => {
            let left_ms = before.cool_down_until_ms.unwrap_or(0);
            let left_ms = left_ms.saturating_sub(clock.elapsed_ms);
            if left_ms > 0 && !is_overridden {
                return Err(CommandRefusal::CoolDown { left_ms });
            }
            if !is_new && !is_overridden {
                let cause = cause.to_string();
                return Err(CommandRefusal::SameVersion { cause });
            }
            Ok(())
        }
        Phase::Halted { .. } | Phase::Running { .. } | Phase::Pending { .. } if is_new => Ok(()),
        Phase::Pending { .. }
        | Phase::Running { .. }
        | Phase::Halted { .. }
        | Phase::RollingBack(_) => Err(CommandRefusal::WrongPhase {
            command: "start".to_owned(),
            phase: before.phase.name().to_owned(),
        }),
    }
}
