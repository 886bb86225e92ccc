//! Options: where they come from, what they come to, and what is said about mistakes.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use ::fanion::cli::fanion;
use ::fanion::cli::fanion::options;
use ::fanion::config;
use ::fanion::config::Config;
use ::fanion::config::option_table;
use ::fanion::config::print_config;
use ::fanion::rule::bucketing::bucketing_value::FractionalVersion;
use ::fanion::serve::listen::socket::ListenAddr;
use ecow::EcoString;

/// The configuration for arguments and an environment.
fn resolve(arguments: &[&str], env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let start = Some("start").filter(|start| !arguments.contains(start));
    let program = ["fanion"].into_iter().chain(start);
    let matches = fanion::command()
        .try_get_matches_from(program.chain(arguments.iter().copied()))
        .expect("known options");
    let (_, behind) = matches.subcommand().expect("start");
    let env = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    config::resolve(options::from_matches(&matches, behind), env)
}

fn port(config: &Config) -> u16 {
    match config.evaluation_addr {
        ListenAddr::Tcp(_, port) => port,
        ListenAddr::Unix(_) => panic!("a socket"),
    }
}

/// What is wrong with arguments and an environment.
fn mistakes(arguments: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let arguments = [&["-f", "file:x"], arguments].concat();
    resolve(&arguments, env).map(drop).expect_err("mistakes")
}

/// The context values for arguments and an environment.
fn values(arguments: &[&str], env: &[(&str, &str)]) -> Vec<(String, String)> {
    let arguments = [&["-f", "file:x"], arguments].concat();
    let config = resolve(&arguments, env).expect("right");
    let values = config.serve_config.added_context.static_values.into_iter();
    values
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// A configuration file in a directory of its own.
fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("a file");
    let path = path.to_string_lossy().into_owned();
    (directory, path)
}

#[test]
fn every_option_is_resolved_once_and_listed_in_the_readme() {
    let config = resolve(&["-f", "file:x"], &[]).expect("right");
    let mut settled: Vec<_> = config
        .resolved_options
        .iter()
        .map(|s| s.option.name)
        .collect();
    let mut rows: Vec<_> = option_table::options().map(|row| row.name).collect();
    settled.sort_unstable();
    rows.sort_unstable();
    assert_eq!(settled, rows);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.expect("README.md");
    for row in option_table::options() {
        let short = row.short.map_or(String::new(), |c| format!(", `-{c}`"));
        let default = match row.default {
            "" => String::new(),
            default => format!("{default} "),
        };
        let (name, variable) = (row.name, row.env_var());
        let cells = format!("| `--{name}`{short} | `{variable}` | {default}|");
        assert!(readme.contains(&cells), "no row in the README: {cells}");
    }
}

