//! The version of the programs: the number, the commit and the time of the build.

use crate::document::rollout::timestamp::format_rfc3339;

/// Returns the output of `PROGRAM version`, in the form of `flagd version`.
///
/// Commit and time are variables of the build's environment, because a build must depend on its inputs alone.
pub fn version_line(program: &str) -> String {
    let commit = option_env!("FANION_COMMIT").unwrap_or("dev");
    let time = option_env!("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok());
    let time = time.map_or_else(|| "unknown".to_owned(), format_rfc3339);
    let version = env!("CARGO_PKG_VERSION");
    format!("{program}: {version} ({commit}), built at: {time}\n")
}
