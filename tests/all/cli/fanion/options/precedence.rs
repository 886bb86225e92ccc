//! Precedence of arguments, environment and configuration file.

use std::time::Duration;

use ecow::EcoString;

use crate::support::options::config_file;
use crate::support::options::evaluation_port;
use crate::support::options::resolve_options;

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
        let (_directory, path) = config_file(name, text);
        let from_file = resolve_options(&["--config", &path], &[]).expect(name);
        assert_eq!(evaluation_port(&from_file), 1, "{name}");
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
        let over = resolve_options(&["--config", &path], &env).expect(name);
        assert_eq!(
            (evaluation_port(&over), over.debug_logging),
            (2, false),
            "{name}"
        );
        assert_eq!(
            over.serve_config.added_context.static_values,
            [("userId".into(), "e".into())]
        );
        let typed = resolve_options(
            &["--config", &path, "-p", "3", "-X", "userId=t", "-x"],
            &env,
        )
        .expect(name);
        assert_eq!(
            (evaluation_port(&typed), typed.debug_logging),
            (3, true),
            "{name}"
        );
        assert_eq!(
            typed.serve_config.added_context.static_values,
            [("userId".into(), "t".into())]
        );
    }
    let default = resolve_options(&["-f", "file:x"], &[("HOME", "/nonexistent")]).expect("right");
    assert_eq!(evaluation_port(&default), 8013);
}

#[test]
fn boolean_options_accept_false() {
    let on = resolve_options(&["-f", "file:x", "--keep-alive-permit-without-stream"], &[])
        .expect("right");
    assert!(on.serve_config.ping_policy.permit_without_stream);
    let off = "--keep-alive-permit-without-stream=false";
    let off = resolve_options(&["-f", "file:x", off], &[]).expect("right");
    assert!(!off.serve_config.ping_policy.permit_without_stream);
}

#[test]
fn global_options_may_precede_the_subcommand() {
    let (_directory, path) = config_file("c.yaml", "uri: file:x\nport: 5\n");
    let config =
        resolve_options(&["--config", &path, "-x", "start", "--debug=false"], &[]).expect("right");
    assert_eq!((evaluation_port(&config), config.debug_logging), (5, false));
    let config = resolve_options(&["-x", "start", "-f", "file:x"], &[]).expect("right");
    assert!(config.debug_logging);
}
