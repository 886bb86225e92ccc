//! Commands that speak to a control plane: change flags, read the log, follow replicas.

pub mod change;
pub mod change_output;
pub mod client;
pub mod export;
pub mod kill;
pub mod log;
pub mod log_verify;
pub mod replicas;
pub mod set;
pub mod token;

use crate::cli::flagctl::control::client::ControlClient;

/// The arguments that name a control plane and an environment.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct ControlArgs {
    /// URL of the control plane: `http://HOST:8020` [env: `FLAGCTL_CONTROL`]. The token comes from `FLAGCTL_TOKEN` or
    /// the file that `FLAGCTL_TOKEN_PATH` names.
    #[arg(long, value_name = "URL")]
    control: Option<String>,
    /// Environment [env: `FLAGCTL_ENV`]; may be omitted if there is only one.
    #[arg(short = 'e', long, value_name = "NAME")]
    env: Option<String>,
}

impl ControlArgs {
    /// Returns the client for the environment.
    ///
    /// # Errors
    /// If no control plane or token is given, or it cannot be reached.
    pub fn client(&self) -> anyhow::Result<ControlClient> {
        ControlClient::connect(self.control.as_deref(), self.env.as_deref(), variable)
    }

    /// Returns a client for what concerns no environment.
    ///
    /// # Errors
    /// If no control plane is given.
    pub fn client_without_environment(&self) -> anyhow::Result<ControlClient> {
        ControlClient::without_environment(self.control.as_deref(), variable)
    }
}

/// The value of an environment variable that is not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
