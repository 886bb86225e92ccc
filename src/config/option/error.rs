//! Error messages about options.

use crate::config::option::origin::OptionOrigin;
use crate::config::option::spec::OptionSpec;
use crate::source::spec;

/// Returns the help for an invalid port.
pub fn port_help(name: &str, text: &str) -> String {
    let want = "must be a port from 0 to 65535";
    if !text.starts_with("tcp://") {
        return want.to_owned();
    }
    let service = match name.strip_suffix("-port") {
        Some(which) => format!("flagd-{which}"),
        None => "flagd".to_owned(),
    };
    format!(
        "{want}; Kubernetes sets this variable for the Service `{service}`: set `enableServiceLinks: false` in the \
         Pod, or rename the Service"
    )
}

/// Returns the message about an invalid value.
pub fn invalid_value(
    option: &OptionSpec,
    origin: &OptionOrigin,
    found: &str,
    want: &str,
) -> String {
    let name = match origin {
        OptionOrigin::File(..) => format!("`{}`", option.name),
        OptionOrigin::Argument(_) | OptionOrigin::EnvVar(_) | OptionOrigin::Default => {
            format!("--{}", option.name)
        }
    };
    let prefix = match origin {
        OptionOrigin::Argument(_) | OptionOrigin::Default => String::new(),
        OptionOrigin::EnvVar(variable) => format!("{variable}: "),
        OptionOrigin::File(..) => format!("{origin}: "),
    };
    // A URL may contain a password.
    let found = if found.contains("://") {
        spec::redact_url(found)
    } else {
        found.to_owned()
    };
    format!("{prefix}invalid value {found:?} for {name}: {want}")
}

/// Returns the message about an argument that is not a CSV line, without its text: it may contain a password.
pub fn unparsable(option: &OptionSpec, why: &str) -> String {
    format!("invalid value for --{}: {why}", option.name)
}
