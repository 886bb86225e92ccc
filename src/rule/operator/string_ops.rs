//! The string operators `cat`, `substr`, `starts_with` and `ends_with`.

use crate::number;
use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::rule::text_buffer::TextBuffer;
use crate::value::Value;

/// Joins values as text. The text of two or more values is trimmed, as in flagd: the trimming affects the hash of a
/// bucketing value.
pub fn cat<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match args {
        Args::Single(text @ Value::Text(_)) => Ok(text),
        Args::Single(_) => Err(EvalError::InvalidArguments),
        Args::List([text @ Value::Text(_)]) => Ok(*text),
        Args::List(values) => {
            let mut buffer = TextBuffer::default();
            buffer.append_all(values, scope)?;
            let text = buffer.as_str();
            scope.alloc_text(if values.len() > 1 { text.trim() } else { text })
        }
    }
}

/// A substring, by characters: a negative start counts from the end, a negative length ends before the end.
pub fn substr<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let values = args.require_list()?;
    let mut buffer = TextBuffer::default();
    buffer.append(args.require(0)?, scope)?;
    let text = buffer.as_str();
    scope.spend_for_scan(text.len())?;
    let count = i64::try_from(text.chars().count()).map_err(|_| EvalError::InvalidArguments)?;
    let mut from = number::truncate_to_i64(scope.to_arithmetic_number(args.require(1)?)?);
    if from < 0 {
        from = from.wrapping_add(count);
    }
    if from < 0 || from > count {
        return scope.alloc_text(text);
    }
    let length = match values {
        [_, _, length] => number::truncate_to_i64(scope.to_arithmetic_number(*length)?),
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
        return Err(EvalError::InvalidArguments);
    };
    if to < 0 {
        return Err(EvalError::InvalidArguments);
    }
    scope.alloc_text(char_slice(text, from, len))
}

fn char_slice(text: &str, from: usize, len: usize) -> &str {
    let offset = |text: &str, n| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let tail = text.get(offset(text, from)..).unwrap_or("");
    tail.get(..offset(tail, len)).unwrap_or("")
}

/// `starts_with` and `ends_with`: two strings, or null.
pub fn test_affix<'a>(
    args: Args<'_, 'a>,
    scope: &Scope<'_, 'a>,
    test: fn(&str, &str) -> bool,
) -> EvalResult<'a> {
    Ok(match args {
        Args::List([Value::Text(text), Value::Text(affix)]) => {
            scope.spend_for_compare(affix)?;
            Value::Bool(test(text, affix))
        }
        Args::List(_) | Args::Single(_) => Value::Null,
    })
}
