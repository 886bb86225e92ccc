//! Lint: variants that are all `yes`, `no`, `on` or `off` without quotes. In YAML 1.1 they are booleans; flagd reads strings.

use crate::analysis::flag_file::FlagFile;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::number_token::TextCursor;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;

/// Reports the flags of a file with such variants.
pub fn check(file: &FlagFile, report: &mut DiagnosticSink) {
    let mut text = TextCursor::new(&file.text);
    for subject in file.flag_views() {
        let variants = subject
            .node
            .and_then(|flag| flag.member_ignore_case("variants"));
        let variants = variants.and_then(Node::as_map).unwrap_or_default();
        if variants.is_empty() || !variants.iter().all(is_word) {
            continue;
        }
        let is_unquoted = |variant: &Member| {
            !text
                .rest_of_line(variant.value.position)
                .starts_with(['"', '\''])
        };
        if !variants.iter().all(is_unquoted) {
            continue;
        }
        let described = |variant: &Member| {
            let value = variant.value.as_text().unwrap_or("");
            format!("`{}` is the string `{value}`", variant.key)
        };
        let described: Vec<String> = variants.iter().map(described).collect();
        let message = format!(
            "variants of flag `{}` are strings, not booleans: {}",
            subject.flag.key,
            described.join(", ")
        );
        let help = "write true and false for a boolean flag, or put quotes around strings";
        let position = variants
            .first()
            .map_or(subject.flag.position, |v| v.value.position);
        report.warn(Code::VariantType, position, message, help);
    }
}

/// Returns true for a word that is a boolean in YAML 1.1, but a string to flagd.
fn is_word(variant: &Member) -> bool {
    let text = variant.value.as_text().unwrap_or("");
    let lower = text.to_ascii_lowercase();
    matches!(&*lower, "yes" | "no" | "on" | "off" | "y" | "n")
}
