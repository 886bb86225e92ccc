//! Flag keys outside of call arguments: JSX elements, Angular directives, and the options of `NestJS` decorators.

use crate::analysis::code_refs::flag_reference::FlagReference;
use crate::analysis::code_refs::source_cursor::SourceCursor;
use crate::analysis::code_refs::source_cursor::is_identifier_byte;

/// The name of the attribute or member with the key.
const KEY_MEMBER: &[u8] = b"flagKey";

/// The key of `<Name … flagKey="KEY">` or `flagKey={'KEY'}`. The cursor is behind the name.
pub fn element_key(mut cursor: SourceCursor<'_>, before: &[u8]) -> Option<FlagReference> {
    if before.last() != Some(&b'<') {
        return None;
    }
    cursor.skip_type_arguments();
    loop {
        cursor.skip_whitespace();
        match cursor.peek()? {
            b'{' => {
                cursor.offset += 1;
                skip_braces(&mut cursor)?;
                continue;
            }
            byte if is_identifier_byte(byte) => {}
            _ => return None,
        }
        let name = cursor.parse_word();
        while matches!(cursor.peek(), Some(b'-' | b':')) {
            cursor.offset += 1;
            cursor.parse_word();
        }
        if cursor.accept(b"=").is_none() {
            continue;
        }
        cursor.skip_whitespace();
        if name == KEY_MEMBER {
            return attribute_key(cursor);
        }
        skip_attribute_value(&mut cursor)?;
    }
}

/// The value of an attribute, if it is a string.
fn attribute_key(mut cursor: SourceCursor<'_>) -> Option<FlagReference> {
    let start = cursor.offset;
    cursor.offset += 1;
    match cursor.code.get(start)? {
        quote @ (b'"' | b'\'') => reference(cursor.parse_until_quote(*quote)?, start),
        b'{' => {
            cursor.skip_whitespace();
            let offset = cursor.offset;
            let key = cursor.parse_string_literal()?;
            (cursor.peek() == Some(b'}')).then_some(FlagReference { key, offset })
        }
        _ => None,
    }
}

fn skip_attribute_value(cursor: &mut SourceCursor<'_>) -> Option<()> {
    let first = cursor.peek()?;
    cursor.offset += 1;
    match first {
        b'"' | b'\'' => cursor.parse_until_quote(first).map(|_| ()),
        b'{' => skip_braces(cursor),
        _ => None,
    }
}

/// Skips to behind the brace that closes an open one.
fn skip_braces(cursor: &mut SourceCursor<'_>) -> Option<()> {
    let mut depth = 1_u32;
    while depth > 0 {
        let byte = cursor.peek()?;
        cursor.offset += 1;
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'"' | b'\'' | b'`' => {
                cursor.parse_until_quote(byte)?;
            }
            _ => {}
        }
    }
    Some(())
}

/// The key of `*name="'KEY'; default: …"`, `[name]="'KEY'"` or `name="KEY"`. The cursor is behind the name.
pub fn directive_key(mut cursor: SourceCursor<'_>, before: &[u8]) -> Option<FlagReference> {
    let expression = match before.last()? {
        b'*' => true,
        b'[' => {
            cursor.accept(b"]")?;
            true
        }
        byte if byte.is_ascii_whitespace() => false,
        _ => return None,
    };
    if cursor.peek() != Some(b'=') {
        return None;
    }
    cursor.offset += 1;
    let quote = cursor.peek().filter(|b| matches!(b, b'"' | b'\''))?;
    cursor.offset += 1;
    let start = cursor.offset;
    let text = cursor.parse_until_quote(quote)?;
    if !expression {
        return reference(text, start - 1);
    }
    let mut inside = SourceCursor {
        code: cursor.code.get(..start + text.len())?,
        offset: start,
        hash_comments: false,
    };
    inside.skip_whitespace();
    let offset = inside.offset;
    let key = inside.parse_string_literal()?;
    let whole = matches!(inside.peek(), None | Some(b';'));
    whole.then_some(FlagReference { key, offset })
}

/// The keys of all members `flagKey: 'KEY'` in the parentheses of a call. The cursor is behind its name.
pub fn member_keys(mut cursor: SourceCursor<'_>) -> Vec<FlagReference> {
    let mut found = Vec::new();
    if cursor.accept(b"(").is_none() {
        return found;
    }
    let mut depth = 1_u32;
    while let Some(byte) = cursor.peek().filter(|_| depth > 0) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'"' | b'\'' | b'`' => {
                cursor.offset += 1;
                if cursor.parse_until_quote(byte).is_none() {
                    return found;
                }
                continue;
            }
            byte if is_identifier_byte(byte) => {
                if cursor.parse_word() == KEY_MEMBER && cursor.accept(b":").is_some() {
                    found.extend(member_value(&mut cursor));
                }
                continue;
            }
            b'/' => {
                let offset = cursor.offset;
                cursor.skip_whitespace();
                if cursor.offset > offset {
                    continue;
                }
            }
            _ => {}
        }
        cursor.offset += 1;
    }
    found
}

/// The value of a member, if it is a string literal. The cursor stays where it is otherwise.
fn member_value(cursor: &mut SourceCursor<'_>) -> Option<FlagReference> {
    cursor.skip_whitespace();
    let offset = cursor.offset;
    let key = cursor.parse_string_literal();
    if let Some(key) = key.filter(|_| matches!(cursor.peek(), Some(b',' | b'}'))) {
        return Some(FlagReference { key, offset });
    }
    cursor.offset = offset;
    None
}

/// A key that is written without quotes of its own.
fn reference(text: &[u8], offset: usize) -> Option<FlagReference> {
    let key = std::str::from_utf8(text).ok()?;
    let plain = !key.is_empty() && !key.contains(['\n', '{']);
    plain.then(|| FlagReference {
        key: key.to_owned(),
        offset,
    })
}
