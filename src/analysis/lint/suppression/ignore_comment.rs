//! Ignore comments in flag files: `# flag-lint: ignore F103 the deny list also applies to anonymous users`.
//!
//! After a value, a comment covers its line; alone on a line, it covers the following line and the lines that are
//! indented below that line. JSON has no comments: use a baseline there.

use crate::analysis::flag_file::FlagFile;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;

const DIRECTIVE: &str = "# flag-lint: ignore ";

/// An ignore comment, and the lines that it covers.
struct IgnoreComment {
    position: Position,
    code: Code,
    first_line: u32,
    last_line: u32,
    used: bool,
}

/// Removes the findings that comments ignore, and adds findings about comments. Returns the number of removed findings.
///
/// An error of loading is not removed, because the flag evaluates to that error.
pub fn remove_ignored(files: &[FlagFile], found: &mut Vec<Diagnostic>) -> usize {
    let before = found.len();
    let mut complaints = Vec::new();
    for file in files {
        let mut report = DiagnosticSink::new(file.name.clone());
        let mut comments = parse_comments(&file.text, &mut report);
        let own = |d: &Diagnostic| d.file == file.name;
        found.retain(|diagnostic| !own(diagnostic) || !is_ignored(diagnostic, &mut comments));
        for comment in comments.iter().filter(|comment| !comment.used) {
            let message = format!(
                "unused ignore comment: no {} finding here",
                comment.code.id()
            );
            let help = "remove the comment";
            report.warn(Code::StaleIgnoreComment, comment.position, message, help);
        }
        complaints.extend(report.finish());
    }
    let taken = before - found.len();
    found.extend(complaints);
    taken
}

fn is_ignored(diagnostic: &Diagnostic, comments: &mut [IgnoreComment]) -> bool {
    let line = diagnostic.position.line;
    let fits = |c: &&mut IgnoreComment| {
        c.code == diagnostic.code && (c.first_line..=c.last_line).contains(&line)
    };
    let Some(comment) = comments.iter_mut().find(fits) else {
        return false;
    };
    comment.used = true;
    !(diagnostic.code.is_reported_at_load() && diagnostic.severity == Severity::Error)
}

fn parse_comments(text: &str, report: &mut DiagnosticSink) -> Vec<IgnoreComment> {
    if !text.contains(DIRECTIVE) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut comments = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, behind)) = line.split_once(DIRECTIVE) else {
            continue;
        };
        let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        let column = u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX);
        let place = Position {
            line: number(at),
            column,
        };
        let (first, last) = if before.trim().is_empty() {
            indented_block(&lines, at + 1)
        } else {
            (at, at)
        };
        let mut codes = 0;
        for word in behind.split([' ', ',']).filter(|word| !word.is_empty()) {
            let Some(code) = Code::from_id(word) else {
                break;
            };
            codes += 1;
            comments.push(IgnoreComment {
                position: place,
                code,
                first_line: number(first),
                last_line: number(last),
                used: false,
            });
        }
        if codes == 0 {
            let help = "write the code and the reason: `# flag-lint: ignore F103 REASON`";
            report.warn(
                Code::StaleIgnoreComment,
                place,
                "ignore comment without a code",
                help,
            );
        }
    }
    comments
}

/// The lines from the first one with content at or after `from` to the last one that is indented below it.
fn indented_block(lines: &[&str], from: usize) -> (usize, usize) {
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let indent = |line: &str| line.len() - line.trim_start().len();
    let rest = || {
        lines
            .iter()
            .enumerate()
            .skip(from)
            .filter(|(_, line)| says(line))
    };
    let Some((first, head)) = rest().next() else {
        return (from, from);
    };
    let below = rest()
        .skip(1)
        .take_while(|(_, line)| indent(line) > indent(head));
    (first, below.last().map_or(first, |(at, _)| at))
}
