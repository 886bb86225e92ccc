//! Lint findings as `JUnit` XML: a failed test for each finding that fails the run, a passed test for each clean file.

use std::fmt::Write as _;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::policy::FailOn;
use crate::cli::output::findings::fields::message_with_help;
use crate::diag::Diagnostic;
use crate::diag::Position;

/// Prints one test suite.
pub fn render(files: &[FlagFile], found: &[Diagnostic], fail_on: FailOn) -> String {
    let clean = |file: &&FlagFile| !found.iter().any(|d| d.file == file.name);
    let mut clean: Vec<&FlagFile> = files.iter().filter(clean).collect();
    // The flag documents of one file stand together.
    clean.dedup_by(|a, b| a.name == b.name);
    let fails = |diagnostic: &Diagnostic| fail_on.fails(std::slice::from_ref(diagnostic));
    let failures = found.iter().filter(|diagnostic| fails(diagnostic)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\"",
        clean.len() + found.len()
    );
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites {counts}>\n<testsuite name=\"flagctl\" {counts}>"
    );
    for file in clean {
        let name = escape_xml(&file.name);
        let _ = writeln!(out, "<testcase classname=\"{name}\" name=\"no findings\"/>");
    }
    for diagnostic in found {
        write_testcase(&mut out, diagnostic, fails(diagnostic));
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

fn write_testcase(out: &mut String, diagnostic: &Diagnostic, fails: bool) {
    let (file, code) = (escape_xml(&diagnostic.file), diagnostic.code.id());
    let Position { line, column } = diagnostic.position;
    let text = escape_xml(&message_with_help(diagnostic, "\n"));
    let _ = writeln!(
        out,
        "<testcase classname=\"{file}\" name=\"{code} at {line}:{column}\">"
    );
    let _ = if fails {
        let message = escape_xml(&diagnostic.message);
        writeln!(
            out,
            "<failure type=\"{code}\" message=\"{message}\">{text}</failure>"
        )
    } else {
        writeln!(out, "<system-out>{text}</system-out>")
    };
    out.push_str("</testcase>\n");
}

/// Escapes text for XML 1.0. Control characters that XML cannot contain become U+FFFD.
fn escape_xml(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
