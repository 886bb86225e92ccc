//! Serializers of syntax trees: JSON and YAML that fanion and flagd parse back to the same values.

pub mod flagd_targeting_json;
mod json;
mod layout;
mod yaml;

pub use crate::document::serialize::json::to_pretty_json;
pub use crate::document::serialize::yaml::to_yaml;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::DiagnosticSink;
    use crate::document::format::DocumentFormat;
    use crate::document::format::parse_syntax_tree;
    use crate::document::json_parser;

    #[test]
    fn written_yaml_parses_back() {
        let text = r#"{"on": true, "n": [1, -2.5, 1e300, null], "deep": [[{"a": []}, {}], ["x", ["y"]]], "": {},
            "odd \u2028 \"key\"\n": "- x", "list": [{"var": "a: b # c"}, "yes", "012", "2024-01-02", "~", " pad ", "@", "x"],
            "a.b/c": {"fractional": [{"var": "$flagd.flagKey"}, ["on", 5], ["off", 95]]}}"#;
        let mut report = DiagnosticSink::new("f".into());
        let node = json_parser::parse(text, &mut report).expect("it is JSON");
        let same = |written: &str, format| {
            let mut report = DiagnosticSink::new("f".into());
            let read = parse_syntax_tree(written, format, &mut report);
            let read = read.expect(written);
            assert_eq!(read.to_owned_value(), node.to_owned_value(), "{written}");
        };
        same(&to_yaml(&node), DocumentFormat::Yaml);
        same(&to_pretty_json(&node), DocumentFormat::Json);
        assert!(
            to_yaml(&node).contains("\n  fractional:\n"),
            "{}",
            to_yaml(&node)
        );
    }
}
