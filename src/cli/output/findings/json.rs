//! Lint findings as one JSON object.

use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::count_files;
use crate::analysis::lint;
use crate::cli::output::findings::fields::json_pointer;
use crate::cli::output::findings::fields::severity_name;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::json::ObjectWriter;

/// Prints the findings, one per line, and their number.
pub fn render(files: &[FlagFile], found: &[Diagnostic]) -> String {
    let (errors, warnings) = lint::count_errors_and_warnings(found);
    let mut out = String::new();
    ObjectWriter::write(&mut out, |root| {
        root.array("findings", |findings| {
            for diagnostic in found {
                findings.line_break();
                findings.object(|finding| write_finding(finding, files, diagnostic));
            }
        });
        root.line_break();
        root.number("errors", errors);
        root.number("warnings", warnings);
        root.number("files", count_files(files));
    });
    out.push('\n');
    out
}

fn write_finding(finding: &mut ObjectWriter<'_>, files: &[FlagFile], diagnostic: &Diagnostic) {
    let Position { line, column } = diagnostic.position;
    finding.string("code", diagnostic.code.id());
    finding.string("severity", severity_name(diagnostic));
    finding.string("file", &diagnostic.file);
    finding.number("line", line);
    finding.number("column", column);
    if let Some(pointer) = json_pointer(files, diagnostic) {
        finding.string("pointer", &pointer);
    }
    finding.string("message", &diagnostic.message);
    finding.string("help", &diagnostic.help);
}
