//! Documents after the first one of a file: they are ignored, which is an error if they hold flags.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::preamble::foreign_document;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The number of flags that a message names.
const NAMED_FLAGS: usize = 3;

/// Reports the documents of a file that are ignored. Returns false if the file has flags, but not in its first document.
pub fn check(first: &Node, further: &[Node], report: &mut DiagnosticSink) -> bool {
    if first.member_ignore_case("flags").is_none() {
        let mut places = further.iter();
        let place = places.find_map(|node| Some((node, foreign_document::describe_place(node)?)));
        if let Some((node, place)) = place {
            let message =
                "the flags are not in the first document of the file, which alone is read";
            report.error(Code::DocumentShape, node.position, message, place);
            return false;
        }
    }
    let is_written = |node: &&Node| !matches!(node.kind, NodeKind::Null);
    for node in further.iter().filter(is_written) {
        if let Some(flags) = node.member_ignore_case("flags") {
            report_ignored_flags(node, flags, report);
        } else {
            let message = "this document is ignored: only the first document of a file is read";
            let help = "put each document into its own file";
            report.warn(Code::DocumentShape, node.position, message, help);
            break;
        }
    }
    true
}

fn report_ignored_flags(node: &Node, flags: &Node, report: &mut DiagnosticSink) {
    let members = flags.as_map().unwrap_or_default();
    let names = members.iter().take(NAMED_FLAGS);
    let mut names: Vec<String> = names.map(|member| format!("`{}`", member.key)).collect();
    if members.len() > NAMED_FLAGS {
        names.push(format!("{} more", members.len() - NAMED_FLAGS));
    }
    let names = match names.join(", ") {
        names if names.is_empty() => names,
        names => format!(" with its flags {names}"),
    };
    let message =
        format!("this document is ignored{names}: only the first document of a file is read");
    let help = "remove the `---` and the second `flags:`, or put each document into its own file";
    report.error(Code::DocumentShape, node.position, message, help);
}
