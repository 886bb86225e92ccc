//! Findings as one JSON document.

use std::fmt::Write as _;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint;
use crate::cli::output::findings::json_pointer;
use crate::cli::output::findings::severity_name;
use crate::diag::Diagnostic;
use crate::json::write_string;

pub fn render(files: &[FlagFile], found: &[Diagnostic]) -> String {
    let mut out = String::from("{\"findings\":[");
    for (at, diagnostic) in found.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        write_finding(&mut out, files, diagnostic);
    }
    let (errors, warnings) = lint::count_errors_and_warnings(found);
    let files = files.len();
    let _ = writeln!(
        out,
        "],\n\"errors\":{errors},\"warnings\":{warnings},\"files\":{files}}}"
    );
    out
}

fn write_finding(out: &mut String, files: &[FlagFile], diagnostic: &Diagnostic) {
    let _ = write!(
        out,
        "{{\"code\":\"{}\",\"severity\":\"{}\",\"file\":",
        diagnostic.code.id(),
        severity_name(diagnostic)
    );
    write_string(out, &diagnostic.file);
    let place = diagnostic.position;
    let _ = write!(out, ",\"line\":{},\"column\":{}", place.line, place.column);
    if let Some(pointer) = json_pointer(files, diagnostic) {
        out.push_str(",\"pointer\":");
        write_string(out, &pointer);
    }
    out.push_str(",\"message\":");
    write_string(out, &diagnostic.message);
    out.push_str(",\"help\":");
    write_string(out, &diagnostic.help);
    out.push('}');
}
