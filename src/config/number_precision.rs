//! Reports numbers in a configuration file that a 64-bit float cannot represent: options convert them back to text.
//!
//! Nodes store numbers as 64-bit floats. flagd keeps the digits of a number such as `9007199254740993`, and identifiers
//! can be that large.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::number_token::TextCursor;
use crate::document::number_token::is_lossless;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Reports the numbers in `node`, which was read from `text`, that would lose digits.
pub fn report_lost_digits(text: &str, node: &Node, report: &mut DiagnosticSink) {
    visit(&mut TextCursor::new(text), node, report);
}

fn visit(text: &mut TextCursor<'_>, node: &Node, report: &mut DiagnosticSink) {
    if let NodeKind::Number(value) = node.kind {
        let literal = text.number_token(node.position);
        if value.is_finite() && !is_lossless(literal, value) {
            let message = format!("the number `{literal}` would lose digits as a 64-bit float");
            let help = "put it in quotation marks to keep its digits";
            report.error(Code::LimitExceeded, node.position, message, help);
        }
    }
    for child in node.children() {
        visit(text, child, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::yaml_parser;

    fn mistakes(text: &str) -> Vec<String> {
        let mut report = DiagnosticSink::new("c".into());
        let node = yaml_parser::parse(text, &mut report).expect("it can be read");
        report_lost_digits(text, &node, &mut report);
        report.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn numbers_that_would_lose_digits_are_rejected() {
        for kept in [
            "0",
            "-0.0",
            "1.10",
            "1e3",
            "1_000",
            "010",
            "0x1F",
            "0.1",
            "9007199254740992",
            "-10000000000000000",
            "1.7976931348623157e308",
            "'9007199254740993'",
            "[&a 7, *a, !!int 7]",
        ] {
            assert_eq!(mistakes(kept), [""; 0], "{kept}");
        }
        for lost in [
            "9007199254740993",
            "-9_007_199_254_740_993",
            "18446744073709551615",
            "0.12345678901234567890",
            "1e-400",
            "0x20000000000001",
            "&a 9007199254740993",
        ] {
            assert_eq!(mistakes(lost).len(), 1, "{lost}");
        }
        let found = mistakes("a:\n  - {\u{e9}: 9007199254740993, b: 1}\n");
        let want = "c:2:9: F003: the number `9007199254740993` would lose digits as a 64-bit float \
                    (help: put it in quotation marks to keep its digits)";
        assert_eq!(found, [want]);
    }
}
