//! The configuration file: where it is looked up, and which values it may hold.

use crate::support::options::config_file;
use crate::support::options::context_values;
use crate::support::options::evaluation_port;
use crate::support::options::option_errors;
use crate::support::options::resolve_options;

#[test]
fn home_config_file_is_read_unless_another_is_given() {
    let (home, _) = config_file(".agent.yaml", "uri: file:x\nport: 7\n");
    let env = [("HOME", home.path().to_str().expect("text"))];
    assert_eq!(
        evaluation_port(&resolve_options(&[], &env).expect("right")),
        7
    );
    let (_directory, path) = config_file("c.yaml", "uri: file:x\n");
    assert_eq!(
        evaluation_port(&resolve_options(&["--config", &path], &env).expect("right")),
        8013
    );
}

#[test]
fn unreadable_config_file_is_an_error() {
    let check = |path: &str, part: &str| {
        let mistakes = resolve_options(&["-f", "file:x", "--config", path], &[])
            .map(drop)
            .unwrap_err();
        assert!(mistakes.join("\n").contains(part), "{mistakes:?}");
    };
    check(
        "/nonexistent/c.yaml",
        "cannot read the configuration file /nonexistent/c.yaml: No such file",
    );
    let (_directory, path) = config_file("c.ini", "port=1");
    check(&path, "the extension must be .yaml, .yml, .json or .toml");
    let (_directory, path) = config_file("c.toml", "a = 1\nport = = 1\n");
    check(&path, "c.toml:2:8: F001");
    let (_directory, path) = config_file("c.json", "{\"port\": }");
    check(&path, "c.json:1:10: F001");
    let (_directory, path) = config_file("c.yaml", "- port\n");
    check(
        &path,
        "c.yaml:1:1: F002: expected an object of options, found an array",
    );
}

#[test]
fn numbers_that_would_lose_digits_are_rejected() {
    let long = "9007199254740993";
    let files = [
        ("c.yaml", format!("context-value:\n  id: {long}\n"), "2:7"),
        (
            "c.json",
            format!("{{\"context-value\": {{\"id\": {long}}}}}"),
            "1:26",
        ),
        (
            "c.toml",
            "context-value.id = 9_007_199_254_740_993\n".to_owned(),
            "1:20",
        ),
        (
            "c.toml",
            "context-value.id = 0.12345678901234567890\n".to_owned(),
            "1:20",
        ),
    ];
    for (name, text, place) in files {
        let (_directory, path) = config_file(name, &text);
        let found = option_errors(&["--config", &path], &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("{path}:{place}: F003: the number")),
            "{found:?}"
        );
        assert!(found[0].contains("put it in quotation marks"), "{found:?}");
    }
    let env = format!("{{\"ok\": 1,\n \"id\": {long}}}");
    let found = option_errors(&[], &[("FLAGD_CONTEXT_VALUE", &env)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("FLAGD_CONTEXT_VALUE:2:8: F003: the number `9007199254740993`"));
}

#[test]
fn exact_numbers_and_quoted_digits_are_accepted() {
    for (name, text, want) in [
        (
            "c.yaml",
            "context-value: {id: '9007199254740993'}\n",
            "9007199254740993",
        ),
        (
            "c.yaml",
            "context-value: {id: 9007199254740991}\n",
            "9007199254740991",
        ),
        ("c.yaml", "context-value: {id: 010}\n", "8"),
        ("c.json", r#"{"context-value": {"id": 1e3}}"#, "1000"),
        ("c.toml", "context-value.id = 0xff\n", "255"),
        (
            "c.toml",
            "context-value.id = 9223372036854775808\n",
            "9223372036854775808",
        ),
        (
            "c.toml",
            "context-value.id = 0xffffffffffffffffff\n",
            "0xffffffffffffffffff",
        ),
    ] {
        let (_directory, path) = config_file(name, text);
        assert_eq!(
            context_values(&["--config", &path], &[]),
            [("id".into(), want.into())],
            "{text}"
        );
    }
    let env = [("FLAGD_CONTEXT_VALUE", r#"{"id": -12345678901234}"#)];
    assert_eq!(
        context_values(&[], &env),
        [("id".into(), "-12345678901234".into())]
    );
}

#[test]
fn config_file_cannot_set_config_or_print_config() {
    let (_directory, path) = config_file("c.yaml", "config: other.yaml\nPrint-Config: true\n");
    let want = [
        format!(
            "{path}:1:1: F008: `config` is not allowed in a configuration file (help: use --config or FLAGD_CONFIG)"
        ),
        format!(
            "{path}:2:1: F008: `print-config` is not allowed in a configuration file (help: use --print-config or \
             FLAGD_PRINT_CONFIG)"
        ),
    ];
    assert_eq!(option_errors(&["--config", &path], &[]), want);
}
