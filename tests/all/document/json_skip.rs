//! Skipping JSON values validates them as parsing does.

use bumpalo::Bump;
use fanion::json::Error;
use fanion::json::ErrorKind;
use fanion::json::Reader;
use fanion::json::ValueKind;
use fanion::limits;
use fanion::wire::Codec;
use fanion::wire::context::encoded::EncodedContext;
use fanion::wire::evaluation::request::ResolveRequest;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;

/// Parses a value completely.
fn read(reader: &mut Reader<'_>) -> Result<(), Error> {
    match reader.peek_kind()? {
        ValueKind::Null => reader.parse_null(),
        ValueKind::Bool => reader.parse_bool().map(drop),
        ValueKind::Number => reader.parse_number().map(drop),
        ValueKind::Text => reader.parse_string().map(|text| drop(text.unescape())),
        ValueKind::List => {
            reader.begin_array()?;
            let mut first = true;
            while reader.has_next_item(first)? {
                read(reader)?;
                first = false;
            }
            Ok(())
        }
        ValueKind::Map => {
            reader.begin_object()?;
            let mut first = true;
            while reader.next_key(first)?.is_some() {
                read(reader)?;
                first = false;
            }
            Ok(())
        }
    }
}

fn skip(reader: &mut Reader<'_>) -> Result<(), Error> {
    reader.skip_value()
}

fn outline(reader: &mut Reader<'_>) -> Result<(), Error> {
    reader.index_object().map(drop)
}

/// Returns the offset at which `go` ends, or the offset and kind of its error.
fn way(
    text: &str,
    go: fn(&mut Reader<'_>) -> Result<(), Error>,
) -> Result<usize, (usize, ErrorKind)> {
    let mut reader = Reader::new(text);
    let gone = go(&mut reader).and_then(|()| reader.expect_end());
    gone.map(|()| reader.next_offset())
        .map_err(|error| (error.offset, error.kind))
}

/// Asserts that parsing, skipping and indexing end at the same offset, and that `serde_json` accepts the same texts.
fn assert_parsers_agree(text: &str) {
    let read = way(text, read);
    assert_eq!(way(text, skip), read, "{text:?}");
    assert_eq!(way(text, outline), read, "{text:?}");
    let theirs = serde_json::from_str::<Value>(text);
    assert_eq!(
        read.is_ok(),
        theirs.is_ok(),
        "{text:?}: {read:?}, {theirs:?}"
    );
}

/// Asserts that a request with this context is accepted exactly if `serde_json` accepts it.
fn check_bytes(context: &[u8]) {
    let body = [b"{\"context\":{\"x\":", context, b"},\"flagKey\":\"f\"}"].concat();
    let ours = ResolveRequest::decode(Codec::Json, &body).is_ok();
    let theirs = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["flagKey"] == "f");
    assert_eq!(ours, theirs, "{:?}", body.escape_ascii().to_string());
}

/// A text with every construct of JSON.
const ALL: &str = " {\"a\":\"plain\",\"\":\"\",\"b\" : \"\\u00e9 \\ud83d\\ude00 \\n\\\\ é😀\\\"\" , \"list\":[ ],\"map\":{},
    \"n\":[0,-0,1.5,-12.25e+10,1E-5, 1e2 ],\"w\":[true,false,null],\"deep\":[[{\"x\":[{}]},[1,[2]]]],\"a\":{\"b\":\"c\",\"d\":1}}\r\n\t";

const BYTES: &[u8] = b"\"\\{}[],:0e.-+ \n\x00\x1f\x7fuatn9";

#[test]
fn truncated_json_is_rejected_at_every_length() {
    assert_parsers_agree(ALL);
    for (end, _) in ALL.char_indices() {
        assert_parsers_agree(&ALL[..end]);
    }
}

#[test]
fn all_parsers_agree_on_single_byte_changes() {
    check_bytes(ALL.as_bytes());
    for at in 0..ALL.len() {
        for byte in BYTES.iter().chain(&[0x80, 0xc3, 0xff]) {
            let mut bytes = ALL.as_bytes().to_vec();
            bytes[at] = *byte;
            check_bytes(&bytes);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                assert_parsers_agree(text);
            }
            bytes.remove(at);
            check_bytes(&bytes);
        }
    }
}

