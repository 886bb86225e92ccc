//! JSON documents with text that is not Unicode are read as Go reads them, with U+FFFD, and reported.

use fanion::document;
use fanion::document::DocumentFormat;
use fanion::value::OwnedValue;

use crate::support::evaluate;

/// The diagnostics of a document, one line each.
fn diagnostics(text: &str, format: DocumentFormat) -> Vec<String> {
    let (_, diagnostics) = evaluate::load(text, format);
    diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn unpaired_surrogates_in_json_are_read_and_reported() {
    let help =
        "(help: write the character itself, or both halves, for instance `\\ud83d\\ude00` for 😀)";
    let finding = |place: &str, escape: &str, what: &str| {
        format!(
            "flags.yaml:{place}: F001: `{escape}` in {what} is half of a character (an unpaired surrogate), \
             read as U+FFFD {help}"
        )
    };
    let flag = r#""variants":{"on":"Zo\ud83d"},"defaultVariant":"on""#;
    let on = "`variants.on` of flag `f`";
    for (text, want) in [
        (
            format!(r#"{{"flags":{{"f":{{{flag}}}}}}}"#),
            vec![finding("1:36", r"\ud83d", on)],
        ),
        (
            format!("{{\"flags\":{{\n\"g\":{{}},\n\"f\":{{{flag}}}}}}}"),
            vec![finding("3:26", r"\ud83d", on)],
        ),
        (
            format!(r#"{{"metadata":{{"é\uDFFF":1}},"flags":{{"f":{{{flag}}}}}}}"#),
            vec![
                finding("1:16", r"\uDFFF", "`metadata.é\u{fffd}`"),
                finding("1:61", r"\ud83d", on),
            ],
        ),
        (
            format!(r#"{{"flags":{{"f\ud800\ud83d\ude00":{{}},"f":{{{flag}}}}}}}"#),
            vec![
                finding("1:13", r"\ud800", "flag `f\u{fffd}😀`"),
                finding("1:61", r"\ud83d", on),
            ],
        ),
    ] {
        let (ruleset, _) = evaluate::load(&text, DocumentFormat::Json);
        let flag = ruleset.flag("f").expect("the flag");
        assert_eq!(
            flag.variant_values[0],
            OwnedValue::Text("Zo\u{fffd}".into())
        );
        let told = diagnostics(&text, DocumentFormat::Json);
        let told: Vec<_> = told.iter().filter(|line| line.contains("F001")).collect();
        assert_eq!(told, want.iter().collect::<Vec<_>>(), "{text}");
    }
    let broken = diagnostics(r#"{"flags":{"f":"\ud83d",}}"#, DocumentFormat::Json);
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(
        broken[0].contains("expected a string, found `}`"),
        "{broken:?}"
    );
    // YAML does not have the escape, in flagd neither.
    let yaml = diagnostics("flags: {\"f\": {\"x\": \"\\ud83d\"}}", DocumentFormat::Yaml);
    assert!(yaml[0].contains("F001"), "{yaml:?}");
    let many = format!(r#"{{"flags":{{}},"x":"{}"}}"#, r"\ud83d".repeat(1000));
    let told = diagnostics(&many, DocumentFormat::Json);
    assert!(told.len() < 110, "{}", told.len());
    assert!(
        told.iter().any(|line| line.contains("900 more follow")),
        "{told:?}"
    );
}

#[test]
fn invalid_utf8_in_json_is_read_and_reported() {
    let parse = |bytes: &[u8], format| {
        let parsed = document::parse_bytes(bytes, format, &evaluate::origin());
        let told = parsed.diagnostics.iter().map(ToString::to_string);
        (parsed.document, told.collect::<Vec<_>>())
    };
    let latin1 =
        b"{\"flags\":{\n\"f\":{\"variants\":{\"on\":\"J\xe9r\xf4me\"},\"defaultVariant\":\"on\"}}}";
    let (document, told) = parse(latin1, DocumentFormat::Json);
    let flags = document.expect("a document").flags;
    let want = OwnedValue::Text("J\u{fffd}r\u{fffd}me".into());
    assert_eq!(flags[0].variants[0].1, want);
    assert_eq!(
        told,
        [
            "flags.yaml:2:25: F001: the file is not valid UTF-8: byte 0xE9, and every other invalid byte, is read as \
          U+FFFD (help: save the file as UTF-8)"
        ]
    );
    let utf16 = b"\xff\xfe{\0\"\0f\0";
    for (bytes, format) in [
        (&utf16[..], DocumentFormat::Json),
        (latin1, DocumentFormat::Yaml),
    ] {
        let (document, told) = parse(bytes, format);
        assert!(document.is_none());
        assert!(
            told[0].ends_with("F001: the file is not valid UTF-8"),
            "{told:?}"
        );
    }
}
