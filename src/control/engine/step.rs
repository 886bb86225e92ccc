//! `step`: what a rollout does next.

use crate::control::engine::clock::EngineTime;
use crate::control::engine::command::EngineInput;
use crate::control::engine::effect::IssuedEffect;
use crate::control::engine::refusal::CommandRefusal;
use crate::control::engine::state::RolloutState;
use crate::control::engine::transition::RolloutTransition;
use crate::document::rollout::plan::model::RolloutPlan;

/// The result of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineStep {
    /// The state after it.
    pub state: RolloutState,
    /// The actions for the caller, in this order.
    pub effects: Vec<IssuedEffect>,
    /// The reason, if a command was refused.
    pub refused: Option<CommandRefusal>,
}

/// Takes a step. A refused command changes nothing but the time.
pub fn step(
    plan: &RolloutPlan,
    state: RolloutState,
    now: EngineTime,
    input: &EngineInput,
) -> EngineStep {
    let mut transition = RolloutTransition {
        plan,
        now,
        state,
        effects: Vec::new(),
    };
    transition.pass_time();
    let refused = match input {
        EngineInput::Look(seen) => {
            transition.look(seen);
            None
        }
        EngineInput::PostCondition(found) => {
            transition.confirm(found);
            None
        }
        EngineInput::Command(command) => transition.carry_out(command).err(),
    };
    EngineStep {
        state: transition.state,
        effects: transition.effects,
        refused,
    }
}
