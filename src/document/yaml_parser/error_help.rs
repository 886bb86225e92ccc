//! Help for YAML syntax errors: finds the cause in the lines around the position, where the parser names a symptom.

pub mod cause;
mod site;
mod unquoted;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::yaml_parser::error_help::cause::SyntaxCause;
use crate::document::yaml_parser::error_help::cause::SyntaxFailure;
use crate::document::yaml_parser::error_help::cause::explain_template;
use crate::document::yaml_parser::error_help::cause::explained;
use crate::document::yaml_parser::error_help::cause::shorten;
use crate::document::yaml_parser::error_help::site::Site;
use crate::document::yaml_parser::error_help::site::indentation;
use crate::document::yaml_parser::error_help::site::inside_brackets;
use crate::document::yaml_parser::error_help::site::is_dash;
use crate::document::yaml_parser::error_help::site::line_at;
use crate::document::yaml_parser::error_help::site::without_comment;
use crate::document::yaml_parser::error_help::unquoted::explain_lookalike_space;
use crate::document::yaml_parser::error_help::unquoted::explain_missing_space;
use crate::document::yaml_parser::error_help::unquoted::explain_operator;
use crate::json::position_at;

/// Reports a syntax error of `text` with its cause and remedy.
pub fn report(text: &str, failure: &SyntaxFailure<'_>, report: &mut DiagnosticSink) {
    let position = failure.position.unwrap_or_else(|| first_unprintable(text));
    let cause = explain_syntax_error(text, position, failure);
    let position = cause.position.unwrap_or(position);
    report.error(Code::Syntax, position, cause.message, cause.help);
}

fn explain_syntax_error(
    text: &str,
    position: Position,
    failure: &SyntaxFailure<'_>,
) -> SyntaxCause {
    let lines: Vec<&str> = text.lines().collect();
    let site = Site::new(&lines, position);
    let start = failure.start.and_then(|start| line_at(&lines, start));
    explain_foreign_text(&[site.line, start.unwrap_or("")])
        .or_else(|| explain_lookalike_space(&lines, position))
        .or_else(|| explain_whitespace(&site))
        .or_else(|| explain_operator(&lines, position, failure))
        .or_else(|| explain_brackets(&lines, &site, position, failure))
        .or_else(|| explain_scalar(&site, failure))
        .or_else(|| explain_structure(&lines, &site, failure))
        .unwrap_or_else(|| general_explanation(failure))
}

