//! The versions of `--fractional`: their names, and the evaluators that use the same buckets.

use crate::rule::bucketing::bucketing_value::FractionalVersion;

/// Parses the name of a version.
pub fn parse(name: &str) -> Option<FractionalVersion> {
    match name {
        "v2" => Some(FractionalVersion::V2),
        "v3" => Some(FractionalVersion::V3),
        _ => None,
    }
}

/// Returns the name of a version.
pub fn name(version: FractionalVersion) -> &'static str {
    match version {
        FractionalVersion::V2 => "v2",
        FractionalVersion::V3 => "v3",
    }
}

/// Returns the evaluators that use the same buckets, for logs and `--print-config`.
pub fn agreement(version: FractionalVersion) -> &'static str {
    match version {
        FractionalVersion::V2 => {
            "the same buckets as flagd 0.16 and in-process providers that use v2"
        }
        FractionalVersion::V3 => {
            "as decided for flagd 1.0; flagd 0.16 and in-process providers that use v2 choose other buckets"
        }
    }
}
