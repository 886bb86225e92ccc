//! The description of one option: its names, the kind of its value, its default and its help.

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name: `--NAME`, `FLAGD_NAME`, and `NAME:` in a configuration file.
    pub name: &'static str,
    /// Its one-letter name.
    pub short: Option<char>,
    /// The placeholder of its value in help.
    pub value_name: &'static str,
    /// The kind of its value.
    pub kind: OptionKind,
    /// The default value; empty for none.
    pub default: &'static str,
    /// Its help text.
    pub help: &'static str,
}

/// The kind of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// One value.
    Single,
    /// Several values; separated by commas as in CSV when typed, by spaces in the environment.
    Repeated,
    /// `KEY=VALUE` pairs when typed, a JSON object in the environment, an object in a file.
    KeyValues,
    /// A JSON array when typed and in the environment, an array in a file.
    JsonArray,
    /// True or false.
    Boolean,
}

impl OptionSpec {
    /// Returns its environment variable.
    pub fn env_var(&self) -> String {
        format!("FLAGD_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

/// Returns an option with one value.
pub const fn with_default(
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        default,
        ..without_default(OptionKind::Single, name, short, value, help)
    }
}

/// Returns an option without a default.
pub const fn without_default(
    kind: OptionKind,
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        name,
        short,
        value_name: value,
        kind,
        default: "",
        help,
    }
}

/// Returns a switch.
pub const fn boolean(
    name: &'static str,
    short: Option<char>,
    default: &'static str,
    help: &'static str,
) -> OptionSpec {
    OptionSpec {
        default,
        ..without_default(OptionKind::Boolean, name, short, "BOOL", help)
    }
}
