//! Options: where they come from, what they come to, and what is said about mistakes.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use fanion::cli::sidecar;
use fanion::cli::start::options;
use fanion::config;
use fanion::config::Config;
use fanion::config::print;
use fanion::config::table;
use fanion::serve::socket::Place;

/// The configuration for arguments and an environment.
fn resolve(arguments: &[&str], env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let start = if arguments.contains(&"start") {
        ""
    } else {
        "start"
    };
    let arguments = ["fanion", start]
        .into_iter()
        .chain(arguments.iter().copied());
    let matches = sidecar::command()
        .try_get_matches_from(arguments.filter(|argument| !argument.is_empty()))
        .expect("known options");
    let (_, behind) = matches.subcommand().expect("start");
    let env = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    config::resolve(options::typed(&matches, behind), env)
}

fn port(config: &Config) -> u16 {
    match config.evaluation {
        Place::Port(_, port) => port,
        Place::Socket(_) => panic!("a socket"),
    }
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
fn every_option_is_asked_for_once_and_stands_in_the_readme() {
    let config = resolve(&["-f", "file:x"], &[]).expect("right");
    let mut settled: Vec<_> = config.settled.iter().map(|s| s.row.name).collect();
    let mut rows: Vec<_> = table::rows().map(|row| row.name).collect();
    settled.sort_unstable();
    rows.sort_unstable();
    assert_eq!(settled, rows);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.expect("README.md");
    for row in table::rows() {
        let short = row.short.map_or(String::new(), |c| format!(", `-{c}`"));
        let default = match row.default {
            "" => String::new(),
            default => format!("{default} "),
        };
        let (name, variable) = (row.name, row.variable());
        let cells = format!("| `--{name}`{short} | `{variable}` | {default}|");
        assert!(readme.contains(&cells), "no row in the README: {cells}");
    }
}

#[test]
fn arguments_win_over_the_environment_over_the_file_over_defaults() {
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
        assert_eq!(from_file.serve.stream_deadline, Duration::from_secs(60));
        assert!(from_file.debug, "{name}");
        let mut values = from_file.serve.extra.values.clone();
        values.sort();
        let want: [(Box<str>, Box<str>); 2] =
            [("other".into(), "1".into()), ("userId".into(), "c".into())];
        assert_eq!(values, want, "{name}: keys keep their case");
        let env = [
            ("FLAGD_PORT", "2"),
            ("FLAGD_CONTEXT_VALUE", r#"{"userId": "e"}"#),
            ("FLAGD_DEBUG", "false"),
        ];
        let over = resolve(&["--config", &path], &env).expect(name);
        assert_eq!((port(&over), over.debug), (2, false), "{name}");
        assert_eq!(over.serve.extra.values, [("userId".into(), "e".into())]);
        let typed = resolve(
            &["--config", &path, "-p", "3", "-X", "userId=t", "-x"],
            &env,
        )
        .expect(name);
        assert_eq!((port(&typed), typed.debug), (3, true), "{name}");
        assert_eq!(typed.serve.extra.values, [("userId".into(), "t".into())]);
    }
    let default = resolve(&["-f", "file:x"], &[("HOME", "/nonexistent")]).expect("right");
    assert_eq!(port(&default), 8013);
}

#[test]
fn the_environment_separates_by_spaces_and_arguments_by_commas() {
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
fn sources_come_as_a_list_or_as_its_json_and_their_secrets_are_not_printed() {
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
        let printed = print::render(&config.settled);
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
fn the_file_in_the_home_directory_is_read_unless_another_is_named() {
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
fn switches_can_be_said_to_be_off() {
    let on = resolve(&["-f", "file:x", "--keep-alive-permit-without-stream"], &[]).expect("right");
    assert!(on.serve.pings.without_stream);
    let off = "--keep-alive-permit-without-stream=false";
    let off = resolve(&["-f", "file:x", off], &[]).expect("right");
    assert!(!off.serve.pings.without_stream);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
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
fn a_file_that_cannot_be_read_is_an_error() {
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
fn tls_needs_both_files() {
    let lonely = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        resolve(&arguments, &[]).map(drop).unwrap_err().join("\n")
    };
    assert!(lonely(&["-c", "x"]).contains("without --server-key-path"));
    assert!(lonely(&["-k", "x"]).contains("without --server-cert-path"));
    assert!(lonely(&["--client-ca-path", "x"]).contains("--client-ca-path is given without"));
    let both = resolve(&["-f", "file:x", "-c", "x", "-k", "y"], &[]).expect("right");
    assert_eq!(both.tls.expect("TLS").key, Path::new("y"));
}

#[test]
fn addresses_and_sockets_say_where_to_listen() {
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
    assert_eq!(config.management, Place::Port(local, 8014));
    assert_eq!(config.ofrep, Place::Port(local, 8016));
    assert_eq!(config.evaluation, Place::Socket("/run/f.sock".into()));
    assert_eq!(config.sync, Place::Socket("/run/s.sock".into()));
}

#[test]
fn the_printed_configuration_can_be_read_back() {
    let arguments = [
        "-f",
        "file:a b,file:c",
        "-X",
        "k=\"v\"",
        "-H",
        "X-A=a",
        "-p",
        "99",
        "--stream-deadline",
        "1h30m",
    ];
    let config = resolve(&arguments, &[("FLAGD_SYNC_PORT", "98")]).expect("right");
    let printed = print::render(&config.settled);
    assert!(printed.contains("port: 99 # --port\n"), "{printed}");
    assert!(
        printed.contains("sync-port: 98 # FLAGD_SYNC_PORT\n"),
        "{printed}"
    );
    assert!(
        printed.contains("ofrep-port: 8016 # default\n"),
        "{printed}"
    );
    let (_directory, path) = file("c.yaml", &printed);
    let again = resolve(&["--config", &path], &[]).expect("it can be read");
    let values = |config: &Config| -> Vec<(&str, String)> {
        let all = config.settled.iter().filter(|s| s.row.name != "config");
        all.map(|s| (s.row.name, s.json.clone())).collect()
    };
    assert_eq!(values(&again), values(&config));
    assert!(print::render(&again.settled).contains(&format!("port: 99 # {path}:")));
}

#[test]
fn two_options_may_stand_before_the_command() {
    let (_directory, path) = file("c.yaml", "uri: file:x\nport: 5\n");
    let config = resolve(&["--config", &path, "-x", "start", "--debug=false"], &[]).expect("right");
    assert_eq!((port(&config), config.debug), (5, false));
    let config = resolve(&["-x", "start", "-f", "file:x"], &[]).expect("right");
    assert!(config.debug);
}
