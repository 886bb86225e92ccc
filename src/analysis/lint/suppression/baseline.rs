//! Findings that are known and put up with: a file lists them, and only what comes on top is told.
//!
//! A finding is known by its file, its code and its words, not by its line: edits elsewhere in the file do not bring it
//! back. The same finding twice has to be listed twice.

use std::collections::HashMap;

use crate::diag::Diagnostic;
use crate::document::syntax_tree::Node;
use crate::json;

type FindingKey = (String, String, String);

/// The known findings, and how often each occurs.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<FindingKey, usize>);

impl Baseline {
    /// Reads what [`to_json`] has written. `None` if it is something else.
    pub fn from_node(root: &Node) -> Option<Baseline> {
        let [member] = root.as_map()? else {
            return None;
        };
        let crate::document::syntax_tree::NodeKind::List(items) = &member.value.kind else {
            return None;
        };
        let mut known = HashMap::new();
        for item in items {
            let text = |name: &str| {
                let members = item.as_map()?.iter();
                let mut named = members.filter(|member| &*member.key == name);
                Some(named.next()?.value.as_text()?.to_owned())
            };
            let key = (text("file")?, text("code")?, text("message")?);
            *known.entry(key).or_default() += 1;
        }
        (&*member.key == "known").then_some(Baseline(known))
    }

    /// Takes what is known from `found`. How many findings were taken.
    pub fn remove_known(mut self, found: &mut Vec<Diagnostic>) -> usize {
        let before = found.len();
        found.retain(
            |diagnostic| match self.0.get_mut(&finding_key(diagnostic)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    false
                }
                _ => true,
            },
        );
        before - found.len()
    }
}

fn finding_key(diagnostic: &Diagnostic) -> FindingKey {
    let Diagnostic {
        file,
        code,
        message,
        ..
    } = diagnostic;
    (file.to_string(), code.id().to_owned(), message.clone())
}

/// The file that lists `found`, one finding a line, so that two branches seldom change the same one.
pub fn to_json(found: &[Diagnostic]) -> String {
    let mut keys: Vec<FindingKey> = found.iter().map(finding_key).collect();
    keys.sort();
    let mut out = String::from("{\"known\": [");
    for (at, (file, code, message)) in keys.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str("{\"file\": ");
        json::write_string(&mut out, file);
        out.push_str(", \"code\": ");
        json::write_string(&mut out, code);
        out.push_str(", \"message\": ");
        json::write_string(&mut out, message);
        out.push('}');
    }
    out.push_str("\n]}\n");
    out
}
