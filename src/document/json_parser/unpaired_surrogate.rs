//! Unpaired surrogates in a document: replaced by U+FFFD, as Go's JSON reader reads them, and reported.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::json_parser::position_tracker::PositionTracker;
use crate::document::json_pointer;
use crate::document::syntax_tree::Node;
use crate::json;

/// The most reported escapes of one document.
const MAX_REPORTED: usize = 100;

/// A document with U+FFFD in place of unpaired surrogates.
pub struct ReplacedText {
    /// The text, as long as the original.
    pub text: String,
    /// The first escapes that were replaced, and their positions.
    escapes: Vec<(Position, String)>,
    /// The number of further ones.
    unreported: usize,
}

/// Replaces the unpaired surrogates in `text`.
pub fn replace(text: &str) -> ReplacedText {
    let mut positions = PositionTracker::new(text);
    let mut escapes = Vec::new();
    let mut unreported = 0;
    let replaced = json::replace_unpaired_surrogates(text, |at| {
        if escapes.len() == MAX_REPORTED {
            unreported += 1;
            return;
        }
        let escape = text.get(at..at + 6).unwrap_or_default();
        escapes.push((positions.advance_to(at), escape.to_owned()));
    });
    ReplacedText {
        text: replaced,
        escapes,
        unreported,
    }
}

impl ReplacedText {
    /// Reports the replaced escapes. `root` is the syntax tree of the document.
    pub fn report(self, root: &Node, report: &mut DiagnosticSink) {
        for (at, (position, escape)) in self.escapes.iter().enumerate() {
            let names = names(&json_pointer::for_position(root, *position));
            let (flag, place) = describe_place(&names);
            let further = match self.unreported {
                0 => String::new(),
                _ if at + 1 < self.escapes.len() => String::new(),
                more => format!("; {more} more follow"),
            };
            let message = format!(
                "`{escape}` in {place} is half of a character (an unpaired surrogate), read as U+FFFD{further}"
            );
            let help =
                "write the character itself, or both halves, for instance `\\ud83d\\ude00` for 😀";
            report.set_flag(flag.map(EcoString::from).as_ref());
            report.warn(Code::Syntax, *position, message, help);
            report.set_flag(None);
        }
    }
}

/// The names in a JSON Pointer.
fn names(pointer: &str) -> Vec<String> {
    let names = pointer.split('/').skip(1);
    names
        .map(|name| name.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// The flag that contains the key or value of this path, and a description of the path.
fn describe_place(names: &[String]) -> (Option<&str>, String) {
    match names {
        [] => (None, "the document".to_owned()),
        [flags, key] if flags.eq_ignore_ascii_case("flags") => {
            (Some(key.as_str()), format!("flag `{key}`"))
        }
        [flags, key, inside @ ..] if flags.eq_ignore_ascii_case("flags") => {
            let inside = inside.join(".");
            (Some(key.as_str()), format!("`{inside}` of flag `{key}`"))
        }
        names => (None, format!("`{}`", names.join("."))),
    }
}
