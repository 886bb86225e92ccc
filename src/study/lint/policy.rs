//! What whoever asks wants to be told: the content of `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`.

use std::path::PathBuf;

use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::study::lint::lifecycle::Field;
use crate::study::lint::naming::Convention;
use crate::study::lint::url;
use crate::study::refs::pattern::Pattern;

/// What is wanted. The default is what a project without configuration gets.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Flag files, directories or globs, from the directory of the configuration.
    pub flags: Vec<PathBuf>,
    /// How keys are spelled.
    pub naming: Option<Naming>,
    /// What has to be said of every flag's life.
    pub required: Vec<Field>,
    /// From which origins values may load.
    pub origins: Vec<String>,
    /// The attributes that callers send, if they are listed.
    pub attributes: Vec<String>,
    /// More words for rings.
    pub rings: Vec<String>,
    /// How bad a finding is, where that is not the usual.
    pub levels: Vec<(Code, Level)>,
    /// From what on a run fails.
    pub fail_on: FailOn,
    /// Where known findings are listed.
    pub baseline: Option<PathBuf>,
    /// What is looked for in source code.
    pub refs: Refs,
    /// The day on which flags are judged, counted from 1970-01-01.
    pub today: i64,
}

/// How keys are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Naming {
    /// The convention.
    pub convention: Convention,
    /// What separates parts of which each keeps the convention.
    pub separator: Option<char>,
}

/// What becomes of a kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not told.
    Off,
    /// It is told as this.
    As(Severity),
}

/// From what on a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// It does not fail.
    Never,
    /// From warnings on.
    Warning,
    /// From errors on.
    #[default]
    Error,
}

impl FailOn {
    /// As it is written.
    pub const NAMES: [(&'static str, FailOn); 3] = [
        ("error", FailOn::Error),
        ("warning", FailOn::Warning),
        ("never", FailOn::Never),
    ];

    /// Whether a run with these findings fails.
    pub fn fails(self, found: &[Diagnostic]) -> bool {
        found.iter().any(|d| match self {
            FailOn::Never => false,
            FailOn::Warning => true,
            FailOn::Error => d.severity == Severity::Error,
        })
    }
}

/// What is looked for in source code.
#[derive(Debug, Clone, Default)]
pub struct Refs {
    /// Where, from the directory of the configuration.
    pub paths: Vec<PathBuf>,
    /// Calls that name a flag, besides those that are known.
    pub patterns: Vec<Pattern>,
    /// Globs of files that are left out.
    pub ignore: Vec<String>,
}

impl Policy {
    /// Reads a configuration. What cannot be understood is reported with its place, and left out.
    pub fn read(root: &Node, report: &mut Report) -> Policy {
        let mut policy = Policy::default();
        let known = [
            "$schema",
            "attributes",
            "baseline",
            "failOn",
            "flags",
            "lifecycle",
            "naming",
            "refs",
            "rings",
            "rules",
            "urls",
        ];
        members(root, &known, report, |name, node, report| match name {
            "attributes" => policy.attributes = texts(node, report),
            "baseline" => policy.baseline = text(node, report).map(PathBuf::from),
            "failOn" => {
                policy.fail_on = choice(node, &FailOn::NAMES, report).unwrap_or_default();
            }
            "flags" => policy.flags = paths(node, report),
            "lifecycle" => policy.required = lifecycle(node, report),
            "naming" => policy.naming = naming(node, report),
            "refs" => policy.refs = refs(node, report),
            "rings" => policy.rings = texts(node, report),
            "rules" => policy.levels = levels(node, report),
            "urls" => policy.origins = origins(node, report),
            _ => {}
        });
        policy
    }

    /// Gives a finding the severity that is wanted; `false` if it is not wanted. An error of loading stays what it is.
    pub fn judge(&self, diagnostic: &mut Diagnostic) -> bool {
        let loaded = diagnostic.code.id() < "F100";
        if loaded && diagnostic.severity == Severity::Error {
            return true;
        }
        match self.level(diagnostic.code) {
            Some(Level::Off) => return false,
            Some(Level::As(severity)) => diagnostic.severity = severity,
            None => {}
        }
        true
    }