#[test]
fn string_end_is_found_at_every_alignment() {
    let specials = [
        "",
        "\\\"",
        "\\\\",
        "\\u0041",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\x",
        "\\",
        "\n",
        "\0",
        "\u{1f}",
        "\u{7f}",
        "é",
        "😀",
        "#",
        "!",
        "]",
    ];
    for special in specials {
        for before in 0..34 {
            for behind in [0, 1, 7, 8, 20] {
                let text = format!("{}{special}{}", "a".repeat(before), "#".repeat(behind));
                assert_parsers_agree(&format!("\"{text}\""));
                assert_parsers_agree(&format!("{{\"{text}\":\"{text}\",\"x\": \"{text}\"}}"));
                assert_parsers_agree(&format!("[\"{text}\",\"{text}"));
            }
        }
    }
}

#[test]
fn number_syntax_and_range_are_checked() {
    let nines = |count| "9".repeat(count);
    for sign in ["", "-"] {
        for count in [1, 2, 198, 199, 200, 201, 308, 309, 310, 400] {
            for behind in [
                "",
                ".5",
                "e0",
                "e00",
                "e000",
                "e9",
                "e99",
                "e100",
                "e-100",
                "e107",
                "e108",
                "e109",
                "e110",
                "e307",
                "e308",
                "e309",
                "E+0000000001",
                "e-999",
            ] {
                assert_parsers_agree(&format!("{sign}{}{behind}", nines(count)));
                assert_parsers_agree(&format!("[{sign}0.{}{behind}]", nines(count)));
            }
        }
    }
    for wrong in [
        "-", "+1", "01", "-01", "1.", ".1", "1.e1", "1e", "1e+", "1e1.", "0x1", "1a", "00",
        "1.2.3", "--1", "1-", "NaN", "Infinity",
    ] {
        assert_parsers_agree(wrong);
        assert_parsers_agree(&format!("[{wrong}]"));
        assert_parsers_agree(&format!("{{\"a\":{wrong},\"b\":\"c\"}}"));
    }
}

#[test]
fn nesting_limit_is_enforced() {
    for (open, close) in [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("[[],{},", "]"),
        ("{\"b\":{\"c\":1},\"a\":", "}"),
    ] {
        for inside in ["1", "[]", "{}", "[ ]", "{\"x\":\"y\"}", ""] {
            for depth in [
                1,
                2,
                63,
                64,
                65,
                limits::NESTING_DEPTH - 1,
                limits::NESTING_DEPTH,
                limits::NESTING_DEPTH + 1,
            ] {
                let text = format!("{}{inside}{}", open.repeat(depth), close.repeat(depth));
                let read = way(&text, read);
                assert_eq!(way(&text, skip), read, "{text}");
                assert_eq!(way(&text, outline), read, "{text}");
                let nested = open.repeat(depth);
                assert_eq!(way(&nested, skip), way(&nested, self::read), "{nested}");
            }
        }
    }
}

#[test]
fn skip_errors_have_kind_and_offset() {
    let cases = [
        ("", 0, ErrorKind::UnexpectedEnd),
        ("{\"a\":\"b\"", 8, ErrorKind::UnexpectedEnd),
        ("{\"a\":\"b\",}", 9, ErrorKind::Expected("a string")),
        ("{\"a\" \"b\"}", 5, ErrorKind::Expected("`:`")),
        ("{\"a\":}", 5, ErrorKind::Expected("a value")),
        (
            "{\"a\":\"b\" \"c\":1}",
            9,
            ErrorKind::Expected("`,` or `}`"),
        ),
        ("{\"a\":\"b\"]", 8, ErrorKind::Expected("`,` or `}`")),
        ("[1 2]", 3, ErrorKind::Expected("`,` or `]`")),
        ("[1}", 2, ErrorKind::Expected("`,` or `]`")),
        ("[nul]", 1, ErrorKind::Expected("a value")),
        ("[1.x]", 3, ErrorKind::Expected("a digit")),
        ("[\"abcdefgh\tx\"]", 10, ErrorKind::ControlCharacter),
        ("[\"abcdefgh\\x\"]", 10, ErrorKind::InvalidEscape),
        ("[\"\\ud83d\\n\"]", 2, ErrorKind::UnpairedSurrogate),
        ("{\"a\":[1e999]}", 6, ErrorKind::NumberOutOfRange),
        ("[] []", 3, ErrorKind::Expected("the end of the text")),
    ];
    for (text, at, fault) in cases {
        assert_eq!(way(text, skip), Err((at, fault)), "{text}");
        assert_parsers_agree(text);
    }
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t  ")]
}

