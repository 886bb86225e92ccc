//! `flagctl log verify`: checks the hash chain of a log from the bytes of its events.

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::event_log::chain::ChainVerifier;

/// Fetches all events and checks them.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(control: &ControlArgs) -> anyhow::Result<CommandOutput> {
    let client = control.client()?;
    let mut verifier = ChainVerifier::new(client.environment());
    let mut count = 0_u64;
    loop {
        let lines = client.get_lines(&["log", "raw"], &[("after", count.to_string())])?;
        let mut is_last = true;
        for line in lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            is_last = false;
            if let Err(broken) = verifier.check(line) {
                return Ok(CommandOutput::failure(vec![Message::Error(
                    broken.to_string(),
                )]));
            }
            count += 1;
        }
        if is_last {
            break;
        }
    }
    let head = match verifier.finish(None) {
        Ok(head) => head,
        Err(broken) => {
            return Ok(CommandOutput::failure(vec![Message::Error(
                broken.to_string(),
            )]));
        }
    };
    Ok(CommandOutput::from_stdout(format!(
        "{count} events, none changed or missing; the last has the hash {}\n",
        head.hash
    )))
}
