//! Findings as SARIF 2.1.0.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::fmt::Write as _;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::analysis::flag_file::FlagFile;
use crate::cli::output::findings::json_pointer;
use crate::cli::output::findings::message_with_help;
use crate::cli::output::findings::severity_name;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::json::write_string;

const SCHEMA_URI: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What stays as it is in the path of a URI.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub fn render(files: &[FlagFile], found: &[Diagnostic]) -> String {
    let mut codes: Vec<Code> = found.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut out = format!(
        "{{\"$schema\":\"{SCHEMA_URI}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{"
    );
    let _ = write!(
        out,
        "\"name\":\"flagctl\",\"version\":\"{}\",\"informationUri\":\"{}\",\"rules\":[",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY")
    );
    for (at, code) in codes.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        write_rule(&mut out, *code);
    }
    out.push_str("]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    let mut seen = std::collections::HashMap::new();
    for (at, diagnostic) in found.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        let index = codes.binary_search(&diagnostic.code).unwrap_or(0);
        let key = (&diagnostic.file, diagnostic.code, &diagnostic.message);
        let count: &mut u32 = seen.entry(key).or_default();
        *count += 1;
        write_result(&mut out, files, diagnostic, index, *count);
    }
    out.push_str("]}]}\n");
    out
}

fn write_rule(out: &mut String, code: Code) {
    let _ = write!(
        out,
        "{{\"id\":\"{}\",\"shortDescription\":{{\"text\":",
        code.id()
    );
    write_string(out, code.title());
    out.push_str("},\"help\":{\"text\":");
    write_string(out, code.page());
    out.push_str(",\"markdown\":");
    write_string(out, code.page());
    out.push_str("}}");
}

fn write_result(
    out: &mut String,
    files: &[FlagFile],
    diagnostic: &Diagnostic,
    index: usize,
    count: u32,
) {
    let _ = write!(
        out,
        "{{\"ruleId\":\"{}\",\"ruleIndex\":{index},\"level\":\"{}\",\"message\":{{\"text\":",
        diagnostic.code.id(),
        severity_name(diagnostic)
    );
    write_string(out, &message_with_help(diagnostic, "\n"));
    out.push_str("},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    write_string(out, &artifact_uri(&diagnostic.file));
    let place = diagnostic.position;
    let _ = write!(
        out,
        "}},\"region\":{{\"startLine\":{},\"startColumn\":{}}}}}",
        place.line, place.column
    );
    if let Some(pointer) = json_pointer(files, diagnostic) {
        out.push_str(",\"logicalLocations\":[{\"fullyQualifiedName\":");
        write_string(out, &pointer);
        out.push_str("}]");
    }
    // Knows the finding again when lines have moved.
    let print = format!(
        "{}\n{}\n{}\n{count}",
        diagnostic.file,
        diagnostic.code.id(),
        diagnostic.message
    );
    let print = murmur3::murmur3_x64_128(&mut print.as_bytes(), 0).unwrap_or_default();
    let _ = write!(
        out,
        "}}],\"partialFingerprints\":{{\"flagctl/v1\":\"{print:032x}\"}}}}"
    );
}

/// A path as a reference.
fn artifact_uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let encoded = utf8_percent_encode(&path, URI_PATH);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{encoded}")
}