#[test]
fn arguments_override_environment_override_file() {
    for (name, text) in [
        (
            "c.yaml",
            "uri: [file:c]\nport: 1\nstream-deadline: 1m\nDebug: true\ncontext-value: {userId: c, other: 1}\n",
        ),
        (
            "c.json",
            r#"{"uri": ["file:c"], "port": "1", "stream-deadline": "1m", "debug": true, "context-value": {"userId": "c", "other": 1}}"#,
        ),
        (
            "c.toml",
            "uri = ['file:c']\nport = 1\nstream-deadline = '1m'\ndebug = true\n[context-value]\nuserId = 'c'\nother = 1\n",
        ),
    ] {
        let (_directory, path) = file(name, text);
        let from_file = resolve(&["--config", &path], &[]).expect(name);
        assert_eq!(port(&from_file), 1, "{name}");
        assert_eq!(
            from_file.serve_config.stream_deadline,
            Duration::from_secs(60)
        );
        assert!(from_file.debug_logging, "{name}");
        let mut values = from_file.serve_config.added_context.static_values.clone();
        values.sort();
        let want: [(EcoString, EcoString); 2] =
            [("other".into(), "1".into()), ("userId".into(), "c".into())];
        assert_eq!(values, want, "{name}: keys keep their case");
        let env = [
            ("FLAGD_PORT", "2"),
            ("FLAGD_CONTEXT_VALUE", r#"{"userId": "e"}"#),
            ("FLAGD_DEBUG", "false"),
        ];
        let over = resolve(&["--config", &path], &env).expect(name);
        assert_eq!((port(&over), over.debug_logging), (2, false), "{name}");
        assert_eq!(
            over.serve_config.added_context.static_values,
            [("userId".into(), "e".into())]
        );
        let typed = resolve(
            &["--config", &path, "-p", "3", "-X", "userId=t", "-x"],
            &env,
        )
        .expect(name);
        assert_eq!((port(&typed), typed.debug_logging), (3, true), "{name}");
        assert_eq!(
            typed.serve_config.added_context.static_values,
            [("userId".into(), "t".into())]
        );
    }
    let default = resolve(&["-f", "file:x"], &[("HOME", "/nonexistent")]).expect("right");
    assert_eq!(port(&default), 8013);
}

#[test]
fn environment_lists_split_on_spaces_arguments_on_commas() {
    let env = [
        ("FLAGD_URI", "file:a.yaml  file:b.json"),
        ("FLAGD_CORS_ORIGIN", "http://a http://b"),
    ];
    let config = resolve(&[], &env).expect("right");
    assert_eq!(config.sources.len(), 2);
    let config = resolve(&["-f", "file:a,file:b", "-f", "file:c"], &env).expect("right");
    assert_eq!(config.sources.len(), 3);
}

#[test]
fn sources_are_parsed_and_their_secrets_redacted() {
    let json = r#"[{"uri": "https://x.test/f.json", "provider": "http", "authHeader": "Bearer s3cret"}, {"uri": "b.yaml", "provider": "file"}]"#;
    let (_yaml, yaml) = file("c.yaml", &format!("sources: {json}\n"));
    let (_text, text) = file("c.yaml", &format!("sources: '{json}'\n"));
    let (_toml, toml) = file(
        "c.toml",
        "[[sources]]\nuri = 'https://x.test/f.json'\nprovider = 'http'\nauthHeader = 'Bearer s3cret'\n[[sources]]\nuri = 'b.yaml'\nprovider = 'file'\n",
    );
    for (arguments, env) in [
        (vec!["--sources", json], vec![]),
        (vec![], vec![("FLAGD_SOURCES", json)]),
        (vec!["--config", &yaml], vec![]),
        (vec!["--config", &text], vec![]),
        (vec!["--config", &toml], vec![]),
    ] {
        let url = "https://me:s3cret@x.test/a.json?key=s3cret";
        let arguments = [&arguments[..], &["-f", url]].concat();
        let config = resolve(&arguments, &env).expect("right");
        let names: Vec<&str> = config.sources.iter().map(|spec| &*spec.name).collect();
        assert_eq!(
            names,
            [url, "https://x.test/f.json", "b.yaml"],
            "--uri comes first"
        );
        let printed = print_config::render_yaml(&config.resolved_options);
        assert!(!printed.contains("s3cret"), "{printed}");
        assert!(
            printed.contains("\"authHeader\":\"[redacted]\""),
            "{printed}"
        );
    }
    let wrong = r#"[{"uri": "x"}]"#;
    let mistakes = resolve(&["--sources", wrong], &[]).map(drop).unwrap_err();
    assert!(
        mistakes[0].starts_with("--sources: sources[0]"),
        "{mistakes:?}"
    );
}

#[test]
fn home_config_file_is_read_unless_another_is_given() {
    let (home, _) = file(".agent.yaml", "uri: file:x\nport: 7\n");
    let env = [("HOME", home.path().to_str().expect("text"))];
    assert_eq!(port(&resolve(&[], &env).expect("right")), 7);
    let (_directory, path) = file("c.yaml", "uri: file:x\n");
    assert_eq!(
        port(&resolve(&["--config", &path], &env).expect("right")),
        8013
    );
}

#[test]
fn boolean_options_accept_false() {
    let on = resolve(&["-f", "file:x", "--keep-alive-permit-without-stream"], &[]).expect("right");
    assert!(on.serve_config.ping_policy.permit_without_stream);
    let off = "--keep-alive-permit-without-stream=false";
    let off = resolve(&["-f", "file:x", off], &[]).expect("right");
    assert!(!off.serve_config.ping_policy.permit_without_stream);
}

#[test]
fn all_option_errors_are_reported_with_positions() {
    let text = "Ports: 1\nstream-deadline: soon\nuri: file:x\n";
    let (_directory, path) = file("c.yaml", text);
    let arguments = [
        "--config",
        &path,
        "-p",
        "70000",
        "--bind-address",
        "here",
        "-c",
        "cert.pem",
        "-H",
        "a b=c",
    ];
    let mistakes = resolve(&arguments, &[("FLAGD_OFREP_PORT", "x")])
        .map(drop)
        .unwrap_err();
    let all = mistakes.join("\n");
    for part in [
        "c.yaml:1:1: F008: there is no option `ports` (help: did you mean `port`?)",
        "c.yaml:2:18: invalid value \"soon\" for `stream-deadline`: must be a duration",
        "invalid value \"70000\" for --port: must be a port from 0 to 65535",
        "FLAGD_OFREP_PORT: invalid value \"x\" for --ofrep-port",
        "invalid value \"here\" for --bind-address: must be an IP address",
        "--server-cert-path is given without --server-key-path",
        "invalid value \"a b\" for --context-from-header",
    ] {
        assert!(all.contains(part), "{part}\nis not in\n{all}");
    }
    let (_directory, path) = file("c.yaml", "port: [1]\nuri: file:x\n");
    let mistakes = resolve(&["--config", &path], &[]).map(drop).unwrap_err();
    let want = format!(
        "{path}:1:7: invalid value \"an array\" for `port`: must be a port from 0 to 65535"
    );
    assert_eq!(mistakes, [want]);
}

#[test]
fn unreadable_config_file_is_an_error() {
    let check = |path: &str, part: &str| {
        let mistakes = resolve(&["-f", "file:x", "--config", path], &[])
            .map(drop)
            .unwrap_err();
        assert!(mistakes.join("\n").contains(part), "{mistakes:?}");
    };
    check(
        "/nonexistent/c.yaml",
        "cannot read the configuration file /nonexistent/c.yaml: No such file",
    );
    let (_directory, path) = file("c.ini", "port=1");
    check(&path, "must end in .yaml, .yml, .json or .toml");
    let (_directory, path) = file("c.toml", "a = 1\nport = = 1\n");
    check(&path, "c.toml:2:8: F001");
    let (_directory, path) = file("c.json", "{\"port\": }");
    check(&path, "c.json:1:10: F001");
    let (_directory, path) = file("c.yaml", "- port\n");
    check(
        &path,
        "c.yaml:1:1: F002: a configuration is an object, this is an array",
    );
}

#[test]
fn fractional_version_must_be_v2_or_v3() {
    let version = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        resolve(&arguments, &[])
            .expect("right")
            .source_config
            .fractional_version
    };
    assert_eq!(version(&[]), FractionalVersion::V2);
    assert_eq!(version(&["--fractional", "v3"]), FractionalVersion::V3);
    assert_eq!(
        mistakes(&["--fractional", "3"], &[]),
        ["invalid value \"3\" for --fractional: must be v2 or v3"]
    );
}

