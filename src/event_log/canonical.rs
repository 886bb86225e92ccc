//! Canonical JSON (RFC 8785): one text for each value, so that its hash can be computed again.

use serde_json::Value;

use crate::event_log::decimal::write_number;
use crate::event_log::error::EventError;
use crate::event_log::json_string::write_string;
use crate::event_log::limits;

/// The canonical text of a value.
///
/// # Errors
/// If it is nested too deeply, or has a number that a 64-bit float cannot hold.
pub fn canonical_json(value: &Value) -> Result<String, EventError> {
    let mut text = String::new();
    write_value(value, limits::DEPTH, &mut text)?;
    Ok(text)
}

fn write_value(value: &Value, depth: usize, out: &mut String) -> Result<(), EventError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::String(text) => write_string(text, out),
        Value::Number(number) => {
            let is_written = number
                .as_f64()
                .is_some_and(|value| write_number(value, out));
            return is_written.then_some(()).ok_or(EventError::Invalid {
                part: "change",
                expected: "JSON with numbers that a 64-bit float can hold",
            });
        }
        Value::Array(items) => {
            let depth = deeper(depth)?;
            let write = |item: &Value, out: &mut String| write_value(item, depth, out);
            write_sequence(['[', ']'], items.iter(), write, out)?;
        }
        Value::Object(members) => {
            let depth = deeper(depth)?;
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            // RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 above U+FFFF.
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            let write = |(key, value): (&String, &Value), out: &mut String| {
                write_string(key, out);
                out.push(':');
                write_value(value, depth, out)
            };
            write_sequence(['{', '}'], members.into_iter(), write, out)?;
        }
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, EventError> {
    depth.checked_sub(1).ok_or(EventError::Invalid {
        part: "change",
        expected: "JSON with at most 64 levels of arrays and objects",
    })
}

fn write_sequence<T>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(T, &mut String) -> Result<(), EventError>,
    out: &mut String,
) -> Result<(), EventError> {
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    out.push(close);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, want: &str) {
        let value: Value = serde_json::from_str(input).unwrap();
        assert_eq!(canonical_json(&value).as_deref(), Ok(want));
        let again: Value = serde_json::from_str(want).unwrap();
        assert_eq!(canonical_json(&again).as_deref(), Ok(want));
    }

    #[test]
    fn example_of_rfc_8785_section_3_2_2() {
        check(
            r#"{
                "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]
            }"#,
            concat!(
                r#"{"literals":[null,true,false],"#,
                r#""numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
                r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
            ),
        );
    }

    #[test]
    fn example_of_rfc_8785_section_3_2_3_sorts_by_utf16() {
        check(
            r#"{
                "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
                "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
                "\u00f6": "Latin Small Letter O With Diaeresis"
            }"#,
            concat!(
                r#"{"\r":"Carriage Return","1":"One",""#,
                "\u{80}",
                r#"":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","#,
                r#""😀":"Emoji: Grinning Face",""#,
                "\u{fb33}",
                r#"":"Hebrew Letter Dalet With Dagesh"}"#
            ),
        );
    }

    #[test]
    fn examples_of_the_reference_implementation() {
        check(
            r#"[56, {"d": true, "10": null, "1": [ ]}]"#,
            r#"[56,{"1":[],"10":null,"d":true}]"#,
        );
        check(
            r#"{"1": {"f": {"f": "hi", "F": 5}, "\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [{"e": "yes", "E": "no"}], "A": { }}"#,
            r#"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}"#,
        );
        check(
            r#"{"Unnormalized Unicode": "A\u030a"}"#,
            "{\"Unnormalized Unicode\":\"A\u{30a}\"}",
        );
        check(
            r#"{"peach": "This sorting order", "péché": "is wrong according to French", "pêche": "but canonicalization MUST", "sin": "ignore locale"}"#,
            r#"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}"#,
        );
    }

    #[test]
    fn integers_are_numbers_of_ecmascript() {
        check(
            "[9007199254740993, -9007199254740993]",
            "[9007199254740992,-9007199254740992]",
        );
        check(
            "[18446744073709551615, -0.0, 1e21]",
            "[18446744073709552000,0,1e+21]",
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nested =
            |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(canonical_json(&nested(limits::DEPTH)).is_ok());
        assert!(canonical_json(&nested(limits::DEPTH + 1)).is_err());
    }
}
