//! Help for YAML syntax errors: guesses the cause from the line and the lines above it.

use crate::diag::Position;
use crate::json::position_at;

/// The message and the help for a syntax error, from the parser's message and the text around its position.
pub fn explain_syntax_error(
    text: &str,
    position: Position,
    parser: &str,
) -> (String, &'static str) {
    let lines: Vec<&str> = text.lines().collect();
    let at = usize::try_from(position.line)
        .unwrap_or(1)
        .saturating_sub(1);
    let line = lines.get(at).copied().unwrap_or("");
    let above = lines.get(..at).unwrap_or(&[]);
    if is_dash(line) && inside_brackets(above) {
        return (
            "a list with dashes is not allowed inside `{ … }` or `[ … ]`".to_owned(),
            "write the list as `[a, b, c]`, or write the enclosing values on separate lines without brackets",
        );
    }
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        return (
            "a tab is used for indentation".to_owned(),
            "indent with spaces",
        );
    }
    if line.matches('"').count() % 2 == 1 {
        return (
            format!("{parser}: a quote is not closed on this line"),
            "close the `\"`",
        );
    }
    if inside_brackets(lines.get(..=at).unwrap_or(&[])) || at >= lines.len() {
        return (
            format!("{parser}: a bracket is still open here"),
            "close every `{` and `[` above, and separate items with commas",
        );
    }
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim());
    if value.starts_with(['%', '@', '`', '*', '&', '!']) || value.contains(": ") {
        return (parser.to_owned(), "quote the value");
    }
    (
        parser.to_owned(),
        "check the indentation of this line and of the line above",
    )
}

/// The position of the first character that YAML does not allow, such as a control character.
pub fn first_unprintable(text: &str) -> Position {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
            && c != '\u{feff}'
    };
    let at = text.find(|c| !allowed(c)).unwrap_or(text.len());
    position_at(text, at)
}

fn is_dash(line: &str) -> bool {
    let line = line.trim_start();
    line == "-" || line.starts_with("- ")
}

/// Returns true if the lines leave a flow collection open. Quotes and comments are skipped.
fn inside_brackets(lines: &[&str]) -> bool {
    let mut depth = 0_usize;
    for line in lines {
        let mut quote = None;
        let mut before = ' ';
        for c in line.chars() {
            match (quote, c) {
                (Some(q), _) if c == q => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '#') if before.is_whitespace() => break,
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = c;
        }
    }
    depth > 0
}
