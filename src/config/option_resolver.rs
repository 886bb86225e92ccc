//! Where an option's value comes from: arguments, the environment, the configuration file, the default. And what is
//! wrong with it: mistakes are collected, so that all of them are told at once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ecow::EcoString;

use crate::config::csv;
use crate::config::file::ConfigFile;
use crate::config::go_duration;
use crate::config::key_value;
use crate::config::key_value::KeyValues;
use crate::config::number_precision;
use crate::config::option_table;
use crate::config::option_table::OptionSpec;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::source::spec;

/// Options as typed, by name.
pub type CliOptions = BTreeMap<&'static str, Vec<String>>;

/// The layers, the strongest first, and what was learnt from them.
pub struct OptionResolver<E> {
    /// The arguments.
    pub cli_options: CliOptions,
    /// The environment.
    pub env: E,
    /// The configuration file.
    pub config_file: ConfigFile,
    /// All mistakes, a sentence each.
    pub errors: Vec<String>,
    /// What each option came to, in the order in which they were asked for.
    pub resolved: Vec<ResolvedOption>,
}

/// What an option came to.
#[derive(Debug)]
pub struct ResolvedOption {
    /// The option.
    pub option: &'static OptionSpec,
    /// Its value in JSON.
    pub json: String,
    /// Where it comes from.
    pub origin: OptionOrigin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionOrigin {
    /// An argument.
    Argument(&'static str),
    /// An environment variable.
    EnvVar(String),
    /// The configuration file.
    File(String, Position),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for OptionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionOrigin::Argument(name) => write!(f, "--{name}"),
            OptionOrigin::EnvVar(name) => f.write_str(name),
            OptionOrigin::File(path, place) => write!(f, "{path}:{}:{}", place.line, place.column),
            OptionOrigin::Default => f.write_str("default"),
        }
    }
}

/// A value as it was found.
enum RawOption {
    Strings(Vec<String>),
    String(String),
    Node(Node),
}

impl<E: Fn(&str) -> Option<String>> OptionResolver<E> {
    fn lookup(&self, row: &'static OptionSpec) -> (Option<RawOption>, OptionOrigin) {
        if let Some(texts) = self.cli_options.get(row.name) {
            return (
                Some(RawOption::Strings(texts.clone())),
                OptionOrigin::Argument(row.name),
            );
        }
        let variable = row.env_var();
        if let Some(text) = (self.env)(&variable).filter(|text| !text.trim().is_empty()) {
            return (
                Some(RawOption::String(text)),
                OptionOrigin::EnvVar(variable),
            );
        }
        if let Some(node) = self.config_file.get(row.name) {
            let origin = OptionOrigin::File(self.config_file.path.clone(), node.position);
            return (Some(RawOption::Node(node.clone())), origin);
        }
        (None, OptionOrigin::Default)
    }

    fn report_invalid(&mut self, row: &OptionSpec, origin: &OptionOrigin, found: &str, want: &str) {
        let name = match origin {
            OptionOrigin::File(..) => format!("`{}`", row.name),
            OptionOrigin::Argument(_) | OptionOrigin::EnvVar(_) | OptionOrigin::Default => {
                format!("--{}", row.name)
            }
        };
        let place = match origin {
            OptionOrigin::Argument(_) | OptionOrigin::Default => String::new(),
            OptionOrigin::EnvVar(variable) => format!("{variable}: "),
            OptionOrigin::File(..) => format!("{origin}: "),
        };
        // A URL may hold a password.
        let found = if found.contains("://") {
            spec::redact_url(found)
        } else {
            found.to_owned()
        };
        self.errors
            .push(format!("{place}invalid value {found:?} for {name}: {want}"));
    }

    fn record_resolved(&mut self, row: &'static OptionSpec, json: String, origin: OptionOrigin) {
        self.resolved.push(ResolvedOption {
            option: row,
            json,
            origin,
        });
    }

    /// One value, as `read` understands it.
    ///
    /// Falls back to the default after a mistake, which is noted.
    pub fn parsed<T: Default>(
        &mut self,
        name: &str,
        want: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.parsed_with_help(name, |_| want.to_owned(), parse)
    }

