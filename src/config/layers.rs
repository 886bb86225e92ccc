//! Where an option's value comes from: arguments, the environment, the configuration file, the default. And what is
//! wrong with it: mistakes are collected, so that all of them are told at once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ecow::EcoString;

use crate::config::csv;
use crate::config::duration;
use crate::config::exact;
use crate::config::file::File;
use crate::config::pairs;
use crate::config::pairs::Pairs;
use crate::config::table;
use crate::config::table::Row;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::json;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::number;
use crate::source::spec;

/// Options as typed, by name.
pub type Typed = BTreeMap<&'static str, Vec<String>>;

/// The layers, the strongest first, and what was learnt from them.
pub struct Layers<E> {
    /// The arguments.
    pub typed: Typed,
    /// The environment.
    pub env: E,
    /// The configuration file.
    pub file: File,
    /// All mistakes, a sentence each.
    pub mistakes: Vec<String>,
    /// What each option came to, in the order in which they were asked for.
    pub settled: Vec<Settled>,
}

/// What an option came to.
#[derive(Debug)]
pub struct Settled {
    /// The option.
    pub row: &'static Row,
    /// Its value in JSON.
    pub json: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An argument.
    Argument(&'static str),
    /// An environment variable.
    Variable(String),
    /// The configuration file.
    File(String, Place),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Argument(name) => write!(f, "--{name}"),
            Origin::Variable(name) => f.write_str(name),
            Origin::File(path, place) => write!(f, "{path}:{}:{}", place.line, place.column),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value as it was found.
enum Raw {
    Texts(Vec<String>),
    Text(String),
    Node(Node),
}

impl<E: Fn(&str) -> Option<String>> Layers<E> {
    fn raw(&self, row: &'static Row) -> (Option<Raw>, Origin) {
        if let Some(texts) = self.typed.get(row.name) {
            return (Some(Raw::Texts(texts.clone())), Origin::Argument(row.name));
        }
        let variable = row.variable();
        if let Some(text) = (self.env)(&variable).filter(|text| !text.trim().is_empty()) {
            return (Some(Raw::Text(text)), Origin::Variable(variable));
        }
        if let Some(node) = self.file.get(row.name) {
            let origin = Origin::File(self.file.path.clone(), node.place);
            return (Some(Raw::Node(node.clone())), origin);
        }
        (None, Origin::Default)
    }

    fn wrong(&mut self, row: &Row, origin: &Origin, found: &str, want: &str) {
        let name = match origin {
            Origin::File(..) => format!("`{}`", row.name),
            Origin::Argument(_) | Origin::Variable(_) | Origin::Default => {
                format!("--{}", row.name)
            }
        };
        let place = match origin {
            Origin::Argument(_) | Origin::Default => String::new(),
            Origin::Variable(variable) => format!("{variable}: "),
            Origin::File(..) => format!("{origin}: "),
        };
        // A URL may hold a password.
        let found = if found.contains("://") {
            spec::veiled(found)
        } else {
            found.to_owned()
        };
        self.mistakes
            .push(format!("{place}invalid value {found:?} for {name}: {want}"));
    }

    fn settle(&mut self, row: &'static Row, json: String, origin: Origin) {
        self.settled.push(Settled { row, json, origin });
    }

    /// One value, as `read` understands it.
    ///
    /// Falls back to the default after a mistake, which is noted.
    pub fn one<T: Default>(
        &mut self,
        name: &str,
        want: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.explained(name, |_| want.to_owned(), read)
    }

    /// One value, as `read` understands it; `want` says of a text what it should have been.
    fn explained<T: Default>(
        &mut self,
        name: &str,
        want: impl Fn(&str) -> String,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(row) = table::row(name) else {
            return T::default();
        };
        let (raw, origin) = self.raw(row);
        let text = match raw {
            None => row.default.to_owned(),
            Some(Raw::Texts(texts)) => texts.last().cloned().unwrap_or_default(),
            Some(Raw::Text(text)) => text,
            Some(Raw::Node(node)) => {
                let Some(text) = scalar(&node) else {
                    self.wrong(row, &origin, node.type_name(), &want(""));
                    return T::default();
                };
                text
            }
        };
        let value = read(text.trim());
        if value.is_none() {
            self.wrong(row, &origin, &text, &want(text.trim()));
        }
        self.settle(row, plain(row, &text), origin);
        value.unwrap_or_default()
    }

    /// A text; empty if nothing is said.
    pub fn text(&mut self, name: &str) -> String {
        self.one(name, "must be a text", |text| Some(text.to_owned()))
    }

    /// A text, if something is said.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A port.
    pub fn port(&mut self, name: &str) -> u16 {
        self.explained(
            name,
            |text| port_wanted(name, text),
            |text| text.parse().ok(),
        )
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, unit: &str) -> usize {
        let want = format!("must be a number of {unit}");
        self.one(name, &want, |text| text.parse().ok())
    }

    /// A duration.
    pub fn duration(&mut self, name: &str) -> Duration {
        self.explained(name, duration::complaint, duration::parse)
    }

    /// A duration that is not 0.
    pub fn wait(&mut self, name: &str) -> Duration {
        let want = |text: &str| match duration::parse(text) {
            Some(_) => "must be above 0".to_owned(),
            None => duration::complaint(text),
        };
        self.explained(name, want, |text| {
            duration::parse(text).filter(|duration| !duration.is_zero())
        })
    }

    /// A switch.
    pub fn switch(&mut self, name: &str) -> bool {
        self.one(name, "must be true or false", |text| match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        })
    }

    /// Several values.
    pub fn many(&mut self, name: &str) -> Vec<String> {
        let Some(row) = table::row(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.raw(row);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let texts: Vec<String> = match raw {
            None => Vec::new(),
            Some(Raw::Texts(texts)) => self.typed_many(row, &texts),
            Some(Raw::Text(text)) => words(&text),
            Some(Raw::Node(Node {
                kind: Kind::Text(text),
                ..
            })) => words(&text),
            Some(Raw::Node(node)) => {
                let items = node.children().map(scalar).collect::<Option<Vec<_>>>();
                items
                    .filter(|_| matches!(node.kind, Kind::List(_)))
                    .unwrap_or_else(|| {
                        self.wrong(
                            row,
                            &origin,
                            node.type_name(),
                            "must be an array of strings",
                        );
                        Vec::new()
                    })
            }
        };
        let json = array(texts.iter().map(|text| quoted(text)));
        self.settle(row, json, origin);
        texts
    }

    /// Pairs of keys and values.
    pub fn pairs(&mut self, name: &str) -> Pairs {
        let Some(row) = table::row(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.raw(row);
        let pairs = match raw {
            None => Vec::new(),
            Some(Raw::Texts(texts)) => self.typed_pairs(row, &texts),
            Some(Raw::Text(text)) => {
                let node = json::read(&text, &mut Report::new("".into()));
                if let Some(node) = &node {
                    self.check_digits(row, &text, node);
                }
                node.as_ref().and_then(members).unwrap_or_else(|| {
                    self.wrong(
                        row,
                        &origin,
                        &text,
                        "the variable must be a JSON object of strings",
                    );
                    Vec::new()
                })
            }
            Some(Raw::Node(node)) => members(&node).unwrap_or_else(|| {
                self.wrong(
                    row,
                    &origin,
                    node.type_name(),
                    "must be an object of strings",
                );
                Vec::new()
            }),
        };
        let member =
            |(key, value): &(EcoString, EcoString)| format!("{}: {}", quoted(key), quoted(value));
        let json = format!(
            "{{{}}}",
            pairs.iter().map(member).collect::<Vec<_>>().join(", ")
        );
        self.settle(row, json, origin);
        pairs
    }

    /// The items of a list of sources.
    pub fn list<T>(
        &mut self,
        name: &str,
        read: impl Fn(&Node) -> Result<Vec<T>, Vec<String>>,
        parse: impl Fn(&str) -> Result<Vec<T>, Vec<String>>,
        show: impl Fn(&T) -> String,
    ) -> Vec<T> {
        let Some(row) = table::row(name) else {
            return Vec::new();
        };
        let (raw, origin) = self.raw(row);
        let items = match &raw {
            None => Ok(Vec::new()),
            Some(Raw::Texts(texts)) => parse(texts.last().map_or("", String::as_str)),
            Some(Raw::Text(text)) => parse(text),
            Some(Raw::Node(node)) => match &node.kind {
                Kind::Text(text) => parse(text),
                _ => read(node),
            },
        };
        let items = items.unwrap_or_else(|mistakes| {
            let mistakes = mistakes.into_iter();
            self.mistakes
                .extend(mistakes.map(|mistake| format!("{origin}: {mistake}")));
            Vec::new()
        });
        self.settle(row, array(items.iter().map(show)), origin);
        items
    }

    /// Shows something else for an option than what was said: it may hold secrets.
    pub fn show(&mut self, name: &str, json: String) {
        let settled = self.settled.iter_mut().rfind(|s| s.row.name == name);
        if let Some(settled) = settled {
            settled.json = json;
        }
    }

    fn typed_many(&mut self, row: &Row, texts: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        for text in texts {
            match csv::record(text) {
                Ok(values) => all.extend(values),
                Err(why) => self.unreadable(row, why),
            }
        }
        all
    }

    fn typed_pairs(&mut self, row: &Row, texts: &[String]) -> Pairs {
        let mut pairs = Pairs::new();
        for text in texts {
            let split = pairs::split(text).unwrap_or_else(|why| {
                self.unreadable(row, why);
                Vec::new()
            });
            for pair in split {
                match pair.split_once('=') {
                    Some((key, value)) if !key.is_empty() => {
                        pairs::insert(&mut pairs, key.into(), value.into());
                    }
                    _ => self.wrong(row, &Origin::Argument(row.name), &pair, "must be KEY=VALUE"),
                }
            }
        }
        pairs
    }

    fn unreadable(&mut self, row: &Row, why: &str) {
        let name = row.name;
        self.mistakes
            .push(format!("invalid value for --{name}: {why}"));
    }

    fn check_digits(&mut self, row: &Row, text: &str, node: &Node) {
        let mut report = Report::new(row.variable().into());
        exact::check(text, node, &mut report);
        let found = report.finish();
        self.mistakes.extend(found.iter().map(ToString::to_string));
    }
}

/// What a text that is no port should have been.
fn port_wanted(name: &str, text: &str) -> String {
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
fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Null => Some(String::new()),
        Kind::Bool(truth) => Some(truth.to_string()),
        Kind::Number(value) => {
            let mut text = String::new();
            number::write_plain(&mut text, *value);
            Some(text)
        }
        Kind::Text(text) => Some(text.to_string()),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

fn members(node: &Node) -> Option<Pairs> {
    let members = node.as_map()?.iter();
    members
        .map(|m| Some((m.key.clone(), scalar(&m.value)?.into())))
        .collect()
}

/// A value as it stands in a file: numbers and switches bare, everything else quoted.
fn plain(row: &Row, text: &str) -> String {
    // As many digits as any number can keep, and none that YAML would take for octal.
    let whole = text
        .parse::<u32>()
        .is_ok_and(|whole| whole.to_string() == text);
    let bare = row.kind == table::Kind::Switch || whole;
    if bare { text.to_owned() } else { quoted(text) }
}

/// The members of a JSON array.
pub fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A JSON string.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    crate::json::write_text(&mut out, text);
    out
}
