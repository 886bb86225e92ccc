//! Flag documents: JSON incrementally and as a whole, YAML and its serialization, and lint.

use std::sync::Arc;

use fanion::analysis::flag_file;
use fanion::analysis::flag_file::RawFlagFile;
use fanion::analysis::lint;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::diag::DiagnosticSink;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::FaultPolicy;
use fanion::document::parse_syntax_tree;
use fanion::document::serialize::to_pretty_json;
use fanion::document::serialize::to_yaml;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::CompiledFlag;
use fanion::source::layer;
use fanion::source::layer::Layer;
use fanion::source::layer::compile::CompileOptions;

use crate::checks::sample_flags;

/// A JSON document: the flags are the same whether the document is parsed as a whole or flag by flag, and whether flags
/// of another document are reused or not.
pub fn check_json(data: &[u8]) {
    let (incremental, _) = compile(DocumentFormat::Json, data, None);
    let whole = document::parse_bytes(data, DocumentFormat::Json, &sample_flags::origin()).document;
    let whole = whole.map(|document| {
        let flags = document.flags.into_iter().map(Arc::unwrap_or_clone);
        flags
            .map(|flag| ruleset::compile_flag(flag, FractionalVersion::V2))
            .collect::<Vec<_>>()
    });
    let shown = incremental.as_ref().map(show_layer);
    assert_eq!(
        shown,
        whole
            .as_ref()
            .map(|flags| flags.iter().map(show).collect::<Vec<_>>())
    );
    if data.len() > 1 {
        let at = usize::from(data[data.len() / 2]) * 31 % data.len();
        let edited = [&data[..at], &data[at + 1..]].concat();
        for other in [edited, data.to_vec()] {
            let (previous, _) = compile(DocumentFormat::Json, &other, None);
            let (reused, _) = compile(DocumentFormat::Json, data, previous.as_ref());
            assert_eq!(
                reused.as_ref().map(show_layer),
                shown,
                "reused from {other:?}"
            );
        }
    }
    check_lint("flags.json", data);
    let valid = serde_json::from_slice::<serde_json::Value>(data).is_ok();
    let mut report = DiagnosticSink::new("file".into());
    let text = std::str::from_utf8(data);
    if let Ok(text) = text {
        let parsed = parse_syntax_tree(text, DocumentFormat::Json, &mut report).is_some();
        assert!(
            parsed || !valid || nesting(text) > 100,
            "valid JSON is refused"
        );
    }
}

/// An upper bound of the nesting.
fn nesting(text: &str) -> usize {
    text.matches(['[', '{']).count()
}

/// A YAML document: what is read can be written as JSON and as YAML, and is read again.
pub fn check_yaml(data: &[u8]) {
    let (_, diagnostics) = compile(DocumentFormat::Yaml, data, None);
    for diagnostic in &diagnostics {
        assert!(!diagnostic.to_string().contains('\n'), "{diagnostic}");
    }
    check_lint("flags.yaml", data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut report = DiagnosticSink::new("file".into());
    let Some(node) = parse_syntax_tree(text, DocumentFormat::Yaml, &mut report) else {
        assert!(
            !report.finish().is_empty(),
            "a document is refused without a reason"
        );
        return;
    };
    let json = to_pretty_json(&node);
    // An expanded document may exceed the limits of the next one.
    if json.len() > 64 * 1024 {
        return;
    }
    for (text, format) in [
        (json.clone(), DocumentFormat::Json),
        (to_yaml(&node), DocumentFormat::Yaml),
    ] {
        let mut report = DiagnosticSink::new("file".into());
        let again = parse_syntax_tree(&text, format, &mut report);
        let again =
            again.unwrap_or_else(|| panic!("{text:?} cannot be read: {:?}", report.finish()));
        assert_eq!(to_pretty_json(&again), json, "{text}");
    }
}

fn compile(
    format: DocumentFormat,
    bytes: &[u8],
    previous: Option<&Layer>,
) -> (Option<Layer>, Vec<fanion::diag::Diagnostic>) {
    let options = CompileOptions {
        faults: FaultPolicy::IsolateFlag,
        fractional_version: FractionalVersion::V2,
    };
    layer::compile::compile(format, &sample_flags::origin(), bytes, options, previous)
}

fn show_layer(layer: &Layer) -> Vec<String> {
    layer.flags.iter().map(|flag| show(flag)).collect()
}

/// A flag without positions: those of a reused flag are from the document in which it was parsed.
fn show(flag: &CompiledFlag) -> String {
    let text = format!("{flag:?}");
    let mut parts = text.split("Position { ");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |shown, part| {
        shown + part.split_once('}').map_or(part, |(_, behind)| behind)
    })
}

fn check_lint(name: &str, data: &[u8]) {
    let file = RawFlagFile {
        name: name.into(),
        bytes: Ok(data.into()),
    };
    let files = flag_file::parse_files(vec![file], FractionalVersion::V2);
    lint::check(&files, &LintPolicy::default());
}
