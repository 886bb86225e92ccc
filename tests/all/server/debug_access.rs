//! Access to the debug endpoints: option, token, methods and body size.

use fanion::config;
use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;

use crate::server::debug_endpoints::send_to_management;
use crate::server::debug_endpoints::start_replica;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn debug_endpoints_are_disabled_by_default() {
    let (server, _dir) = start_replica("pod", DebugAccess::Off).await;
    for path in [
        "/debug/flags",
        "/debug/flags/half",
        "/debug/sources",
        "/debug/definitions",
    ] {
        let answer = send_to_management(&server, "GET", path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (404, "404 page not found\n")
        );
    }
    assert!(!ServeConfig::default().debug.access.is_enabled());
}

#[tokio::test]
async fn bearer_token_is_required_and_can_be_rotated() {
    let dir = TempDir::new();
    let path = dir.path().join("token");
    let write = |token: &str| std::fs::write(&path, token).expect("a file");
    write("first-token-of-this-replica\n");
    let (server, _dir) = start_replica("pod", DebugAccess::BearerTokenFile(path.clone())).await;
    let status = async |value: Option<&str>| {
        let header = value.map(|value| ("authorization", value));
        let answer =
            send_to_management(&server, "GET", "/debug/sources", header.as_slice(), "").await;
        let wants = answer.header("www-authenticate").to_owned();
        (answer.status.as_u16(), wants)
    };
    let (let_in, sent_away) = ((200, String::new()), (401, "Bearer".to_owned()));
    assert_eq!(
        status(Some("Bearer first-token-of-this-replica")).await,
        let_in
    );
    assert_eq!(
        status(Some("bearer first-token-of-this-replica")).await,
        let_in
    );
    for wrong in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Basic first-token-of-this-replica"),
        Some("Bearer first-token-of-this-replic"),
    ] {
        assert_eq!(status(wrong).await, sent_away, "{wrong:?}");
    }
    write("second-token-of-this-replica");
    assert_eq!(
        status(Some("Bearer first-token-of-this-replica")).await,
        sent_away
    );
    assert_eq!(
        status(Some("Bearer second-token-of-this-replica")).await,
        let_in
    );
    std::fs::remove_file(&path).expect("the file exists");
    assert_eq!(
        status(Some("Bearer second-token-of-this-replica")).await,
        sent_away
    );
}

#[tokio::test]
async fn request_body_size_and_methods_are_restricted() {
    let (server, _dir) = start_replica("pod", DebugAccess::Open).await;
    let long = format!(r#"{{"context": {{"x": "{}"}}}}"#, "x".repeat(65_536));
    let answer = send_to_management(&server, "POST", "/debug/flags/half", &[], &long).await;
    assert_eq!(answer.status, 413);
    let answer = send_to_management(&server, "DELETE", "/debug/flags/half", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "GET, POST")
    );
    let answer = send_to_management(&server, "POST", "/debug/sources", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "GET")
    );
}

#[test]
fn debug_options_are_validated() {
    let dir = TempDir::new();
    let path = dir.path().join("token");
    let token = path.to_str().expect("text").to_owned();
    let resolve = |options: &[(&'static str, &str)]| {
        let mut typed = config::option::resolver::CliOptions::new();
        typed.insert("uri", vec!["file:flags".to_owned()]);
        for (name, value) in options {
            typed.insert(*name, vec![(*value).to_owned()]);
        }
        config::resolve(typed, |name| {
            (name == "HOSTNAME").then(|| "pod-7".to_owned())
        })
    };
    let config = resolve(&[]).expect("the defaults").serve_config.debug;
    assert!(!config.access.is_enabled());
    assert_eq!(&*config.replica, "pod-7");
    let config = resolve(&[("debug-endpoints", "open"), ("replica-id", "a")]).expect("options");
    assert!(matches!(
        config.serve_config.debug.access,
        DebugAccess::Open
    ));
    assert_eq!(&*config.serve_config.debug.replica, "a");
    for (options, part) in [
        (
            &[("debug-endpoints", "yes")][..],
            "must be off, token or open",
        ),
        (
            &[("debug-endpoints", "token")][..],
            "requires --debug-token-path",
        ),
        (
            &[("debug-endpoints", "token"), ("debug-token-path", &*token)][..],
            "for --debug-token-path",
        ),
    ] {
        let mistakes = resolve(options).expect_err("mistakes");
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains(part), "{mistakes:?}");
    }
    std::fs::write(&path, "short").expect("a file");
    let both = [("debug-endpoints", "token"), ("debug-token-path", &*token)];
    let mistakes = resolve(&both).expect_err("a guessable token");
    assert!(
        mistakes[0].contains("shorter than 16 bytes"),
        "{mistakes:?}"
    );
    std::fs::write(&path, "long-enough-for-a-token").expect("a file");
    let config = resolve(&both).expect("a token");
    assert!(matches!(
        config.serve_config.debug.access,
        DebugAccess::BearerTokenFile(_)
    ));
}
