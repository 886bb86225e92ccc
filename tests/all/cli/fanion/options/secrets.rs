//! Secrets in options are redacted in output and error messages.

use ::fanion::config::print_config;

use crate::support::options::config_file;
use crate::support::options::resolve_options;

#[test]
fn sources_are_parsed_and_their_secrets_redacted() {
    let json = r#"[{"uri": "https://x.test/f.json", "provider": "http", "authHeader": "Bearer s3cret"}, {"uri": "b.yaml", "provider": "file"}]"#;
    let (_yaml, yaml) = config_file("c.yaml", &format!("sources: {json}\n"));
    let (_text, text) = config_file("c.yaml", &format!("sources: '{json}'\n"));
    let (_toml, toml) = config_file(
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
        let config = resolve_options(&arguments, &env).expect("right");
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
    let mistakes = resolve_options(&["--sources", wrong], &[])
        .map(drop)
        .unwrap_err();
    assert!(
        mistakes[0].starts_with("--sources: sources[0]"),
        "{mistakes:?}"
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
        let told = match resolve_options(&arguments, &[]) {
            Ok(config) => print_config::render_yaml(&config.resolved_options),
            Err(mistakes) => mistakes.join("\n"),
        };
        assert!(!told.contains("hush"), "{told}");
    }
}