fn quoted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        20 => "[a-z#!\\[\\]{},: ]{0,12}",
        1 => prop_oneof!["é", "😀", "\\\\n", "\\\\\\\\", "\\\\\"", "\\\\u0061", "\\\\ud83d\\\\ude00"],
    ];
    vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// The text of a value.
fn value() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?";
    let leaf = prop_oneof![3 => quoted(), 1 => number, 1 => "true|false|null"];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let items = vec((space(), inner.clone(), space()), 0..6);
        let list = items.prop_map(|items| {
            let items: Vec<_> = items
                .iter()
                .map(|(a, item, b)| format!("{a}{item}{b}"))
                .collect();
            format!("[{}]", items.join(","))
        });
        prop_oneof![list, map(inner)]
    })
}

/// The text of an object, in which some keys occur twice.
fn map(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let key = prop_oneof![2 => "\"[abc]\"", 1 => quoted()];
    vec((space(), key, space(), space(), values, space()), 0..8).prop_map(|members| {
        let members = members.iter();
        let members = members.map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn skip_accepts_exactly_what_parsing_accepts(
        text in value(), edits in vec((any::<prop::sample::Index>(), 0_usize..4, prop::sample::select(BYTES)), 0..4),
    ) {
        let mut bytes = text.into_bytes();
        for (at, edit, byte) in edits {
            let at = at.index(bytes.len() + 1);
            match edit {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 if at < bytes.len() => bytes[at] = byte,
                _ => bytes.insert(at, byte),
            }
        }
        check_bytes(&bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            assert_parsers_agree(text);
        }
    }

    #[test]
    fn object_index_lookup_equals_full_parse(text in map(value())) {
        let outline = Reader::new(&text).index_object().expect("JSON");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let names = ["a", "b", "c", "", "d"].into_iter();
        for (name, outline) in names.filter_map(|name| Some((name, outline.as_ref()?))) {
            let found = outline.member(name).map(|mut value| {
                let start = value.next_offset();
                value.skip_value().expect("a value");
                serde_json::from_str(value.text_since(start)).expect("JSON")
            });
            prop_assert_eq!(found.as_ref(), all.get(name), "{}", name);
        }
    }

    #[test]
    fn indexed_context_equals_unindexed_context(text in map(value())) {
        let flag = json!({"flags": {"f": {"variants": {"x": 1}, "defaultVariant": "x", "targeting": {"cat": [
            {"var": "a"}, {"var": "b.a"}, {"var": "b.c.a"}, {"var": "c.0"}, {"var": "c.b"}, {"var": "a.a"}, {"var": "missing"}]}}}});
        let (ruleset, _) = evaluate::load(&flag.to_string(), fanion::document::DocumentFormat::Json);
        let flag = &ruleset.flags[0];
        let body = format!("{{\"context\":{text}}}");
        let request = ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a request");
        let arena = Bump::new();
        let context = |attributes: &EncodedContext<'_>| {
            let context = attributes.context_for_flag(flag, &[], &arena, 0.0).expect("a context");
            let slots = 0..u16::try_from(flag.read_set.slot_count).expect("few");
            slots.map(|slot| context.slot(slot).to_owned_value()).collect::<Vec<_>>()
        };
        prop_assert_eq!(context(&request), context(&EncodedContext::Json(Some(&text))));
    }
}
