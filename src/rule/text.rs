//! Strings.

use smallvec::SmallVec;

use crate::number;
use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::eval::Scope;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::value::Value;

/// Text under construction; short texts stay on the stack.
#[derive(Debug, Default)]
pub struct Buffer(SmallVec<[u8; 128]>);

impl std::fmt::Write for Buffer {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

impl Buffer {
    /// What was written.
    pub fn as_str(&self) -> &str {
        // Only whole strings are ever appended.
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// Joins values as text. Two or more are trimmed as a whole, which matters to whoever buckets by the result.
pub fn cat<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match given {
        Given::Single(text @ Value::Text(_)) => Ok(text),
        Given::Single(_) => Err(Fault::Arguments),
        Given::List([text @ Value::Text(_)]) => Ok(*text),
        Given::List(values) => {
            let mut buffer = Buffer::default();
            join(&mut buffer, values)?;
            let text = buffer.as_str();
            scope.keep_text(if values.len() > 1 { text.trim() } else { text })
        }
    }
}

/// Appends all values as text.
pub fn join(buffer: &mut Buffer, values: &[Value<'_>]) -> Result<(), Fault> {
    values
        .iter()
        .try_for_each(|value| coerce::write_text(buffer, *value))
}

/// A part of a text, by characters: from a start, which may count from the end, for a length, which may too.
pub fn substr<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let values = given.list()?;
    let mut buffer = Buffer::default();
    coerce::write_text(&mut buffer, given.at(0)?)?;
    let text = buffer.as_str();
    scope.spend_on(text)?;
    let count = i64::try_from(text.chars().count()).map_err(|_| Fault::Arguments)?;
    let mut from = number::truncate(coerce::arithmetic(given.at(1)?)?);
    if from < 0 {
        from = from.wrapping_add(count);
    }
    if from < 0 || from > count {
        return scope.keep_text(text);
    }
    let length = match values {
        [_, _, length] => number::truncate(coerce::arithmetic(*length)?),
        _ => count,
    };
    let to = if length < 0 {
        count.wrapping_add(length)
    } else {
        from.wrapping_add(length)
    };
    let to = to.min(count);
    let (Ok(from), Ok(len)) = (
        usize::try_from(from),
        usize::try_from(to.wrapping_sub(from)),
    ) else {
        return Err(Fault::Arguments);
    };
    if to < 0 {
        return Err(Fault::Arguments);
    }
    scope.keep_text(chars(text, from, len))
}

fn chars(text: &str, from: usize, len: usize) -> &str {
    let offset = |text: &str, n| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let tail = text.get(offset(text, from)..).unwrap_or("");
    tail.get(..offset(tail, len)).unwrap_or("")
}

/// `starts_with` and `ends_with`: two strings, or null.
pub fn affix<'a>(given: Given<'_, 'a>, test: fn(&str, &str) -> bool) -> Value<'a> {
    match given {
        Given::List([Value::Text(text), Value::Text(affix)]) => Value::Bool(test(text, affix)),
        Given::List(_) | Given::Single(_) => Value::Null,
    }
}
