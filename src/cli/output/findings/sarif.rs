//! Lint findings as SARIF 2.1.0.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::HashMap;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::analysis::flag_file::FlagFile;
use crate::cli::output::findings::fields::json_pointer;
use crate::cli::output::findings::fields::message_with_help;
use crate::cli::output::findings::fields::severity_name;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::fingerprint;
use crate::json::ArrayWriter;
use crate::json::ObjectWriter;

const SCHEMA_URI: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The characters that a URI path may have unescaped.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Prints a log of one run, with one rule or result per line.
pub fn render(files: &[FlagFile], found: &[Diagnostic]) -> String {
    let mut out = String::new();
    ObjectWriter::write(&mut out, |log| {
        log.string("$schema", SCHEMA_URI);
        log.string("version", "2.1.0");
        log.array("runs", |runs| {
            runs.object(|run| write_run(run, files, found));
        });
    });
    out.push('\n');
    out
}

fn write_run(run: &mut ObjectWriter<'_>, files: &[FlagFile], found: &[Diagnostic]) {
    let mut codes: Vec<Code> = found.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    run.object("tool", |tool| {
        tool.object("driver", |driver| {
            driver.string("name", "flagctl");
            driver.string("version", env!("CARGO_PKG_VERSION"));
            driver.string("informationUri", env!("CARGO_PKG_REPOSITORY"));
            driver.array("rules", |rules| {
                for code in &codes {
                    write_rule(rules, *code);
                }
            });
        });
    });
    run.string("columnKind", "unicodeCodePoints");
    run.array("results", |results| {
        let mut occurrences: HashMap<_, u32> = HashMap::new();
        for diagnostic in found {
            let key = (&diagnostic.file, diagnostic.code, &diagnostic.message);
            let occurrence = occurrences.entry(key).or_default();
            *occurrence += 1;
            results.line_break();
            results.object(|result| {
                result.string("ruleId", diagnostic.code.id());
                let index = codes.binary_search(&diagnostic.code);
                result.number("ruleIndex", index.unwrap_or(0));
                write_result(result, files, diagnostic, *occurrence);
            });
        }
    });
}

fn write_rule(rules: &mut ArrayWriter<'_>, code: Code) {
    rules.line_break();
    rules.object(|rule| {
        rule.string("id", code.id());
        rule.object("shortDescription", |text| text.string("text", code.title()));
        rule.object("help", |help| {
            help.string("text", code.page());
            help.string("markdown", code.page());
        });
    });
}

fn write_result(
    result: &mut ObjectWriter<'_>,
    files: &[FlagFile],
    diagnostic: &Diagnostic,
    occurrence: u32,
) {
    result.string("level", severity_name(diagnostic));
    result.object("message", |message| {
        message.string("text", &message_with_help(diagnostic, "\n"));
    });
    result.array("locations", |locations| {
        locations.object(|location| write_location(location, files, diagnostic));
    });
    result.object("partialFingerprints", |fingerprints| {
        fingerprints.string("flagctl/v1", &finding_fingerprint(diagnostic, occurrence));
    });
}

fn write_location(location: &mut ObjectWriter<'_>, files: &[FlagFile], diagnostic: &Diagnostic) {
    location.object("physicalLocation", |physical| {
        physical.object("artifactLocation", |artifact| {
            artifact.string("uri", &artifact_uri(&diagnostic.file));
        });
        physical.object("region", |region| {
            region.number("startLine", diagnostic.position.line);
            region.number("startColumn", diagnostic.position.column);
        });
    });
    if let Some(pointer) = json_pointer(files, diagnostic) {
        location.array("logicalLocations", |logical| {
            logical.object(|name| name.string("fullyQualifiedName", &pointer));
        });
    }
}

/// Identifies a finding by file, code and message, so that it stays the same when lines move. `occurrence` numbers
/// equal findings.
fn finding_fingerprint(diagnostic: &Diagnostic, occurrence: u32) -> String {
    let Diagnostic { file, message, .. } = diagnostic;
    let identity = format!("{file}\n{}\n{message}\n{occurrence}", diagnostic.code.id());
    let hash = fingerprint::bytes_128(identity.as_bytes());
    format!("{hash:032x}")
}

/// A path as a URI reference.
fn artifact_uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let encoded = utf8_percent_encode(&path, URI_PATH);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{encoded}")
}
