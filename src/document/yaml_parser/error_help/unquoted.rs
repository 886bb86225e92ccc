//! Causes in the characters of a line: a missing space, an operator without quotes, a character that looks like a space.

use crate::diag::Position;
use crate::document::yaml_parser::error_help::cause::SyntaxCause;
use crate::document::yaml_parser::error_help::cause::SyntaxFailure;
use crate::document::yaml_parser::error_help::cause::explained;
use crate::document::yaml_parser::error_help::cause::shorten;
use crate::document::yaml_parser::error_help::site::Site;

/// A line such as `KEY:VALUE` or `-ITEM`, without the space that makes it a member or an item.
pub fn explain_missing_space(line: &str) -> Option<SyntaxCause> {
    let word = shorten(line);
    if let Some(item) = line.strip_prefix('-')
        && !item.is_empty()
        && !item.starts_with([' ', '-'])
    {
        return explained(
            format!("a space is missing behind the dash of `{word}`"),
            format!("write `- {}`", shorten(item)),
        );
    }
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && !key.contains(' ');
    if !is_key || value.is_empty() || value.starts_with([' ', ':']) || value.starts_with("//") {
        return None;
    }
    explained(
        format!("a space is missing behind the colon of `{word}`"),
        format!("write `{}`", shorten(&format!("{key}: {value}"))),
    )
}

/// An operator as a key that YAML reads as another construct, because it is not quoted.
pub fn explain_operator(
    lines: &[&str],
    position: Position,
    failure: &SyntaxFailure<'_>,
) -> Option<SyntaxCause> {
    let (effect, place) = match (failure.problem, failure.context) {
        (_, "while scanning a block scalar") => ("begins a block text", failure.start?),
        (_, "while scanning an alias") => ("begins an alias", failure.start?),
        (_, "while scanning an anchor") => ("begins an anchor", failure.start?),
        ("found character that cannot start any token", _) => ("cannot begin a value", position),
        _ => return None,
    };
    let site = Site::new(lines, place);
    let token = site.rest.split(':').next().unwrap_or("");
    let is_operator = !token.is_empty() && token.bytes().all(|b| b"<>=!|&*%/+-?".contains(&b));
    if is_operator && site.rest.len() > token.len() {
        let help = match token {
            "||" => "write `or`".to_owned(),
            "&&" => "write `and`".to_owned(),
            _ => format!("quote the operator: `\"{token}\":`"),
        };
        return explained(format!("`{token}` {effect} here, not an operator"), help)
            .map(|cause| cause.at(place));
    }
    let is_block = effect == "begins a block text";
    let first = site.rest.chars().next().filter(|_| is_block)?;
    explained(format!("`{first}` {effect} here"), "quote the value").map(|cause| cause.at(place))
}

/// A character that looks like a space, in the indentation of a line or behind a colon or dash.
pub fn explain_lookalike_space(lines: &[&str], position: Position) -> Option<SyntaxCause> {
    let read = usize::try_from(position.line).ok()?;
    let mut found = lines.iter().take(read).enumerate().rev();
    let (line, (column, c)) =
        found.find_map(|(index, line)| Some((index, lookalike_space(line)?)))?;
    let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    let name = match c {
        '\u{a0}' => "a no-break space",
        '\u{200b}' => "a zero-width space",
        '\u{3000}' => "an ideographic space",
        _ => "a character that looks like a space",
    };
    let place = Position {
        line: count(line),
        column: count(column),
    };
    explained(
        format!(
            "this line has {name} (U+{:04X}), which is text to YAML",
            u32::from(c)
        ),
        "write ordinary spaces",
    )
    .map(|cause| cause.at(place))
}

/// The column from 0 and the character.
fn lookalike_space(line: &str) -> Option<(usize, char)> {
    let mut before = ' ';
    let mut indentation = true;
    for (column, c) in line.chars().enumerate() {
        if is_lookalike(c) && (indentation || matches!(before, ':' | '-' | ',' | ' ')) {
            return Some((column, c));
        }
        indentation &= c.is_whitespace();
        before = c;
    }
    None
}

/// Returns true for white space other than what YAML knows.
fn is_lookalike(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}