/// Templates and merge conflicts.
fn explain_foreign_text(lines: &[&str]) -> Option<SyntaxCause> {
    let is_conflict = |line: &&&str| {
        ["<<<<<<<", "=======", ">>>>>>>"]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    if lines.iter().any(|line| is_conflict(&line)) {
        return explained(
            "the file has an unresolved merge conflict",
            "resolve it, and remove the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`",
        );
    }
    if lines.iter().any(|line| line.contains("{{")) {
        return Some(explain_template());
    }
    None
}

fn explain_whitespace(site: &Site<'_>) -> Option<SyntaxCause> {
    if is_dash(site.line) && inside_brackets(site.above) {
        return explained(
            "a list with dashes is not allowed inside `{ … }` or `[ … ]`",
            "write the list as `[a, b, c]`, or write the enclosing values on separate lines without brackets",
        );
    }
    if site.line.trim_start_matches(' ').starts_with('\t') {
        return explained("a tab is used for indentation", "indent with spaces");
    }
    None
}

fn explain_brackets(
    lines: &[&str],
    site: &Site<'_>,
    position: Position,
    failure: &SyntaxFailure<'_>,
) -> Option<SyntaxCause> {
    let (open, close) = match failure.problem {
        "did not find expected ',' or '}'" => ('{', '}'),
        "did not find expected ',' or ']'" => ('[', ']'),
        "did not find expected node content" if site.rest.starts_with([',', '}', ']']) => {
            return explained(
                "a value is missing here",
                "write a value, or remove the comma",
            );
        }
        "did not find expected key" if site.rest.starts_with(['}', ']']) => {
            let found = site.rest.get(..1).unwrap_or("");
            return explained(
                format!("`{found}` closes a bracket that was never opened"),
                "remove it",
            );
        }
        _ => return None,
    };
    let Position { line, column } = failure.start.unwrap_or(position);
    if inside_brackets(lines) {
        return explained(
            format!("the bracket `{open}` at {line}:{column} is not closed"),
            format!("write `{close}` at its end, and separate items with commas"),
        );
    }
    explained(
        format!("a comma is missing inside the bracket `{open}` at {line}:{column}"),
        "separate items with commas, and a key from its value with a colon",
    )
}

/// Scalars that are not quoted, or whose quotes are wrong.
fn explain_scalar(site: &Site<'_>, failure: &SyntaxFailure<'_>) -> Option<SyntaxCause> {
    let first = site.rest.chars().next().unwrap_or(' ');
    match (failure.problem, failure.context) {
        ("found unexpected end of stream" | "found unexpected document indicator", _) => {
            let Position { line, column } = failure.start?;
            explained(
                format!("the quote at {line}:{column} is not closed"),
                "close it on the line where the text ends",
            )
        }
        ("found character that cannot start any token", _) => explained(
            format!("a value cannot begin with `{first}`"),
            "quote the value",
        ),
        (_, "while scanning an alias") => {
            explained("`*` begins an alias here, not text", "quote the value")
        }
        (_, "while scanning an anchor") => {
            explained("`&` begins an anchor here, not text", "quote the value")
        }
        (_, "while scanning a tag" | "while parsing a tag") => {
            explained("`!` begins a tag here, not text", "quote the value")
        }
        ("found unknown escape character", _) => {
            let escape: String = site.rest.chars().take(2).collect();
            explained(
                format!("`{escape}` is not an escape sequence"),
                "write the text in single quotes, or write `\\\\` for a backslash",
            )
        }
        ("did not find expected key", _) if !site.is_first_on_line() => explained(
            "text follows a complete value",
            "quote the whole value; inside single quotes, write a quote twice",
        ),
        _ => None,
    }
}

/// Colons and indentation.
fn explain_structure(
    lines: &[&str],
    site: &Site<'_>,
    failure: &SyntaxFailure<'_>,
) -> Option<SyntaxCause> {
    match failure.problem {
        "mapping values are not allowed in this context" => explain_colon(site),
        "could not find expected ':'" => {
            let start = failure.start?;
            let above = Site::new(lines, start).previous.trim_end();
            if above.ends_with(['|', '>']) || above.ends_with("|-") || above.ends_with(">-") {
                return explained(
                    "the text below a `|` or `>` is not indented",
                    "indent all lines of the text deeper than their key",
                );
            }
            let word = without_comment(line_at(lines, start)?).trim();
            let cause = explain_missing_space(word).or_else(|| {
                explained(
                    format!("`{}` has no colon behind it", shorten(word)),
                    "write a key as `KEY: VALUE`, or indent the line if it continues the text above",
                )
            })?;
            Some(cause.at(start))
        }
        "did not find expected key" if is_dash(site.line) => explained(
            "a list item stands among the keys of a mapping",
            "indent the list below its key, or remove the dash",
        ),
        "did not find expected key" => explain_indentation(site),
        "did not find expected '-' indicator" => explained(
            "this line stands among the items of a list, but does not begin with `- `",
            "begin it with `- `, or indent it like the key above the list",
        ),
        "block sequence entries are not allowed in this context" => explained(
            "a list item stands on the line of its key",
            "write each item on a line of its own below the key, or write `[a, b]`",
        ),
        _ => None,
    }
}

fn explain_colon(site: &Site<'_>) -> Option<SyntaxCause> {
    if site.before.contains(": ") {
        return explained("the value contains a colon", "quote the value");
    }
    let previous = site.previous.trim();
    let word = shorten(previous);
    match previous.split_once(':') {
        None => explained(
            format!("`{word}` in the line above has no colon behind it"),
            format!("write `{word}:`"),
        ),
        Some((key, value)) if !value.is_empty() && !value.starts_with(' ') => explained(
            format!("`{word}` in the line above has no space behind its colon"),
            format!("write `{}`", shorten(&format!("{key}: {value}"))),
        ),
        Some(_) => explain_indentation(site),
    }
}

fn explain_indentation(site: &Site<'_>) -> Option<SyntaxCause> {
    if indentation(site.line) <= indentation(site.previous) {
        return explained(
            "the indentation of this line matches no line above",
            "indent it exactly like the other keys of its mapping",
        );
    }
    let help = if site.previous.trim_end().ends_with(['}', ']']) {
        "indent it like the line above, or write it inside the brackets"
    } else {
        "indent it like the line above"
    };
    explained(
        "this line is indented deeper than the line above, whose value is complete",
        help,
    )
}

fn general_explanation(failure: &SyntaxFailure<'_>) -> SyntaxCause {
    let message = match failure.context {
        "" => failure.problem.to_owned(),
        context => format!("{}, {context}", failure.problem),
    };
    SyntaxCause::new(
        message,
        "check the indentation of this line and of the line above",
    )
}

/// The position of the first character that YAML does not allow, such as a control character.
fn first_unprintable(text: &str) -> Position {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
            && c != '\u{feff}'
    };
    let at = text.find(|c| !allowed(c)).unwrap_or(text.len());
    position_at(text, at)
}