#[test]
fn tls_requires_certificate_and_key() {
    let lonely = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        resolve(&arguments, &[]).map(drop).unwrap_err().join("\n")
    };
    assert!(lonely(&["-c", "x"]).contains("without --server-key-path"));
    assert!(lonely(&["-k", "x"]).contains("without --server-cert-path"));
    assert!(lonely(&["--client-ca-path", "x"]).contains("--client-ca-path is given without"));
    let both = resolve(&["-f", "file:x", "-c", "x", "-k", "y"], &[]).expect("right");
    assert_eq!(both.tls_files.expect("TLS").key, Path::new("y"));
}

#[test]
fn bind_address_and_socket_paths_set_listeners() {
    let config = resolve(
        &[
            "-f",
            "file:x",
            "--bind-address",
            "127.0.0.1",
            "-d",
            "/run/f.sock",
            "-e",
            "/run/s.sock",
        ],
        &[],
    );
    let config = config.expect("right");
    let local = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!(config.management_addr, ListenAddr::Tcp(local, 8014));
    assert_eq!(config.ofrep_addr, ListenAddr::Tcp(local, 8016));
    assert_eq!(
        config.evaluation_addr,
        ListenAddr::Unix("/run/f.sock".into())
    );
    assert_eq!(config.sync_addr, ListenAddr::Unix("/run/s.sock".into()));
}

