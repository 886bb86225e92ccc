//! Findings as one JSON document.

use std::fmt::Write as _;

use crate::cli::lint::format::pointer;
use crate::cli::lint::format::severity;
use crate::diag::Diagnostic;
use crate::json::write_text;
use crate::study::file::File;
use crate::study::lint;

pub fn write(files: &[File], found: &[Diagnostic]) -> String {
    let mut out = String::from("{\"findings\":[");
    for (at, diagnostic) in found.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        one(&mut out, files, diagnostic);
    }
    let (errors, warnings) = lint::count(found);
    let files = files.len();
    let _ = writeln!(
        out,
        "],\n\"errors\":{errors},\"warnings\":{warnings},\"files\":{files}}}"
    );
    out
}

fn one(out: &mut String, files: &[File], diagnostic: &Diagnostic) {
    let _ = write!(
        out,
        "{{\"code\":\"{}\",\"severity\":\"{}\",\"file\":",
        diagnostic.code.id(),
        severity(diagnostic)
    );
    write_text(out, &diagnostic.file);
    let place = diagnostic.place;
    let _ = write!(out, ",\"line\":{},\"column\":{}", place.line, place.column);
    if let Some(pointer) = pointer(files, diagnostic) {
        out.push_str(",\"pointer\":");
        write_text(out, &pointer);
    }
    out.push_str(",\"message\":");
    write_text(out, &diagnostic.message);
    out.push_str(",\"help\":");
    write_text(out, &diagnostic.help);
    out.push('}');
}
