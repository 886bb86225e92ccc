//! `--quiet` and `--color`, the options of all commands.

use std::io;
use std::io::IsTerminal as _;

use crate::cli::output::color::ColorMode;
use crate::cli::output::color::Palette;

/// The options of the output.
#[derive(Debug, Default, Clone, Copy, clap::Args)]
#[group(skip)]
pub struct TerminalArgs {
    /// Print results and errors only: no summary, notes or warnings on standard error.
    #[arg(short = 'q', long, global = true)]
    pub quiet: bool,
    /// Use colours: on terminals (respects `NO_COLOR` and `CLICOLOR_FORCE`), always or never.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    color: ColorMode,
}

impl TerminalArgs {
    /// The colours of standard output.
    pub fn stdout_palette(self) -> Palette {
        Palette::new(self.color, io::stdout().is_terminal(), environment)
    }

    /// The colours of standard error.
    pub fn stderr_palette(self) -> Palette {
        Palette::new(self.color, io::stderr().is_terminal(), environment)
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