#[test]
fn printed_config_round_trips() {
    let arguments = [
        "-f",
        "file:a b,file:c",
        "-f",
        r#""file:d,""e"": #{f}""#,
        "-X",
        "k=\"v\"",
        "-X",
        "k=again, # no comment",
        "-X",
        "<<=\u{e9}\t\u{1}\n: [",
        "-X",
        "007=007,long=9007199254740993,null=~",
        "-H",
        "X-A=a",
        "-p",
        "99",
        "-r",
        "0010",
        "-d",
        "@flags",
        "-e",
        "007",
        "--ofrep-sse-inactivity-delay",
        "9007199254740993",
        "--cors-origin",
        "",
        "--stream-deadline",
        "1h30m",
    ];
    let config = resolve(&arguments, &[("FLAGD_SYNC_PORT", "98")]).expect("right");
    let printed = print_config::render_yaml(&config.resolved_options);
    assert!(printed.contains("port: 99 # --port\n"), "{printed}");
    assert!(
        printed.contains("sync-port: 98 # FLAGD_SYNC_PORT\n"),
        "{printed}"
    );
    assert!(
        printed.contains("management-port: 8014 # default\n"),
        "{printed}"
    );
    let (_directory, path) = file("c.yaml", &printed);
    let again = resolve(&["--config", &path], &[]).expect("it can be read");
    let values = |config: &Config| -> Vec<(&str, String)> {
        let all = config
            .resolved_options
            .iter()
            .filter(|s| s.option.name != "config");
        all.map(|s| (s.option.name, s.json.clone())).collect()
    };
    assert_eq!(values(&again), values(&config));
    assert!(
        print_config::render_yaml(&again.resolved_options).contains(&format!("port: 99 # {path}:"))
    );
}

#[test]
fn global_options_may_precede_the_subcommand() {
    let (_directory, path) = file("c.yaml", "uri: file:x\nport: 5\n");
    let config = resolve(&["--config", &path, "-x", "start", "--debug=false"], &[]).expect("right");
    assert_eq!((port(&config), config.debug_logging), (5, false));
    let config = resolve(&["-x", "start", "-f", "file:x"], &[]).expect("right");
    assert!(config.debug_logging);
}

