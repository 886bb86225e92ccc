//! Options about the configuration itself.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::boolean;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static CONFIGURATION: &[&OptionSpec] = &[&CONFIG, &PRINT_CONFIG];

/// `--config`
pub static CONFIG: OptionSpec = with_default(
    "config",
    None,
    "PATH",
    "",
    "Read options from this file, in YAML, JSON or TOML by its extension; ~/.agent.yaml without it. \
         Arguments win over the environment, and that over the file",
);

/// `--print-config`
pub static PRINT_CONFIG: OptionSpec = boolean(
    "print-config",
    None,
    "false",
    "Print what is in effect, where it comes from, secrets left out, and end",
);