    /// What becomes of a kind of finding, if that is not the usual.
    pub fn level(&self, code: Code) -> Option<Level> {
        let level = self.levels.iter().rfind(|(known, _)| *known == code);
        level.map(|(_, level)| *level)
    }
}

/// Hands each member of an object over, and reports those that are not known.
pub fn members(
    node: &Node,
    known: &[&'static str],
    report: &mut Report,
    mut then: impl FnMut(&'static str, &Node, &mut Report),
) {
    let Some(members) = node.as_map() else {
        if !matches!(node.kind, Kind::Null) {
            wrong(node, "an object", report);
        }
        return;
    };
    for member in members {
        if let Some(name) = known.iter().find(|name| **name == &*member.key) {
            then(name, &member.value, report);
            continue;
        }
        let help = match diag::nearest(&member.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        let message = format!("there is no setting `{}`", member.key);
        report.error(Code::Configuration, member.place, message, help);
    }
}

fn wrong(node: &Node, want: &str, report: &mut Report) {
    let message = format!("this is {}, must be {want}", node.type_name());
    report.error(Code::Configuration, node.place, message, "");
}

fn text(node: &Node, report: &mut Report) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        wrong(node, "a string that is not empty", report);
    }
    text.map(ToOwned::to_owned)
}

/// A list of strings; one string alone is a list of one.
fn located(node: &Node, report: &mut Report) -> Vec<(String, Place)> {
    let items = match &node.kind {
        Kind::List(items) => items,
        Kind::Text(_) => std::slice::from_ref(node),
        _ => {
            wrong(node, "a list of strings", report);
            return Vec::new();
        }
    };
    let read = items
        .iter()
        .filter_map(|item| Some((text(item, report)?, item.place)));
    read.collect()
}

fn texts(node: &Node, report: &mut Report) -> Vec<String> {
    located(node, report)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

fn paths(node: &Node, report: &mut Report) -> Vec<PathBuf> {
    texts(node, report).into_iter().map(PathBuf::from).collect()
}

fn choice<T: Copy>(node: &Node, known: &[(&str, T)], report: &mut Report) -> Option<T> {
    let said = node.as_text().unwrap_or("");
    let found = known.iter().find(|(name, _)| *name == said);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let help = match diag::nearest(said, names.iter().copied()) {
            Some(meant) if !said.is_empty() => format!("did you mean `{meant}`?"),
            _ => format!("write one of {}", names.join(", ")),
        };
        let message = format!("`{said}` is not known here");
        report.error(Code::Configuration, node.place, message, help);
    }
    found.map(|(_, value)| *value)
}

fn naming(node: &Node, report: &mut Report) -> Option<Naming> {
    let (mut convention, mut separator) = (None, None);
    if node.as_text().is_some() {
        convention = choice(node, &Convention::NAMES, report);
    } else {
        let known = ["convention", "separator"];
        members(node, &known, report, |name, node, report| {
            if name == "convention" {
                convention = choice(node, &Convention::NAMES, report);
                return;
            }
            let mut letters = node.as_text().unwrap_or("").chars();
            separator = letters.next().filter(|_| letters.next().is_none());
            if separator.is_none() {
                wrong(node, "one character", report);
            }
        });
    }
    convention.map(|convention| Naming {
        convention,
        separator,
    })
}

fn lifecycle(node: &Node, report: &mut Report) -> Vec<Field> {
    let mut required = Vec::new();
    members(node, &["require"], report, |_, node, report| {
        let known = Field::NAMES.map(|(field, _)| (field.name(), field));
        let items = match &node.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(node),
        };
        required = items
            .iter()
            .filter_map(|item| choice(item, &known, report))
            .collect();
    });
    required
}

fn origins(node: &Node, report: &mut Report) -> Vec<String> {
    let mut origins = Vec::new();
    members(node, &["origins"], report, |_, node, report| {
        for (text, place) in located(node, report) {
            let origin = url::origin(&text);
            if text.trim_end_matches('/').eq_ignore_ascii_case(&origin) && text.contains("://") {
                origins.push(origin);
            } else {
                let message = format!("`{text}` is no origin");
                let help = "write scheme and host alone: `https://cdn.example.com`";
                report.error(Code::Configuration, place, message, help);
            }
        }
    });
    origins
}

fn levels(node: &Node, report: &mut Report) -> Vec<(Code, Level)> {
    let known = [
        ("off", Level::Off),
        ("warning", Level::As(Severity::Warning)),
        ("error", Level::As(Severity::Error)),
    ];
    let mut levels = Vec::new();
    let Some(members) = node.as_map() else {
        wrong(node, "an object of codes and levels", report);
        return levels;
    };
    for member in members {
        let Some(code) = Code::of(&member.key) else {
            let message = format!("there is no code `{}`", member.key);
            let help = "`flagctl lint --explain all` lists them";
            report.error(Code::Configuration, member.place, message, help);
            continue;
        };
        let level = choice(&member.value, &known, report);
        levels.extend(level.map(|level| (code, level)));
    }
    levels
}

fn refs(node: &Node, report: &mut Report) -> Refs {
    let mut refs = Refs::default();
    members(
        node,
        &["ignore", "paths", "patterns"],
        report,
        |name, node, report| match name {
            "ignore" => refs.ignore = texts(node, report),
            "paths" => refs.paths = paths(node, report),
            _ => refs.patterns = patterns(node, report),
        },
    );
    refs
}

fn patterns(node: &Node, report: &mut Report) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (text, place) in located(node, report) {
        if let Some(pattern) = Pattern::parse(&text) {
            patterns.push(pattern);
        } else {
            let message = format!("`{text}` is no pattern");
            let help = "write it as the call that it finds: `flags.isOn(KEY)`, `isOn(_, KEY)`";
            report.error(Code::Configuration, place, message, help);
        }
    }
    patterns
}
