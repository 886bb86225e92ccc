//! One line of comma-separated values, as flagd reads an argument with several values.
//!
//! flagd uses Go's `encoding/csv`. The crate `csv` differs from it: it accepts a bare quotation mark within a value and
//! an unclosed one, which Go refuses, so a typo would become a value.

/// Returns the values of a line. A quoted value may contain commas, and quotation marks written twice.
///
/// # Errors
/// If the text is not such a line. The error does not repeat the text, which may contain a password.
pub fn parse_record(text: &str) -> Result<Vec<String>, &'static str> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut rest = Some(text.strip_suffix('\r').unwrap_or(text)).filter(|text| !text.is_empty());
    let mut values = Vec::new();
    while let Some(text) = rest {
        let (value, tail) = match text.strip_prefix('"') {
            Some(inside) => parse_quoted(inside)?,
            None => parse_bare(text)?,
        };
        values.push(value);
        rest = tail;
    }
    Ok(values)
}

type ParsedValue<'t> = Result<(String, Option<&'t str>), &'static str>;

fn parse_bare(text: &str) -> ParsedValue<'_> {
    let (value, tail) = match text.split_once(',') {
        Some((value, tail)) => (value, Some(tail)),
        None => (text, None),
    };
    if value.contains('"') {
        return Err(
            "a quotation mark in the middle of a value; quote the whole value and double the quotation marks in it",
        );
    }
    if value.contains('\n') {
        return Err("a line break in a value; separate values by commas");
    }
    Ok((value.to_owned(), tail))
}

fn parse_quoted(inside: &str) -> ParsedValue<'_> {
    let mut value = String::new();
    let mut rest = inside;
    while let Some((part, tail)) = rest.split_once('"') {
        value += part;
        if tail.is_empty() {
            return Ok((value, None));
        }
        if let Some(next) = tail.strip_prefix(',') {
            return Ok((value, Some(next)));
        }
        let Some(more) = tail.strip_prefix('"') else {
            return Err("a closing quotation mark without a comma after it");
        };
        value.push('"');
        rest = more;
    }
    Err("an unclosed quotation mark")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go's `encoding/csv` parses the same texts to the same values.
    #[test]
    fn csv_lines_are_parsed_as_in_go() {
        for (text, values) in [
            ("", &[][..]),
            ("a", &["a"]),
            ("a,b,", &["a", "b", ""]),
            (",", &["", ""]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""a ""b""","","#, &["a \"b\"", "", ""]),
            ("\"a\nb\",c\n", &["a\nb", "c"]),
            (" a, \u{e9} ", &[" a", " \u{e9} "]),
        ] {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            assert_eq!(parse_record(text), Ok(values), "{text:?}");
        }
        for (text, why) in [
            (r#"a"b"#, "in the middle"),
            (r#"a,b"c""#, "in the middle"),
            (r#""a"b"#, "without a comma"),
            (r#""a"#, "unclosed"),
            (r#""a"""#, "unclosed"),
            ("a\nb", "line break"),
        ] {
            let found = parse_record(text).expect_err(text);
            assert!(found.contains(why), "{text:?}: {found}");
        }
    }
}
