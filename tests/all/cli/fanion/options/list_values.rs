//! Options with several values: lists, comma-separated values and key-value pairs.

use ::fanion::config::print_config;

use crate::support::options::context_values;
use crate::support::options::option_errors;
use crate::support::options::resolve_options;

#[test]
fn environment_lists_split_on_spaces_arguments_on_commas() {
    let env = [
        ("FLAGD_URI", "file:a.yaml  file:b.json"),
        ("FLAGD_CORS_ORIGIN", "http://a http://b"),
    ];
    let config = resolve_options(&[], &env).expect("right");
    assert_eq!(config.sources.len(), 2);
    let config = resolve_options(&["-f", "file:a,file:b", "-f", "file:c"], &env).expect("right");
    assert_eq!(config.sources.len(), 3);
}

/// Recorded from flagd, except the cases that end in a quotation mark.
#[test]
fn key_value_pairs_are_split_as_in_flagd() {
    for (text, pairs) in [
        ("k=a,b,c", &[("k", "a,b,c")][..]),
        ("k=a=b", &[("k", "a=b")]),
        ("k=", &[("k", "")]),
        ("a=1,b=2", &[("a", "1"), ("b", "2")]),
        (r#""k=v,w",z=1"#, &[("k", "v,w"), ("z", "1")]),
        (r#""k=v""#, &[("k", "v")]),
        (r#""k=""v"",w",z=1"#, &[("k", "\"v\",w"), ("z", "1")]),
        (r#"k="v""#, &[("k", "\"v\"")]),
        ("k=[1]", &[("k", "[1]")]),
    ] {
        let want = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        assert_eq!(
            context_values(&["-X", text], &[]),
            want.collect::<Vec<(String, String)>>(),
            "{text}"
        );
    }
    for (text, why) in [
        (
            "k",
            "invalid value \"k\" for --context-value: must be KEY=VALUE",
        ),
        (
            "",
            "invalid value \"\" for --context-value: must be KEY=VALUE",
        ),
        (
            "=v",
            "invalid value \"=v\" for --context-value: must be KEY=VALUE",
        ),
        (
            "a=1,b,c=2",
            "invalid value \"b\" for --context-value: must be KEY=VALUE",
        ),
        (
            r#"a="1",b=2"#,
            "invalid value for --context-value: a quotation mark in the middle",
        ),
    ] {
        let mistakes = option_errors(&["-X", text], &[]);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with(why), "{text}: {mistakes:?}");
    }
}

#[test]
fn last_of_duplicate_keys_wins() {
    let twice = [
        "-X",
        "a=1",
        "-X",
        "b=2,a=3,c=4",
        "-H",
        "X-A=a",
        "-H",
        "X-A=b",
    ];
    let want = [("a", "3"), ("b", "2"), ("c", "4")].map(|(k, v)| (k.into(), v.into()));
    assert_eq!(context_values(&twice, &[]), want);
    let env = [("FLAGD_CONTEXT_VALUE", r#"{"a": "1", "a": "2"}"#)];
    assert_eq!(context_values(&[], &env), [("a".into(), "2".into())]);
    let config = resolve_options(&[&["-f", "file:x"], &twice[..]].concat(), &[]).expect("right");
    let printed = print_config::render_yaml(&config.resolved_options);
    for line in [
        r#"context-value: {"a": "3", "b": "2", "c": "4"} # --context-value"#,
        r#"context-from-header: {"X-A": "b"} # --context-from-header"#,
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}

#[test]
fn list_arguments_are_parsed_as_csv() {
    let uris = |arguments: &[&str]| {
        let config = resolve_options(arguments, &[]).expect("right");
        let names = config.sources.iter().map(|spec| spec.name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(uris(&["-f", r#""file:a,b.json""#]), ["a,b.json"]);
    assert_eq!(
        uris(&["-f", "", "-f", r#"file:a,"file:b,c""#]),
        ["a", "b,c"]
    );
    let origins = |arguments: &[&str]| {
        let config = resolve_options(&[&["-f", "file:x"], arguments].concat(), &[]).expect("right");
        let settled = config
            .resolved_options
            .iter()
            .find(|s| s.option.name == "cors-origin");
        let shown = settled.expect("the option").json.clone();
        (shown, config.serve_config.cors)
    };
    // Without an origin, all origins are allowed.
    let (shown, all) = origins(&["--cors-origin", ""]);
    assert_eq!(shown, "[]");
    assert_eq!(format!("{all:?}"), format!("{:?}", origins(&[]).1));
    let (shown, some) = origins(&["-C", "", "-C", "http://a,http://b"]);
    assert_eq!(shown, r#"["http://a", "http://b"]"#);
    assert_ne!(format!("{some:?}"), format!("{all:?}"));
    let found = option_errors(&["-f", r#"file:a"b,c""#], &[]);
    assert!(
        found[0].starts_with("invalid value for --uri: a quotation mark in the middle"),
        "{found:?}"
    );
}
