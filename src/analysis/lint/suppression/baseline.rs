//! The baseline: a file that lists known findings, so that only new findings are reported.
//!
//! A finding is identified by its file, code and message, not by its line, so that edits elsewhere in the file do not
//! make it new. A finding that occurs twice must be listed twice.

use std::collections::HashMap;

use crate::diag::Diagnostic;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::json;

type FindingKey = (String, String, String);

/// The known findings, and how often each occurs.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<FindingKey, usize>);

impl Baseline {
    /// Parses a file that [`to_json`] has written. `None` if it has another structure.
    pub fn from_node(root: &Node) -> Option<Baseline> {
        let [member] = root.as_map()? else {
            return None;
        };
        let NodeKind::List(items) = &member.value.kind else {
            return None;
        };
        let mut known = HashMap::new();
        for item in items {
            let text = |name: &str| Some(item.member(name)?.as_text()?.to_owned());
            let key = (text("file")?, text("code")?, text("message")?);
            *known.entry(key).or_default() += 1;
        }
        (&*member.key == "known").then_some(Baseline(known))
    }

    /// Removes the known findings from `found`. Returns the number of removed findings.
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

/// The baseline of `found`, one finding per line, so that two branches seldom change the same line.
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
