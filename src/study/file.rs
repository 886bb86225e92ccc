//! Flag files, each as it was written, and all of them as they are in force together.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::document;
use crate::document::Document;
use crate::document::Format;
use crate::document::Origin;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::study;

/// The text of a flag file.
#[derive(Debug)]
pub struct Text {
    /// How diagnostics call it; its extension tells how it is written.
    pub name: Arc<str>,
    /// What is in it, or why that cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

/// A flag file.
#[derive(Debug)]
pub struct File {
    /// Its name, as diagnostics give it.
    pub name: Arc<str>,
    /// What stands in it.
    pub text: String,
    /// The same as values; `None` if it cannot be read as such.
    pub root: Option<Node>,
    /// Its flags, sorted by key and flag set.
    pub flags: Vec<Arc<Flag>>,
    /// The same in the same order, with rules in place of their words.
    pub expanded: Vec<Arc<Flag>>,
    /// The same in the same order, compiled.
    pub compiled: Vec<Arc<ruleset::Flag>>,
    /// What loading said of it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads files, in the order in which they are laid over each other: what a flag requires is that of the last file that
/// has it, as where the files are in force. Units are hashed as `fractional` says.
pub fn read(texts: Vec<Text>, fractional: Version) -> Vec<File> {
    let mut files: Vec<File> = texts.into_iter().map(one).collect();
    let flags = files.iter().flat_map(|file| file.flags.iter().cloned());
    let all = Document {
        flags: flags.collect(),
    };
    let mut expanded = study::expanded(&all).flags.into_iter();
    let mut compiled = ruleset::compile(&all, fractional).0.flags.into_iter();
    for file in &mut files {
        let count = file.flags.len();
        file.expanded = expanded.by_ref().take(count).collect();
        file.compiled = compiled.by_ref().take(count).collect();
        let found = file.compiled.iter().flat_map(|flag| &flag.found);
        file.diagnostics.extend(found.cloned());
    }
    files
}

/// A file whose flags know of no others yet.
fn one(text: Text) -> File {
    let mut report = Report::new(text.name.clone());
    let mut file = File {
        name: text.name,
        text: String::new(),
        root: None,
        flags: Vec::new(),
        expanded: Vec::new(),
        compiled: Vec::new(),
        diagnostics: Vec::new(),
    };
    match (text.bytes, Format::of(file.name.as_ref().as_ref())) {
        (Err(why), _) => report.error(Code::Unreadable, Place::START, why, ""),
        (Ok(_), None) => {
            let why = "flag files end in .yaml, .yml or .json";
            report.error(Code::Unreadable, Place::START, why, "");
        }
        (Ok(bytes), Some(format)) => parse(&mut file, &bytes, format, &mut report),
    }
    file.diagnostics = report.finish();
    file
}

fn parse(file: &mut File, bytes: &[u8], format: Format, report: &mut Report) {
    let Some(text) = document::text(bytes, report) else {
        return;
    };
    text.clone_into(&mut file.text);
    file.root = document::read(text, format, report);
    let origin = Origin {
        source: file.name.clone(),
        file: file.name.clone(),
    };
    let written = file.root.clone();
    let read = written.and_then(|node| document::document(node, text.len(), &origin, report));
    file.flags = read.unwrap_or_default().flags;
    // Of equal keys the last one wins, here as where they are laid over each other.
    file.flags
        .sort_by(|a, b| (&a.key, a.set()).cmp(&(&b.key, b.set())));
}

impl File {
    /// The flags with all that is known of each.
    pub fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let written = self.root.as_ref().and_then(|root| member(root, "flags"));
        let flags = self.flags.iter().zip(&self.expanded).zip(&self.compiled);
        let nodes = Written::of(written);
        flags.map(move |((flag, expanded), compiled)| Subject {
            flag,
            expanded,
            compiled,
            written: nodes.find(flag),
        })
    }
}

/// A flag, as it was read, expanded, compiled and written.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'f> {
    /// As it was read.
    pub flag: &'f Flag,
    /// With a rule in place of its words.
    pub expanded: &'f Flag,
    /// Compiled.
    pub compiled: &'f ruleset::Flag,
    /// As it was written.
    pub written: Option<&'f Node>,
}

/// Flags by where they stand.
struct Written<'f>(HashMap<Place, &'f Node>);

impl<'f> Written<'f> {
    fn of(flags: Option<&'f Node>) -> Written<'f> {
        Written(match flags.map(|node| &node.kind) {
            Some(Kind::Map(members)) => members.iter().map(|m| (m.place, &m.value)).collect(),
            Some(Kind::List(items)) => items.iter().map(|item| (item.place, item)).collect(),
            _ => HashMap::new(),
        })
    }

    fn find(&self, flag: &Flag) -> Option<&'f Node> {
        self.0.get(&flag.place).copied()
    }
}

/// The member of an object that is called `name`, in any case, as flagd reads the members of flags.
pub fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?.iter();
    let same = |m: &&document::node::Member| m.key.eq_ignore_ascii_case(name);
    members.rev().find(same).map(|m| &m.value)
}
