//! `flagctl log verify`: checks the hash chain of a log from the bytes of its events.

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::event_log::chain::ChainVerifier;
use crate::event_log::hash_text::parse_content_hash;
use crate::wire::content_hash::ContentHash;

/// The arguments of `flagctl log verify`.
#[derive(Debug, clap::Args)]
pub struct LogVerifyArgs {
    #[command(flatten)]
    control: ControlArgs,
    /// Hash that an earlier verification printed. The log must have the event with this hash; may be repeated.
    #[arg(long, value_name = "HASH", value_parser = parse_hash)]
    expect: Vec<ContentHash>,
}

fn parse_hash(text: &str) -> Result<ContentHash, &'static str> {
    parse_content_hash(text).ok_or("write `sha256:` and 64 hexadecimal digits in lower case")
}

/// Fetches all events and checks them.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(arguments: &LogVerifyArgs) -> anyhow::Result<CommandOutput> {
    let client = arguments.control.client()?;
    let mut verifier = ChainVerifier::new(client.environment());
    let mut missing = arguments.expect.clone();
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
                return Ok(failure(broken.to_string()));
            }
            if !missing.is_empty() {
                let hash = ContentHash::of(line);
                missing.retain(|expected| *expected != hash);
            }
            count += 1;
        }
        if is_last {
            break;
        }
    }
    let head = match verifier.finish(None) {
        Ok(head) => head,
        Err(broken) => return Ok(failure(broken.to_string())),
    };
    if let Some(hash) = missing.first() {
        return Ok(failure(format!(
            "no event has the hash {hash}: the log was rewritten, or its last events were removed"
        )));
    }
    Ok(CommandOutput::from_stdout(format!(
        "{count} events, none changed or missing; the last has the hash {}\n",
        head.hash
    )))
}

fn failure(why: String) -> CommandOutput {
    CommandOutput::failure(vec![Message::Error(why)])
}
