//! Reads a configuration, setting by setting.

use std::path::PathBuf;

use crate::diag::Code;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::study::lint::lifecycle::Field;
use crate::study::lint::naming::Convention;
use crate::study::lint::policy::FailOn;
use crate::study::lint::policy::Level;
use crate::study::lint::policy::Naming;
use crate::study::lint::policy::Policy;
use crate::study::lint::policy::Refs;
use crate::study::lint::policy::setting::choice;
use crate::study::lint::policy::setting::located;
use crate::study::lint::policy::setting::members;
use crate::study::lint::policy::setting::paths;
use crate::study::lint::policy::setting::text;
use crate::study::lint::policy::setting::texts;
use crate::study::lint::policy::setting::wrong;
use crate::study::lint::url;
use crate::study::refs::pattern::Pattern;

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
