//! The schema version of definitions: `MAJOR.MINOR`.

/// The version that this release writes, and reads with any newer minor.
pub const SCHEMA_VERSION: &str = "1.0";

/// The newest major version that this release reads.
const MAJOR: u32 = 1;

/// Returns true if this release reads definitions of a version. No version means the first one.
pub fn is_readable(version: &str) -> bool {
    let major = version.split('.').next().unwrap_or("");
    version.is_empty() || major.parse::<u32>().is_ok_and(|major| major <= MAJOR)
}

/// The message about a version that is not readable.
pub fn unreadable(version: &str) -> String {
    format!(
        "the flags have schema version `{version}`; this release reads versions before 2: update fanion"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_minor_is_readable_and_newer_major_is_not() {
        for readable in ["", SCHEMA_VERSION, "1.7", "1", "0.9", "1.0.3"] {
            assert!(is_readable(readable), "{readable}");
        }
        for other in ["2.0", "10", "x", "-1.0", " 1.0", "99999999999.0"] {
            assert!(!is_readable(other), "{other}");
        }
    }
}
