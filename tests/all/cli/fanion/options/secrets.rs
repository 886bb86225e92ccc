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

#[test]
fn user_info_of_urls_is_redacted_in_every_option() {
    for (option, value, want) in [
        (
            "--otel-collector-uri",
            "https://user:hush@c:4317",
            "https://[redacted]@c:4317",
        ),
        (
            "--otel-collector-uri",
            "http://hush@c:4317",
            "http://[redacted]@c:4317",
        ),
        (
            "--otel-collector-uri",
            "user:hush@c:4317",
            "[redacted]@c:4317",
        ),
        (
            "--cors-origin",
            "https://user:hush@app.test",
            "https://[redacted]@app.test",
        ),
        (
            "--context-value",
            "api=https://user:hush@api.test/x",
            "https://[redacted]@api.test/x",
        ),
        (
            "--replica-id",
            "https://user:hush@host/x",
            "https://[redacted]@host/x",
        ),
        (
            "--otel-ca-path",
            "file://user:hush@host/x",
            "file://[redacted]@host/x",
        ),
    ] {
        let arguments = ["-f", "file:x", option, value];
        let config = resolve_options(&arguments, &[]).expect("right");
        for printed in [
            print_config::render_yaml(&config.resolved_options),
            print_config::render_changed(&config.resolved_options),
        ] {
            assert!(!printed.contains("hush"), "{printed}");
            assert!(printed.contains(want), "{printed}");
        }
    }
    for uri in [
        "https://user:hush@c d",
        "user:hush@c d:1",
        "ftp://user:hush@c",
    ] {
        let arguments = ["-f", "file:x", "-t", "otel", "-o", uri];
        let mistakes = resolve_options(&arguments, &[]).map(drop).unwrap_err();
        assert!(!mistakes.concat().contains("hush"), "{mistakes:?}");
    }
}