    /// One value, as `read` understands it; `want` says of a text what it should have been.
    fn parsed_with_help<T: Default>(
        &mut self,
        name: &str,
        help: impl Fn(&str) -> String,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(row) = option_table::option(name) else {
            return T::default();
        };
        let (raw, origin) = self.lookup(row);
        let text = match raw {
            None => row.default.to_owned(),
            Some(RawOption::Strings(texts)) => texts.last().cloned().unwrap_or_default(),
            Some(RawOption::String(text)) => text,
            Some(RawOption::Node(node)) => {
                let Some(text) = scalar_text(&node) else {
                    self.report_invalid(row, &origin, node.type_name(), &help(""));
                    return T::default();
                };
                text
            }
        };
        let value = parse(text.trim());
        if value.is_none() {
            self.report_invalid(row, &origin, &text, &help(text.trim()));
        }
        self.record_resolved(row, yaml_scalar(row, &text), origin);
        value.unwrap_or_default()
    }

    /// A text; empty if nothing is said.
    pub fn string(&mut self, name: &str) -> String {
        self.parsed(name, "must be a text", |text| Some(text.to_owned()))
    }

    /// A text, if something is said.
    pub fn optional_string(&mut self, name: &str) -> Option<String> {
        Some(self.string(name)).filter(|text| !text.is_empty())
    }

    /// A port.
    pub fn port(&mut self, name: &str) -> u16 {
        self.parsed_with_help(name, |text| port_help(name, text), |text| text.parse().ok())
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str, unit: &str) -> usize {
        let want = format!("must be a number of {unit}");
        self.parsed(name, &want, |text| text.parse().ok())
    }

    /// A duration.
    pub fn duration(&mut self, name: &str) -> Duration {
        self.parsed_with_help(name, go_duration::invalid_help, go_duration::parse)
    }

    /// A duration that is not 0.
    pub fn nonzero_duration(&mut self, name: &str) -> Duration {
        let want = |text: &str| match go_duration::parse(text) {
            Some(_) => "must be above 0".to_owned(),
            None => go_duration::invalid_help(text),
        };
        self.parsed_with_help(name, want, |text| {
            go_duration::parse(text).filter(|duration| !duration.is_zero())
        })
    }

