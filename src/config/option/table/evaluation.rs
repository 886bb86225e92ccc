//! Options that change evaluation and its context.

use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::boolean;
use crate::config::option::spec::with_default;
use crate::config::option::spec::without_default;

/// The options of this group, in the order of help.
pub static EVALUATION: &[&OptionSpec] = &[
    &FRACTIONAL,
    &CONTEXT_VALUE,
    &CONTEXT_FROM_HEADER,
    &CORS_ORIGIN,
    &REQUIRE_SELECTOR,
];

/// `--fractional`
pub static FRACTIONAL: OptionSpec = with_default(
    "fractional",
    None,
    "VERSION",
    "v2",
    "Bucketing of `fractional`: v2 hashes strings, as flagd 0.16 does; v3 hashes values of other types too, as decided \
         for flagd 1.0, and moves every user to another bucket",
);

/// `--context-value`
pub static CONTEXT_VALUE: OptionSpec = without_default(
    OptionKind::KeyValues,
    "context-value",
    Some('X'),
    "KEY=VALUE",
    "Add an attribute to every context; overrides the caller's value. Repeatable",
);

/// `--context-from-header`
pub static CONTEXT_FROM_HEADER: OptionSpec = without_default(
    OptionKind::KeyValues,
    "context-from-header",
    Some('H'),
    "HEADER=KEY",
    "Copy a request header into a context attribute; overrides --context-value. Repeatable",
);

/// `--cors-origin`
pub static CORS_ORIGIN: OptionSpec = without_default(
    OptionKind::Repeated,
    "cors-origin",
    Some('C'),
    "ORIGIN",
    "Allow cross-origin requests from this origin, which may contain one `*` as a wildcard; without the option, from \
         every origin. Repeatable",
);

/// `--require-selector`
pub static REQUIRE_SELECTOR: OptionSpec = boolean(
    "require-selector",
    None,
    "false",
    "Refuse requests that do not select a flag set or a source",
);
