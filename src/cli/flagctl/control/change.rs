//! `flagctl restore`, `pause`, `resume`, `freeze`, `unfreeze` and `sync`: changes without parameters.

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::flagctl::control::change_output::ChangeOutputArgs;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::document::syntax_tree::Node;

/// The arguments of a change of one flag.
#[derive(Debug, clap::Args)]
pub struct FlagChangeArgs {
    /// Key of the flag.
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The control plane.
    #[command(flatten)]
    pub control: ControlArgs,
    /// Reason, dry run and output format.
    #[command(flatten)]
    pub output: ChangeOutputArgs,
}

/// The arguments of a change of an environment.
#[derive(Debug, clap::Args)]
pub struct EnvironmentChangeArgs {
    /// The control plane.
    #[command(flatten)]
    pub control: ControlArgs,
    /// Reason, dry run and output format.
    #[command(flatten)]
    pub output: ChangeOutputArgs,
}

/// The arguments of `sync`.
#[derive(Debug, clap::Args)]
pub struct SyncArgs {
    /// Required, because this also replaces the flags of replicas whose revision is newer than that of the control
    /// plane, for instance after a restore.
    #[arg(long, required = true)]
    force: bool,
    /// The control plane, and the output.
    #[command(flatten)]
    pub change: EnvironmentChangeArgs,
}

/// Changes one flag by a verb without parameters.
///
/// # Errors
/// If the control plane does not answer.
pub fn change_flag(arguments: &FlagChangeArgs, verb: &str) -> anyhow::Result<CommandOutput> {
    let client = arguments.control.client()?;
    let body = reason_body(&arguments.output);
    let path = ["flags", &arguments.key, verb];
    let answer = client.post(&path, &arguments.output.query(), &body)?;
    Ok(arguments.output.render(answer))
}

/// Changes the environment by a verb without parameters.
///
/// # Errors
/// If the control plane does not answer.
pub fn change_environment(
    arguments: &EnvironmentChangeArgs,
    verb: &str,
) -> anyhow::Result<CommandOutput> {
    let client = arguments.control.client()?;
    let body = reason_body(&arguments.output);
    let answer = client.post(&[verb], &arguments.output.query(), &body)?;
    Ok(arguments.output.render(answer))
}

/// The body of a change whose only parameter is the reason.
pub fn reason_body(output: &ChangeOutputArgs) -> Node {
    let reason = output.reason.as_ref();
    json_node::object(reason.map(|reason| ("reason", json_node::string(reason.as_str()))))
}
