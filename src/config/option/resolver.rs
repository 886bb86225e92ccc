//! Resolves options to typed values, and collects all mistakes so that they are reported together.

mod multiple;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::file::ConfigFile;
use crate::config::go_duration;
use crate::config::option::error;
use crate::config::option::origin;
use crate::config::option::origin::OptionOrigin;
use crate::config::option::origin::RawOption;
use crate::config::option::origin::ResolvedOption;
use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::text_conversion;
use crate::config::option::text_conversion::scalar_text;
use crate::config::option::text_conversion::yaml_scalar;
use crate::source::spec;

/// The command-line arguments of each option, by its name.
pub type CliOptions = BTreeMap<&'static str, Vec<String>>;

/// The origins of options by descending precedence, with the mistakes and the values found in them.
pub struct OptionResolver<E> {
    /// The arguments.
    pub cli_options: CliOptions,
    /// The environment.
    pub env: E,
    /// The configuration file.
    pub config_file: ConfigFile,
    /// All mistakes, one message each.
    pub errors: Vec<String>,
    /// The value and the origin of each option, in the order of the calls.
    pub resolved: Vec<ResolvedOption>,
}

impl<E: Fn(&str) -> Option<String>> OptionResolver<E> {
    fn lookup(&self, option: &'static OptionSpec) -> (Option<RawOption>, OptionOrigin) {
        let typed = self.cli_options.get(option.name);
        origin::lookup(option, typed, &self.env, &self.config_file)
    }

    fn report_invalid(
        &mut self,
        option: &OptionSpec,
        origin: &OptionOrigin,
        found: &str,
        want: &str,
    ) {
        self.errors
            .push(error::invalid_value(option, origin, found, want));
    }

    fn record_resolved(&mut self, option: &'static OptionSpec, json: &str, origin: OptionOrigin) {
        // Any option may hold a URL with a password.
        let json = spec::redact_user_info(json);
        self.resolved.push(ResolvedOption {
            option,
            json,
            origin,
        });
    }

    /// Returns one value, parsed by `parse`. If it is invalid, records the mistake and returns `T::default()`.
    pub fn parsed<T: Default>(
        &mut self,
        option: &'static OptionSpec,
        want: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.parsed_with_help(option, |_| want.to_owned(), parse)
    }

    /// Returns one value, parsed by `parse`; `help` describes the valid values, given an invalid text.
    fn parsed_with_help<T: Default>(
        &mut self,
        option: &'static OptionSpec,
        help: impl Fn(&str) -> String,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let (raw, origin) = self.lookup(option);
        let text = match raw {
            None => option.default.to_owned(),
            Some(RawOption::Strings(texts)) => texts.last().cloned().unwrap_or_default(),
            Some(RawOption::String(text)) => text,
            Some(RawOption::Node(node)) => {
                let Some(text) = scalar_text(&node) else {
                    self.report_invalid(option, &origin, node.type_name(), &help(""));
                    return T::default();
                };
                text
            }
        };
        let value = parse(text.trim());
        if value.is_none() {
            self.report_invalid(option, &origin, &text, &help(text.trim()));
        }
        self.record_resolved(option, &yaml_scalar(option, &text), origin);
        value.unwrap_or_default()
    }

    /// Returns a string; empty if the option is not set.
    pub fn string(&mut self, option: &'static OptionSpec) -> String {
        self.parsed(option, "must be a string", |text| Some(text.to_owned()))
    }

    /// Returns a string, if the option is set.
    pub fn optional_string(&mut self, option: &'static OptionSpec) -> Option<String> {
        Some(self.string(option)).filter(|text| !text.is_empty())
    }

    /// Returns a port.
    pub fn port(&mut self, option: &'static OptionSpec) -> u16 {
        self.parsed_with_help(
            option,
            |text| error::port_help(option.name, text),
            |text| text.parse().ok(),
        )
    }

    /// Returns a whole number.
    pub fn integer(&mut self, option: &'static OptionSpec, unit: &str) -> usize {
        let want = format!("must be a number of {unit}");
        self.parsed(option, &want, |text| text.parse().ok())
    }

    /// Returns a duration.
    pub fn duration(&mut self, option: &'static OptionSpec) -> Duration {
        self.parsed_with_help(option, go_duration::invalid_help, go_duration::parse)
    }

    /// Returns a duration that is not 0.
    pub fn nonzero_duration(&mut self, option: &'static OptionSpec) -> Duration {
        let want = |text: &str| match go_duration::parse(text) {
            Some(_) => "must be above 0".to_owned(),
            None => go_duration::invalid_help(text),
        };
        self.parsed_with_help(option, want, |text| {
            go_duration::parse(text).filter(|duration| !duration.is_zero())
        })
    }

    /// Returns the value of a switch.
    pub fn boolean(&mut self, option: &'static OptionSpec) -> bool {
        debug_assert_eq!(option.kind, OptionKind::Boolean, "{}", option.name);
        self.parsed(
            option,
            "must be true or false",
            text_conversion::parse_boolean,
        )
    }

    /// Replaces the printed value of an option that may contain secrets.
    pub fn redact(&mut self, option: &'static OptionSpec, json: String) {
        let resolved = self
            .resolved
            .iter_mut()
            .rfind(|s| s.option.name == option.name);
        if let Some(resolved) = resolved {
            resolved.json = json;
        }
    }
}
