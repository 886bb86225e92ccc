//! Files with a JSON object on each line, read one line at a time; errors name the line.

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::input::files;
use crate::cli::input::stdin;
use crate::diag;
use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::evidence::data_guard;

/// The bytes of the longest line. Lines with counts and events have about 150.
const MOST_LINE_BYTES: u64 = 16 * 1024;

/// The lines of a file.
pub struct JsonLines {
    name: Arc<str>,
    input: Box<dyn BufRead>,
    line: u64,
}

/// A line and its place.
#[derive(Debug)]
pub struct JsonLine {
    place: String,
    object: Node,
}

impl JsonLines {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> anyhow::Result<JsonLines> {
        let input: Box<dyn BufRead> = if stdin::is_stdin(path) {
            Box::new(BufReader::new(io::stdin()))
        } else {
            let file = File::open(path);
            let file = file.with_context(|| format!("cannot open `{}`", path.display()))?;
            Box::new(BufReader::new(file))
        };
        let name = if stdin::is_stdin(path) {
            "standard input".into()
        } else {
            files::display_name(path)
        };
        Ok(JsonLines {
            name,
            input,
            line: 0,
        })
    }

    /// Reads the next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// If the line cannot be read, is too long, or is not a JSON object.
    pub fn next_object(&mut self) -> anyhow::Result<Option<JsonLine>> {
        loop {
            let mut bytes = Vec::new();
            let mut line = (&mut self.input).take(MOST_LINE_BYTES + 1);
            let read = line.read_until(b'\n', &mut bytes);
            read.with_context(|| format!("cannot read `{}`", self.name))?;
            if bytes.is_empty() {
                return Ok(None);
            }
            self.line += 1;
            let place = format!("{}:{}", self.name, self.line);
            anyhow::ensure!(
                bytes.len() as u64 <= MOST_LINE_BYTES,
                "{place}: the line is longer than {MOST_LINE_BYTES} bytes: write one object per line"
            );
            let Ok(text) = std::str::from_utf8(&bytes) else {
                anyhow::bail!("{place}: the line is not UTF-8");
            };
            if !text.trim().is_empty() {
                return parse(place, text.trim(), &self.name).map(Some);
            }
        }
    }
}

fn parse(place: String, text: &str, name: &Arc<str>) -> anyhow::Result<JsonLine> {
    let mut report = DiagnosticSink::new(Arc::clone(name));
    match json_parser::parse(text, &mut report) {
        Some(object) if object.as_map().is_some() => Ok(JsonLine { place, object }),
        Some(other) => {
            let found = other.type_name();
            anyhow::bail!("{place}: found {found}: write an object, such as {{\"t\": 0, …}}")
        }
        None => {
            let findings = report.finish();
            let message = findings.first().map_or("not JSON", |first| &first.message);
            anyhow::bail!("{place}: {message}: write one JSON object per line")
        }
    }
}

impl JsonLine {
    /// Returns a member.
    pub fn member(&self, name: &str) -> Option<&Node> {
        self.object.member(name)
    }

    /// Returns an error at this line.
    pub fn error(&self, message: impl std::fmt::Display) -> anyhow::Error {
        anyhow::anyhow!("{}: {message}", self.place)
    }

    /// Checks that all members of an object of this line are known.
    ///
    /// # Errors
    /// If one is not; the error suggests the closest name.
    pub fn expect_members(&self, object: &Node, known: &[&str]) -> anyhow::Result<()> {
        for member in object.as_map().unwrap_or_default() {
            let key = member.key.as_str();
            if !known.contains(&key) {
                let help = match diag::closest_match(key, known.iter().copied()) {
                    Some(meant) => format!("write `{meant}`"),
                    None => format!("write {}", one_of(known)),
                };
                return Err(self.error(format_args!("unknown member `{key}`: {help}")));
            }
        }
        Ok(())
    }

    /// Checks the members of the line itself.
    ///
    /// # Errors
    /// As [`JsonLine::expect_members`].
    pub fn expect_own_members(&self, known: &[&str]) -> anyhow::Result<()> {
        self.expect_members(&self.object, known)
    }

    /// Returns a member that is a finite number, if it exists.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_number(&self, name: &str) -> anyhow::Result<Option<f64>> {
        match self.member(name).map(|node| (&node.kind, node.type_name())) {
            None => Ok(None),
            Some((NodeKind::Number(number), _)) if number.is_finite() => Ok(Some(*number)),
            Some((_, found)) => {
                Err(self.error(format_args!("`{name}` is {found}: write a number")))
            }
        }
    }

    /// Returns a member that is one of some names, if it exists.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_name<'n>(
        &'n self,
        name: &str,
        known: &[&str],
    ) -> anyhow::Result<Option<&'n str>> {
        let Some(node) = self.member(name) else {
            return Ok(None);
        };
        match node.as_text() {
            Some(text) if known.is_empty() || known.contains(&text) => Ok(Some(text)),
            Some(text) => {
                let names = one_of(known);
                Err(self.error(format_args!("`{name}` is `{text}`: write {names}")))
            }
            None => {
                let found = node.type_name();
                Err(self.error(format_args!("`{name}` is {found}: write a string")))
            }
        }
    }

    /// Returns the time of this line in whole seconds.
    ///
    /// # Errors
    /// If `t` is missing, negative, not a number or beyond 2^53; parts of a second are dropped.
    pub fn time(&self) -> anyhow::Result<u64> {
        let seconds = self.optional_number("t")?;
        let seconds =
            seconds.ok_or_else(|| self.error("`t` is missing: write the time in seconds"))?;
        let whole = data_guard::whole_number(seconds.floor());
        whole.map_err(|_| self.error(format_args!("`t` is {seconds}: write seconds from 0 on")))
    }

    /// Returns a count: a whole number from 0 to 2^53.
    ///
    /// # Errors
    /// If the node is something else.
    pub fn count(&self, name: &str, node: &Node) -> anyhow::Result<u64> {
        let NodeKind::Number(number) = node.kind else {
            let found = node.type_name();
            return Err(self.error(format_args!("`{name}` is {found}: write a whole number")));
        };
        let count = data_guard::whole_number(number);
        count.map_err(|_| {
            self.error(format_args!(
                "`{name}` is {number}: write a whole number from 0 on"
            ))
        })
    }
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}
