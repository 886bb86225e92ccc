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
    "How `fractional` hashes its units: v2 takes texts, as flagd does; v3 takes values of any type, as decided for \
         flagd 1.0, and gives every unit a new bucket",
);

/// `--context-value`
pub static CONTEXT_VALUE: OptionSpec = without_default(
    OptionKind::KeyValues,
    "context-value",
    Some('X'),
    "KEY=VALUE",
    "Add an attribute to every context; wins over the caller's. Repeatable",
);

/// `--context-from-header`
pub static CONTEXT_FROM_HEADER: OptionSpec = without_default(
    OptionKind::KeyValues,
    "context-from-header",
    Some('H'),
    "HEADER=KEY",
    "Make a request header an attribute; wins over --context-value. Repeatable",
);

/// `--cors-origin`
pub static CORS_ORIGIN: OptionSpec = without_default(
    OptionKind::Repeated,
    "cors-origin",
    Some('C'),
    "ORIGIN",
    "Let pages of these origins ask; one `*` in an origin stands for anything. All may ask without it",
);

/// `--require-selector`
pub static REQUIRE_SELECTOR: OptionSpec = boolean(
    "require-selector",
    None,
    "false",
    "Refuse requests that do not select a flag set or a source",
);
