//! Parses one SDK call in source code, from its name to the string literals that are flag keys.

use crate::analysis::code_refs::call_form::CallForm;
use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::code_refs::flag_reference::FlagReference;
use crate::analysis::code_refs::markup;
use crate::analysis::code_refs::source_cursor::Argument;
use crate::analysis::code_refs::source_cursor::SourceCursor;
use crate::analysis::code_refs::source_cursor::is_identifier_byte;

/// Names of the key argument in languages with named arguments.
const KEY_ARGUMENT_NAMES: [&[u8]; 5] = [b"key", b"flag_key", b"flagKey", b"flag", b"flagName"];
/// The maximum distance between the name of a call and its key, in bytes.
const MAX_KEY_DISTANCE: usize = 4096;
/// The number of arguments of a Go call: context, key, default value, evaluation context.
const GO_ARGUMENTS: usize = 4;
/// Languages in which a call needs no parentheses.
const WITHOUT_PARENTHESES: [&str; 3] = ["rb", "ex", "exs"];
/// Languages in which `#` begins a comment.
const HASH_COMMENTS: [&str; 5] = ["py", "rb", "ex", "exs", "php"];

/// Returns true if the bytes from `start` to `end` are a whole word.
pub fn is_whole_word(code: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| code.get(at));
    let inside = |byte: Option<&u8>| byte.is_some_and(|b| is_identifier_byte(*b) || *b == b'-');
    !inside(before) && !inside(code.get(end))
}

/// The keys of the call whose name is at `start..end`; empty unless the call matches the pattern and its key is a string
/// literal. `extension` is the extension of the file, if it is known.
pub fn parse_flag_keys(
    code: &[u8],
    start: usize,
    end: usize,
    pattern: &CallPattern,
    extension: Option<&str>,
) -> Vec<FlagReference> {
    let before = code.get(..start).unwrap_or(&[]);
    if !pattern.is_in_language(extension)
        || is_in_comment(before)
        || !has_receiver(before, pattern.receiver.as_deref())
    {
        return Vec::new();
    }
    let limit = code.len().min(end + MAX_KEY_DISTANCE);
    let cursor = SourceCursor {
        code: code.get(..limit).unwrap_or(&[]),
        offset: end,
        hash_comments: extension.is_some_and(|known| HASH_COMMENTS.contains(&known)),
    };
    match pattern.form {
        CallForm::Element => markup::element_key(cursor, before).into_iter().collect(),
        CallForm::Directive => markup::directive_key(cursor, before).into_iter().collect(),
        CallForm::KeyMembers => markup::member_keys(cursor),
        CallForm::Call | CallForm::ContextCall | CallForm::HandleCall | CallForm::NamedKey => {
            argument_key(cursor, before, pattern, extension)
                .into_iter()
                .collect()
        }
    }
}

/// Returns true if the line before a call begins as a comment.
fn is_in_comment(before: &[u8]) -> bool {
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or(&[]);
    let line = line.trim_ascii_start();
    let comment = [&b"//"[..], b"/*", b"* ", b"# ", b"<!--"];
    comment.iter().any(|begins| line.starts_with(begins))
}

/// Returns true if the code before a call ends with the receiver that a pattern requires.
fn has_receiver(before: &[u8], receiver: Option<&str>) -> bool {
    let Some(receiver) = receiver else {
        return true;
    };
    let Some(before) = before_separator(before) else {
        return false;
    };
    let rest = before.strip_suffix(receiver.as_bytes());
    rest.is_some_and(|rest| !rest.last().is_some_and(|b| is_identifier_byte(*b)))
}

/// The code before `.`, `?.`, `->` or `::`.
fn before_separator(before: &[u8]) -> Option<&[u8]> {
    let separators = [&b"?."[..], b".", b"?->", b"->", b"::"];
    separators
        .iter()
        .find_map(|separator| before.strip_suffix(*separator))
}

/// The key among the arguments of a call.
fn argument_key(
    mut cursor: SourceCursor<'_>,
    before: &[u8],
    pattern: &CallPattern,
    extension: Option<&str>,
) -> Option<FlagReference> {
    cursor.skip_type_arguments();
    let name_end = cursor.offset;
    let parentheses = cursor.accept(b"(").is_some();
    if !parentheses {
        cursor.offset = name_end;
        let open = extension.is_some_and(|known| WITHOUT_PARENTHESES.contains(&known));
        if !open || cursor.peek() != Some(b' ') {
            return None;
        }
    }
    let arguments = cursor.parse_arguments(parentheses);
    let named = |argument: &&Argument<'_>| {
        let name = argument.name;
        name.is_some_and(|name| KEY_ARGUMENT_NAMES.contains(&name))
    };
    let positional = || {
        let at = arguments.get(pattern.key_argument_index)?;
        at.name.is_none().then_some(at)
    };
    let code = cursor.code;
    let matches = match pattern.form {
        CallForm::ContextCall => {
            arguments.len() >= GO_ARGUMENTS && is_go_call(code, before, &arguments)
        }
        CallForm::HandleCall => arguments
            .first()
            .is_some_and(|first| !is_quoted(code, first)),
        CallForm::NamedKey => arguments.len() >= 2 && arguments.iter().any(|a| named(&a)),
        CallForm::Call | CallForm::Element | CallForm::Directive | CallForm::KeyMembers => true,
    };
    let argument = arguments.iter().find(named).or_else(positional)?;
    matches.then(|| literal(&cursor, argument)).flatten()
}

/// Returns true if the first argument of a call is a context, or its receiver a client.
fn is_go_call(code: &[u8], before: &[u8], arguments: &[Argument<'_>]) -> bool {
    let first = arguments.first();
    let first = first.and_then(|first| code.get(first.start..first.end));
    let first = first.unwrap_or(&[]).to_ascii_lowercase();
    let mentions = |word: &[u8]| first.windows(word.len()).any(|window| window == word);
    let receiver = before_separator(before).unwrap_or(&[]).to_ascii_lowercase();
    mentions(b"ctx") || mentions(b"context") || receiver.ends_with(b"client")
}

fn is_quoted(code: &[u8], argument: &Argument<'_>) -> bool {
    matches!(code.get(argument.start), Some(b'"' | b'\'' | b'`'))
}

/// The string literal that is the whole argument.
fn literal(cursor: &SourceCursor<'_>, argument: &Argument<'_>) -> Option<FlagReference> {
    let mut inside = SourceCursor {
        code: cursor.code.get(..argument.end)?,
        offset: argument.start,
        hash_comments: cursor.hash_comments,
    };
    let key = inside.parse_string_literal()?;
    (inside.offset >= argument.end).then_some(FlagReference {
        key,
        offset: argument.start,
    })
}
