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
    "Read options from this YAML, JSON or TOML file; without the option, from ~/.agent.yaml if it exists. Arguments \
         override the environment, and the environment overrides the file",
);

/// `--print-config`
pub static PRINT_CONFIG: OptionSpec = boolean(
    "print-config",
    None,
    "false",
    "Print the resolved options with the origin of each value, secrets redacted, and exit",
);
