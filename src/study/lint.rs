//! What is wrong with flags that load: rules that cannot mean what they say, and customs that are not kept.
//!
//! One file per concern, each a function from [`Subject`] to a report. Loading finds mistakes of form; what is found
//! here needs the whole flag, all flags, or the policy of whoever asks.

mod absent;
mod attribute;
pub mod baseline;
mod bucketing;
mod family;
pub mod ignore;
pub mod lifecycle;
pub mod naming;
pub mod pointer;
pub mod policy;
mod stuck;
mod url;
mod walk;

use std::sync::Arc;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document;
use crate::document::Format;
use crate::document::Origin;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::study::lint::attribute::Usage;
use crate::study::lint::policy::Policy;

/// A flag file.
#[derive(Debug)]
pub struct File {
    /// Its name, as diagnostics give it.
    pub name: Arc<str>,
    /// What stands in it.
    pub text: String,
    /// The same as values; `None` if it cannot be read as such.
    pub root: Option<Node>,
    /// Its flags.
    pub flags: Vec<Arc<Flag>>,
    /// The same, compiled, in the same order.
    pub compiled: Vec<Arc<ruleset::Flag>>,
    /// What loading said of it.
    pub diagnostics: Vec<Diagnostic>,
}

impl File {
    /// Reads a file's text.
    pub fn read(origin: &Origin, format: Format, text: String) -> File {
        let mut report = Report::new(origin.file.clone());
        let root = document::read(&text, format, &mut report);
        let written = root.clone();
        let document =
            written.and_then(|node| document::document(node, text.len(), origin, &mut report));
        let document = document.unwrap_or_default();
        let mut diagnostics = report.finish();
        let (ruleset, found) = ruleset::compile(&document, Version::default());
        diagnostics.extend(found);
        File {
            name: origin.file.clone(),
            text,
            root,
            flags: document.flags,
            compiled: ruleset.flags,
            diagnostics,
        }
    }

    /// A file that is none, for the reason given.
    pub fn unreadable(name: Arc<str>, why: &str) -> File {
        let mut report = Report::new(name.clone());
        let start = crate::diag::Place::START;
        report.error(Code::Unreadable, start, why, "");
        File {
            name,
            text: String::new(),
            root: None,
            flags: Vec::new(),
            compiled: Vec::new(),
            diagnostics: report.finish(),
        }
    }

    /// The flags with all that is known of each.
    pub fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let written = self.root.as_ref().and_then(|root| member(root, "flags"));
        let flags = self.flags.iter().zip(&self.compiled);
        let nodes = Written::of(written);
        flags.map(move |(flag, compiled)| Subject {
            flag,
            compiled,
            written: nodes.find(flag),
        })
    }
}

/// A flag, as it was read, compiled and written.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'f> {
    /// As it was read.
    pub flag: &'f Flag,
    /// Compiled.
    pub compiled: &'f ruleset::Flag,
    /// As it was written.
    pub written: Option<&'f Node>,
}

/// Flags by where they stand.
struct Written<'f>(std::collections::HashMap<crate::diag::Place, &'f Node>);

impl<'f> Written<'f> {
    fn of(flags: Option<&'f Node>) -> Written<'f> {
        Written(match flags.map(|node| &node.kind) {
            Some(Kind::Map(members)) => members.iter().map(|m| (m.place, &m.value)).collect(),
            Some(Kind::List(items)) => items.iter().map(|item| (item.place, item)).collect(),
            _ => std::collections::HashMap::new(),
        })
    }

    fn find(&self, flag: &Flag) -> Option<&'f Node> {
        self.0.get(&flag.place).copied()
    }
}

/// The member of an object that is called `name`, in any case, as flagd reads the members of flags.
fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?.iter();
    let same = |m: &&document::node::Member| m.key.eq_ignore_ascii_case(name);
    members.rev().find(same).map(|m| &m.value)
}

/// All that is wrong with `files`: what loading said, and what is found beyond. Sorted by file, place and code.
pub fn check(files: &[File], policy: &Policy) -> Vec<Diagnostic> {
    let usage = Usage::of(files);
    let mut found = Vec::new();
    for file in files {
        let mut report = Report::new(file.name.clone());
        for subject in file.subjects() {
            examine(&subject, &usage, policy, &mut report);
        }
        found.extend(file.diagnostics.iter().cloned());
        found.extend(report.finish());
    }
    found.extend(family::check(files, policy));
    let rank = |name: &str| files.iter().position(|file| *file.name == *name);
    found.sort_by_cached_key(|d| (rank(&d.file), d.place, d.code, d.message.clone()));
    found.dedup();
    found.retain_mut(|diagnostic| policy.judge(diagnostic));
    found
}

fn examine(subject: &Subject<'_>, usage: &Usage, policy: &Policy, report: &mut Report) {
    naming::check(subject, policy, report);
    lifecycle::check(subject, policy, report);
    url::check(subject, policy, report);
    if subject.flag.fault.is_some() {
        return;
    }
    attribute::check(subject, usage, policy, report);
    absent::check(subject, report);
    bucketing::check(subject, report);
    stuck::check(subject, report);
}

/// How many errors and warnings there are.
pub fn count(found: &[Diagnostic]) -> (usize, usize) {
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    let errors = errors.count();
    (errors, found.len() - errors)
}