/// Recorded from flagd, all but those that end in a quotation mark.
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
            values(&["-X", text], &[]),
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
        let mistakes = mistakes(&["-X", text], &[]);
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
    assert_eq!(values(&twice, &[]), want);
    let env = [("FLAGD_CONTEXT_VALUE", r#"{"a": "1", "a": "2"}"#)];
    assert_eq!(values(&[], &env), [("a".into(), "2".into())]);
    let config = resolve(&[&["-f", "file:x"], &twice[..]].concat(), &[]).expect("right");
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
        let config = resolve(arguments, &[]).expect("right");
        let names = config.sources.iter().map(|spec| spec.name.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(uris(&["-f", r#""file:a,b.json""#]), ["a,b.json"]);
    assert_eq!(
        uris(&["-f", "", "-f", r#"file:a,"file:b,c""#]),
        ["a", "b,c"]
    );
    let origins = |arguments: &[&str]| {
        let config = resolve(&[&["-f", "file:x"], arguments].concat(), &[]).expect("right");
        let settled = config
            .resolved_options
            .iter()
            .find(|s| s.option.name == "cors-origin");
        let shown = settled.expect("it is asked for").json.clone();
        (shown, config.serve_config.cors)
    };
    // No origin: all may ask.
    let (shown, all) = origins(&["--cors-origin", ""]);
    assert_eq!(shown, "[]");
    assert_eq!(format!("{all:?}"), format!("{:?}", origins(&[]).1));
    let (shown, some) = origins(&["-C", "", "-C", "http://a,http://b"]);
    assert_eq!(shown, r#"["http://a", "http://b"]"#);
    assert_ne!(format!("{some:?}"), format!("{all:?}"));
    let found = mistakes(&["-f", r#"file:a"b,c""#], &[]);
    assert!(
        found[0].starts_with("invalid value for --uri: a quotation mark in the middle"),
        "{found:?}"
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
        let (_directory, path) = file(name, &text);
        let found = mistakes(&["--config", &path], &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(&format!("{path}:{place}: F003: the number")),
            "{found:?}"
        );
        assert!(found[0].contains("put it in quotation marks"), "{found:?}");
    }
    let env = format!("{{\"ok\": 1,\n \"id\": {long}}}");
    let found = mistakes(&[], &[("FLAGD_CONTEXT_VALUE", &env)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("FLAGD_CONTEXT_VALUE:2:8: F003: the number `9007199254740993`"));
    for (name, text, want) in [
        ("c.yaml", "context-value: {id: '9007199254740993'}\n", long),
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
        let (_directory, path) = file(name, text);
        assert_eq!(
            values(&["--config", &path], &[]),
            [("id".into(), want.into())],
            "{text}"
        );
    }
    let env = [("FLAGD_CONTEXT_VALUE", r#"{"id": -12345678901234}"#)];
    assert_eq!(values(&[], &env), [("id".into(), "-12345678901234".into())]);
}

#[test]
fn durations_require_a_unit_and_are_bounded() {
    let (_directory, path) = file("c.yaml", "keep-alive-min-time: 600\n");
    let arguments = ["--config", &path, "--read-timeout", "0"];
    let found = mistakes(&arguments, &[("FLAGD_STREAM_DEADLINE", "600")]).join("\n");
    for part in [
        "FLAGD_STREAM_DEADLINE: invalid value \"600\" for --stream-deadline: a duration has a unit, write 600s for seconds",
        "c.yaml:1:22: invalid value \"600\" for `keep-alive-min-time`: a duration has a unit, write 600s",
        "invalid value \"0\" for --read-timeout: must be above 0",
    ] {
        assert!(found.contains(part), "{part}\nis not in\n{found}");
    }
    let found = mistakes(
        &["--read-timeout", "0s", "--stream-deadline", "9999999h"],
        &[],
    );
    let want = [
        "invalid value \"0s\" for --read-timeout: must be above 0",
        "invalid value \"9999999h\" for --stream-deadline: must be at most 876000h, which is a hundred years",
    ];
    assert_eq!(found, want);
    let config = resolve(&["-f", "file:x", "--stream-deadline", "876000h"], &[]).expect("right");
    assert!(
        std::time::Instant::now()
            .checked_add(config.serve_config.stream_deadline)
            .is_some()
    );
}

#[test]
fn error_messages_contain_no_passwords() {
    for arguments in [
        ["-f", "HTTPS://user:hush@h/x"],
        ["-f", "https://user:ab,hush@h/x"],
        ["-f", "https://user:hush@:x/"],
        ["-f", "https://user:hush@h/x y"],
        ["-f", "\"https://user:hush@h/x"],
        ["-f", "ftp://h/x?token=hush"],
        ["-f", "s3://user:hush@bucket/x"],
        ["-f", "grpc://user:hush@h:1"],
        ["-f", "dns://user:hush@h:1"],
        ["-f", "envoy://user:hush@h:1/s"],
        ["--ofrep-sse-public-url", "https://user:hush@h/path"],
        ["--bind-address", "tcp://user:hush@h"],
    ] {
        let told = match resolve(&arguments, &[]) {
            Ok(config) => print_config::render_yaml(&config.resolved_options),
            Err(mistakes) => mistakes.join("\n"),
        };
        assert!(!told.contains("hush"), "{told}");
    }
}

#[test]
fn kubernetes_service_link_port_gets_a_hint() {
    let env = [
        ("FLAGD_PORT", "tcp://10.0.0.1:8013"),
        ("FLAGD_SYNC_PORT", "tcp://10.0.0.1:8015"),
        ("FLAGD_OFREP_PORT", "http"),
    ];
    let found = mistakes(&[], &env);
    let about = |part: &str| found.iter().find(|m| m.contains(part)).expect(part);
    let hint = "for the Service `flagd`: set `enableServiceLinks: false` in the Pod, or rename the Service";
    assert!(about("FLAGD_PORT").contains(hint), "{found:?}");
    assert!(about("FLAGD_SYNC_PORT").contains("for the Service `flagd-sync`"));
    assert!(!about("FLAGD_OFREP_PORT").contains("Kubernetes"));
}

#[test]
fn config_file_cannot_set_config_or_print_config() {
    let (_directory, path) = file("c.yaml", "config: other.yaml\nPrint-Config: true\n");
    let want = [
        format!(
            "{path}:1:1: F008: `config` cannot stand in a configuration file (help: say --config or FLAGD_CONFIG)"
        ),
        format!(
            "{path}:2:1: F008: `print-config` cannot stand in a configuration file (help: say --print-config or \
             FLAGD_PRINT_CONFIG)"
        ),
    ];
    assert_eq!(mistakes(&["--config", &path], &[]), want);
}