    /// A switch.
    pub fn boolean(&mut self, name: &str) -> bool {
        self.parsed(name, "must be true or false", |text| match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        })
    }

    /// Several values.
    pub fn strings(&mut self, name: &str) -> Vec<String> {
        let Some(row) = option_table::option(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.lookup(row);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let texts: Vec<String> = match raw {
            None => Vec::new(),
            Some(RawOption::Strings(texts)) => self.cli_strings(row, &texts),
            Some(RawOption::String(text)) => words(&text),
            Some(RawOption::Node(Node {
                kind: NodeKind::Text(text),
                ..
            })) => words(&text),
            Some(RawOption::Node(node)) => {
                let items = node.children().map(scalar_text).collect::<Option<Vec<_>>>();
                items
                    .filter(|_| matches!(node.kind, NodeKind::List(_)))
                    .unwrap_or_else(|| {
                        self.report_invalid(
                            row,
                            &origin,
                            node.type_name(),
                            "must be an array of strings",
                        );
                        Vec::new()
                    })
            }
        };
        let json = json_array(texts.iter().map(|text| json_string(text)));
        self.record_resolved(row, json, origin);
        texts
    }

    /// Pairs of keys and values.
    pub fn key_values(&mut self, name: &str) -> KeyValues {
        let Some(row) = option_table::option(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.lookup(row);
        let pairs = match raw {
            None => Vec::new(),
            Some(RawOption::Strings(texts)) => self.cli_key_values(row, &texts),
            Some(RawOption::String(text)) => {
                let node = json_parser::parse(&text, &mut DiagnosticSink::new("".into()));
                if let Some(node) = &node {
                    self.report_lost_digits(row, &text, node);
                }
                node.as_ref().and_then(string_members).unwrap_or_else(|| {
                    self.report_invalid(
                        row,
                        &origin,
                        &text,
                        "the variable must be a JSON object of strings",
                    );
                    Vec::new()
                })
            }
            Some(RawOption::Node(node)) => string_members(&node).unwrap_or_else(|| {
                self.report_invalid(
                    row,
                    &origin,
                    node.type_name(),
                    "must be an object of strings",
                );
                Vec::new()
            }),
        };
        let member = |(key, value): &(EcoString, EcoString)| {
            format!("{}: {}", json_string(key), json_string(value))
        };
        let json = format!(
            "{{{}}}",
            pairs.iter().map(member).collect::<Vec<_>>().join(", ")
        );
        self.record_resolved(row, json, origin);
        pairs
    }

    /// The items of a list of sources.
    pub fn list<T>(
        &mut self,
        name: &str,
        parse_node: impl Fn(&Node) -> Result<Vec<T>, Vec<String>>,
        parse: impl Fn(&str) -> Result<Vec<T>, Vec<String>>,
        show_item: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let Some(row) = option_table::option(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.lookup(row);
        let items = match &raw {
            None => Ok(Vec::new()),
            Some(RawOption::Strings(texts)) => parse(texts.last().map_or("", String::as_str)),
            Some(RawOption::String(text)) => parse(text),
            Some(RawOption::Node(node)) => match &node.kind {
                NodeKind::Text(text) => parse(text),
                _ => parse_node(node),
            },
        };
        let items = items.unwrap_or_else(|mistakes| {
            let mistakes = mistakes.into_iter();
            self.errors
                .extend(mistakes.map(|mistake| format!("{origin}: {mistake}")));
            Vec::new()
        });
        self.record_resolved(row, json_array(items.iter().map(show_item)), origin);
        items
    }

    /// Shows something else for an option than what was said: it may hold secrets.
    pub fn redact(&mut self, name: &str, json: String) {
        let settled = self.resolved.iter_mut().rfind(|s| s.option.name == name);
        if let Some(settled) = settled {
            settled.json = json;
        }
    }

    fn cli_strings(&mut self, row: &OptionSpec, texts: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        for text in texts {
            match csv::parse_record(text) {
                Ok(values) => all.extend(values),
                Err(why) => self.report_unparsable(row, why),
            }
        }
        all
    }

    fn cli_key_values(&mut self, row: &OptionSpec, texts: &[String]) -> KeyValues {
        let mut pairs = KeyValues::new();
        for text in texts {
            let split = key_value::split_argument(text).unwrap_or_else(|why| {
                self.report_unparsable(row, why);
                Vec::new()
            });
            for pair in split {
                match pair.split_once('=') {
                    Some((key, value)) if !key.is_empty() => {
                        key_value::insert_or_replace(&mut pairs, key.into(), value.into());
                    }
                    _ => self.report_invalid(
                        row,
                        &OptionOrigin::Argument(row.name),
                        &pair,
                        "must be KEY=VALUE",
                    ),
                }
            }
        }
        pairs
    }

    fn report_unparsable(&mut self, row: &OptionSpec, why: &str) {
        let name = row.name;
        self.errors
            .push(format!("invalid value for --{name}: {why}"));
    }

    fn report_lost_digits(&mut self, row: &OptionSpec, text: &str, node: &Node) {
        let mut report = DiagnosticSink::new(row.env_var().into());
        number_precision::report_lost_digits(text, node, &mut report);
        let found = report.finish();
        self.errors.extend(found.iter().map(ToString::to_string));
    }
}

/// What a text that is no port should have been.
fn port_help(name: &str, text: &str) -> String {
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

/// The text of a value that is no array or object.
fn scalar_text(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Null => Some(String::new()),
        NodeKind::Bool(truth) => Some(truth.to_string()),
        NodeKind::Number(value) => {
            let mut text = String::new();
            number::write_decimal(&mut text, *value);
            Some(text)
        }
        NodeKind::Text(text) => Some(text.to_string()),
        NodeKind::List(_) | NodeKind::Map(_) => None,
    }
}

fn string_members(node: &Node) -> Option<KeyValues> {
    let members = node.as_map()?.iter();
    members
        .map(|m| Some((m.key.clone(), scalar_text(&m.value)?.into())))
        .collect()
}

/// A value as it stands in a file: numbers and switches bare, everything else quoted.
fn yaml_scalar(row: &OptionSpec, text: &str) -> String {
    // As many digits as any number can keep, and none that YAML would take for octal.
    let whole = text
        .parse::<u32>()
        .is_ok_and(|whole| whole.to_string() == text);
    let bare = row.kind == option_table::OptionKind::Boolean || whole;
    if bare {
        text.to_owned()
    } else {
        json_string(text)
    }
}

/// The members of a JSON array.
pub fn json_array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A JSON string.
pub fn json_string(text: &str) -> String {
    let mut out = String::new();
    crate::json::write_string(&mut out, text);
    out
}
