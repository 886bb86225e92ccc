//! Lint: values of `metadata` that are no scalars: flagd's schema does not permit them, and some clients refuse the file.

use crate::analysis::flag_file::FlagFile;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Reports such values in the metadata of a file and of its flags.
pub fn check(file: &FlagFile, report: &mut DiagnosticSink) {
    let root = file.root.as_ref();
    if let Some(root) = root.filter(|root| root.member_ignore_case("flags").is_some()) {
        check_metadata(file, "the document", root, report);
    }
    for subject in file.flag_views() {
        if let Some(node) = subject.node {
            let of = format!("flag `{}`", subject.flag.key);
            check_metadata(file, &of, node, report);
        }
    }
}

fn check_metadata(file: &FlagFile, of: &str, node: &Node, report: &mut DiagnosticSink) {
    let metadata = node.member_ignore_case("metadata");
    for member in metadata.and_then(Node::as_map).unwrap_or_default() {
        // Loading reports a field of the flag.
        let is_reported = || {
            let mut reported = file.diagnostics.iter();
            reported.any(|d| d.position == member.position)
        };
        if matches!(member.value.kind, NodeKind::List(_) | NodeKind::Map(_)) && !is_reported() {
            let message = format!(
                "`{}` in `metadata` of {of} is {}: some clients of flagd refuse all flags of such a file",
                member.key,
                member.value.type_name()
            );
            let help = "write a string, a number or a boolean";
            report.warn(Code::FlagMember, member.value.position, message, help);
        }
    }
}
