//! The files with tokens: options, mistakes at the start, rotation, and secrecy.

use crate::support::options::config_file;
use crate::support::options::resolve_options;
use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::write_one_flag;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::poll_until;

// The log of a daemon is searched for `hush` at its end.
const OLD: &str = "hush-old-token-of-this-port";
const NEW: &str = "hush-new-token-of-this-port";

const OPTIONS: [&str; 3] = [
    "--evaluation-token-path",
    "--ofrep-token-path",
    "--sync-token-path",
];

async fn status(daemon: &Daemon, token: &str) -> u16 {
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let header = format!("authorization: Bearer {token}");
    let answer = client.post(RESOLVE_BOOLEAN, &[JSON, &header], FLAG_F).await;
    answer.status.as_u16()
}

/// Waits until the old and the new token have these statuses.
async fn wait_for_statuses(daemon: &Daemon, want: [u16; 2]) {
    let are_wanted = async || [status(daemon, OLD).await, status(daemon, NEW).await] == want;
    poll_until(are_wanted, || format!("the statuses are never {want:?}")).await;
}

#[tokio::test]
async fn tokens_rotate_without_a_restart_and_are_never_shown() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    let path = directory.write("tokens", OLD);
    let options = [
        "--uri",
        "file:flags.json",
        "--debug",
        "--evaluation-token-path",
        "tokens",
    ];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_until_ready().await;
    wait_for_statuses(&daemon, [200, 401]).await;
    let wait_for_log = |text: &str| {
        daemon.wait_for_log(|line| line["message"].as_str().is_some_and(|m| m.contains(text)))
    };
    replace_file(&path, &format!("# two tokens\n{OLD}\n{NEW}\n"));
    wait_for_statuses(&daemon, [200, 200]).await;
    let line = wait_for_log("bearer tokens reloaded");
    assert_eq!(line["count"], 2);
    replace_file(&path, NEW);
    wait_for_statuses(&daemon, [401, 200]).await;
    // A file that cannot be used keeps the tokens.
    for (broken, why) in [
        (Some("# none\n"), "the file contains no token"),
        (Some("hush"), "line 1: the token is shorter than 16 bytes"),
        (None, "No such file or directory (os error 2)"),
    ] {
        match broken {
            Some(text) => replace_file(&path, text),
            None => std::fs::remove_file(&path).expect("it exists"),
        }
        let line = wait_for_log("cannot reload the bearer tokens: keeping the previous ones");
        assert_eq!(
            (&line["error"], &line["path"]),
            (&why.into(), &"tokens".into())
        );
        assert_eq!(status(&daemon, NEW).await, 200);
        assert_eq!(status(&daemon, OLD).await, 401);
    }
    replace_file(&path, OLD);
    wait_for_statuses(&daemon, [200, 401]).await;
    let metrics = prometheus::scrape_port(daemon.management).await;
    assert!(metrics.sum("fanion_unauthenticated_requests_total", &[]) > 3.5);
}

#[test]
fn unusable_token_files_fail_the_start() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    directory.write("empty", " \n# a comment\n");
    directory.write("short", "hush\n");
    for option in OPTIONS {
        for (path, why) in [
            ("missing", "No such file or directory"),
            ("empty", "the file contains no token"),
            ("short", "line 1: the token is shorter than 16 bytes"),
            (".", "it is a directory, not a regular file"),
        ] {
            let options = ["--uri", "file:flags.json", option, path];
            let command = daemon::command(directory.path(), &options);
            let mut daemon = Daemon::spawn_without_ports(command);
            let want = format!("error: cannot use {path} for {option}: {why}");
            let line = daemon.wait_for_log(|line| {
                line.as_str()
                    .is_some_and(|line| line.starts_with("error: "))
            });
            let line = line.as_str().unwrap_or_default();
            assert!(line.starts_with(&want), "{line}");
            assert!(!line.contains("hush"), "{line}");
            let status = daemon.child.wait().expect("the process ends");
            assert_eq!(status.code(), Some(1));
        }
    }
}

#[test]
fn token_paths_are_set_like_other_options() {
    let (_directory, file) = config_file(
        "c.yaml",
        "evaluation-token-path: /a\nofrep-token-path: /b\nsync-token-path: /c\n",
    );
    let arguments = [
        "-f", "file:x", OPTIONS[0], "/a", OPTIONS[1], "/b", OPTIONS[2], "/c",
    ];
    let env = [
        ("FLAGD_EVALUATION_TOKEN_PATH", "/a"),
        ("FLAGD_OFREP_TOKEN_PATH", "/b"),
        ("FLAGD_SYNC_TOKEN_PATH", "/c"),
    ];
    let configs = [
        resolve_options(&arguments, &[]),
        resolve_options(&["-f", "file:x"], &env),
        resolve_options(&["-f", "file:x", "--config", &file], &[]),
    ];
    for config in configs {
        let paths = config.expect("right").token_paths;
        let found = [paths.evaluation, paths.ofrep, paths.sync].map(Option::unwrap_or_default);
        assert_eq!(found, ["/a", "/b", "/c"].map(std::path::PathBuf::from));
    }
    let paths = resolve_options(&["-f", "file:x"], &[])
        .expect("right")
        .token_paths;
    assert!(paths.evaluation.is_none() && paths.ofrep.is_none() && paths.sync.is_none());
}
