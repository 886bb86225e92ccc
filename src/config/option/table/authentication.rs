//! Options that require a bearer token.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static AUTHENTICATION: &[&OptionSpec] =
    &[&EVALUATION_TOKEN_PATH, &SYNC_TOKEN_PATH, &OFREP_TOKEN_PATH];

/// `--evaluation-token-path`
pub static EVALUATION_TOKEN_PATH: OptionSpec = with_default(
    "evaluation-token-path",
    None,
    "PATH",
    "",
    "File with bearer tokens, one per line; evaluation requests then need one of them. Reloaded when the file changes",
);

/// `--sync-token-path`
pub static SYNC_TOKEN_PATH: OptionSpec = with_default(
    "sync-token-path",
    None,
    "PATH",
    "",
    "File with bearer tokens, one per line; flag sync requests then need one of them. Reloaded when the file changes",
);

/// `--ofrep-token-path`
pub static OFREP_TOKEN_PATH: OptionSpec = with_default(
    "ofrep-token-path",
    None,
    "PATH",
    "",
    "File with bearer tokens, one per line; OFREP requests then need one of them. Reloaded when the file changes",
);
