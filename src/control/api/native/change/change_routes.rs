//! Routes that change something: one for each command.

use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::control::access::Verb;
use crate::control::api::authorization::owner_in;
use crate::control::api::native::change::change_call::ChangeCall;
use crate::control::api::problem::Problem;
use crate::control::model::command::Command;
use crate::control::model::flag_state::RolloutOverride;

/// The body of a change that has no members but the reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReasonBody {
    reason: Option<String>,
}

/// The body of `set`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SetBody {
    rollout: Option<usize>,
    reset: bool,
    percentage: Option<f64>,
    rings: Option<Vec<String>>,
    allow: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    reason: Option<String>,
}

/// `POST …/flags/{key}/set`
pub async fn set(call: ChangeCall) -> Result<Response, Problem> {
    let body: SetBody = call.body()?;
    let fields = RolloutOverride {
        percentage: body.percentage,
        rings: body.rings,
        allow: body.allow,
        deny: body.deny,
        ..RolloutOverride::default()
    };
    if fields.is_empty() && !body.reset {
        return Err(Problem::bad_request(
            "nothing to set: give `percentage`, `rings`, `allow`, `deny` or `reset`",
        ));
    }
    let command = Command::Set {
        key: call.key.clone(),
        rollout: body.rollout,
        reset: body.reset,
        fields,
    };
    call.run(command, body.reason).await
}

/// `PUT …/flags/{key}`: the body is the definition of a flag that the store owns, in the format of flag files.
pub async fn define(call: ChangeCall) -> Result<Response, Problem> {
    let definition: Value = call.body()?;
    if !definition.is_object() {
        return Err(Problem::bad_request(
            "the body must be an object with `state`, `variants` and `defaultVariant`",
        ));
    }
    let (key, owner) = (call.key.clone(), owner_in(&definition));
    let (environment, owner) = (&call.environment, owner.as_deref());
    call.caller
        .require(Verb::Write, environment, Some(&key), owner)?;
    let command = Command::Define {
        key,
        definition,
        document: None,
    };
    call.run(command, None).await
}

/// Carries out a command about a flag.
async fn change_flag(
    call: ChangeCall,
    command: fn(String) -> Command,
) -> Result<Response, Problem> {
    let body: ReasonBody = call.body()?;
    let command = command(call.key.clone());
    call.run(command, body.reason).await
}

/// Carries out a command about an environment.
async fn change_environment(call: ChangeCall, command: Command) -> Result<Response, Problem> {
    let body: ReasonBody = call.body()?;
    call.run(command, body.reason).await
}

/// `DELETE …/flags/{key}`
pub async fn delete(call: ChangeCall) -> Result<Response, Problem> {
    change_flag(call, Command::Delete).await
}

/// `POST …/flags/{key}/kill`
pub async fn kill(call: ChangeCall) -> Result<Response, Problem> {
    change_flag(call, Command::Kill).await
}

/// `POST …/flags/{key}/restore`
pub async fn restore(call: ChangeCall) -> Result<Response, Problem> {
    change_flag(call, Command::Restore).await
}

/// `POST …/flags/{key}/pause`
pub async fn pause(call: ChangeCall) -> Result<Response, Problem> {
    change_flag(call, Command::Pause).await
}

/// `POST …/flags/{key}/resume`
pub async fn resume(call: ChangeCall) -> Result<Response, Problem> {
    change_flag(call, Command::Resume).await
}

/// `POST …/freeze`
pub async fn freeze(call: ChangeCall) -> Result<Response, Problem> {
    change_environment(call, Command::Freeze).await
}

/// `POST …/unfreeze`
pub async fn unfreeze(call: ChangeCall) -> Result<Response, Problem> {
    change_environment(call, Command::Unfreeze).await
}

/// `POST …/sync`
pub async fn force_sync(call: ChangeCall) -> Result<Response, Problem> {
    change_environment(call, Command::ForceSync).await
}
