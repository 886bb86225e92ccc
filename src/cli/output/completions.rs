//! Shell completion scripts, generated from the definition of a command.

use clap::Command;
use clap_complete::Shell;

/// The script that completes the subcommands and options of `command` in `shell`.
pub fn script(shell: Shell, mut command: Command) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}
