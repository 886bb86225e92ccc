//! The origin of an option's value: argument over environment over configuration file over default.

use std::fmt;

use crate::config::file::ConfigFile;
use crate::config::option::spec::OptionSpec;
use crate::diag::Position;
use crate::document::syntax_tree::Node;

/// The value of an option.
#[derive(Debug)]
pub struct ResolvedOption {
    /// The option.
    pub option: &'static OptionSpec,
    /// Its value in JSON.
    pub json: String,
    /// Its origin.
    pub origin: OptionOrigin,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionOrigin {
    /// An argument.
    Argument(&'static str),
    /// An environment variable.
    EnvVar(String),
    /// The configuration file.
    File(String, Position),
    /// The default of the table.
    Default,
}

impl fmt::Display for OptionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionOrigin::Argument(name) => write!(f, "--{name}"),
            OptionOrigin::EnvVar(name) => f.write_str(name),
            OptionOrigin::File(path, position) => {
                write!(f, "{path}:{}:{}", position.line, position.column)
            }
            OptionOrigin::Default => f.write_str("default"),
        }
    }
}

/// A value before it is parsed, in the form of its origin.
pub enum RawOption {
    /// The texts of a repeated argument.
    Strings(Vec<String>),
    /// The text of a variable.
    String(String),
    /// A node of the configuration file.
    Node(Node),
}

/// Returns the value of an option from the origin of highest precedence that sets it; `None` for the default.
pub fn lookup(
    option: &'static OptionSpec,
    typed: Option<&Vec<String>>,
    env: &impl Fn(&str) -> Option<String>,
    config_file: &ConfigFile,
) -> (Option<RawOption>, OptionOrigin) {
    if let Some(texts) = typed {
        let origin = OptionOrigin::Argument(option.name);
        return (Some(RawOption::Strings(texts.clone())), origin);
    }
    let variable = option.env_var();
    if let Some(text) = env(&variable).filter(|text| !text.trim().is_empty()) {
        let origin = OptionOrigin::EnvVar(variable);
        return (Some(RawOption::String(text)), origin);
    }
    if let Some(node) = config_file.get(option.name) {
        let origin = OptionOrigin::File(config_file.path.clone(), node.position);
        return (Some(RawOption::Node(node.clone())), origin);
    }
    (None, OptionOrigin::Default)
}
