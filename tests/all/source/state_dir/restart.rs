//! The state directory: a start without the source.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use fanion::document::DocumentFormat;
use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::spec::SourceSpec;
use fanion::source::state_dir::StateDir;
use fanion::source::state_dir::StateEntry;
use fanion::source::updater::loader::Loader;
use serde_json::json;

use crate::server::metrics;
use crate::support::daemon;
use crate::support::daemon::Daemon;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::sources::Upstream;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::follow;
use crate::support::sources::good;
use crate::support::sources::http;
use crate::support::sources::reply;
use crate::support::sources::settings;
use crate::support::sources::until;

fn keeping(directory: &Path) -> SourceConfig {
    SourceConfig {
        state_dir: Some(directory.join("state")),
        ..settings()
    }
}

fn kept(directory: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(directory.join("state")).into_iter().flatten();
    let paths = listed.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "flags"))
        .collect()
}

/// Follows a URL until its document is kept.
async fn keep(url: &str, directory: &Path) {
    let followed = follow(&[http(url, &json!({}))], &keeping(directory));
    followed.answers("a").await;
    until(
        || kept(directory).len() == 1,
        || "nothing is kept".to_owned(),
    )
    .await;
}

#[tokio::test]
async fn network_source_starts_from_stored_flags() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start(|_| {
        let headers = ["content-type: application/json", "etag: \"7\""];
        reply("200 OK", &headers, &document("a"))
    })
    .await;
    let url = upstream.url("/?token=hush");
    keep(&url, directory.path()).await;
    let text = fs::read_to_string(&kept(directory.path())[0]).expect("text");
    assert!(!text.contains("hush"), "{text}");
    let mode = fs::metadata(&kept(directory.path())[0]).expect("it is there");
    let mode = mode.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    upstream.now(|_| reply("503 Service Unavailable", &[], ""));
    let followed = follow(&[http(&url, &json!({}))], &keeping(directory.path()));
    followed
        .watch
        .initial_load()
        .await
        .expect("it does not insist");
    assert_eq!(followed.answer("f"), "a");
    assert!(followed.live.load().is_usable());
    let state = followed.state(0);
    assert!(
        state.from_state_dir && state.is_stale() && state.accepted == 0,
        "{state:?}"
    );
    assert!(state.age(SystemTime::now()).expect("an age") < Duration::from_secs(60));
    followed.fails(0, "503").await;

    // The server knows the tag that was kept, so nothing has to be sent.
    upstream.now(|request| match request.header("if-none-match") {
        "\"7\"" => reply("304 Not Modified", &[], ""),
        _ => good("b"),
    });
    let state = followed.does(0, |state| !state.is_stale()).await;
    assert!(
        !state.from_state_dir && state.accepted == 0 && state.has_flags(),
        "{state:?}"
    );
    assert!(followed.live.load().is_usable());
    upstream.now(|_| good("c"));
    followed.answers("c").await;
}

#[tokio::test]
async fn corrupt_or_foreign_entry_is_ignored_and_replaced() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 5] = [
        ("a changed byte", |path| {
            let text = fs::read_to_string(path)
                .expect("text")
                .replace("\"a\"", "\"z\"");
            fs::write(path, text).expect("a file");
        }),
        ("a missing end", |path| {
            let text = fs::read(path).expect("bytes");
            fs::write(path, &text[..text.len() - 9]).expect("a file");
        }),
        ("nothing", |path| fs::write(path, "").expect("a file")),
        ("another version", |path| {
            let text = fs::read_to_string(path)
                .expect("text")
                .replace("fanion-state 1", "fanion-state 9");
            fs::write(path, text).expect("a file");
        }),
        ("another source", |path| {
            let other = tempfile::tempdir().expect("a directory");
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build();
            let there = other.path().to_owned();
            std::thread::spawn(move || {
                runtime.expect("a runtime").block_on(async {
                    let upstream = Upstream::start(|_| good("a")).await;
                    keep(&upstream.url("/"), &there).await;
                });
            })
            .join()
            .expect("it is kept");
            fs::copy(&kept(other.path())[0], path).expect("a file");
        }),
    ];
    for (name, damage) in damages {
        let directory = tempfile::tempdir().expect("a directory");
        let upstream = Upstream::start(|_| good("a")).await;
        keep(&upstream.url("/"), directory.path()).await;
        let file = kept(directory.path()).remove(0);
        let sound = fs::read(&file).expect("bytes").len();
        damage(&file);
        let damaged = fs::read(&file).expect("bytes");
        // A start while there is nothing but what was kept.
        let restarted = async || {
            upstream.now(|_| reply("503 Service Unavailable", &[], ""));
            let source = http(&upstream.url("/"), &json!({}));
            let followed = follow(&[source], &keeping(directory.path()));
            let first = followed.watch.initial_load().await;
            first.expect("it does not insist");
            followed
        };
        let followed = restarted().await;
        assert_eq!(followed.answer("f"), "", "{name}");
        assert!(!followed.live.load().is_usable(), "{name}");
        upstream.now(|_| good("a"));
        followed.answers("a").await;
        until(
            || fs::read(&file).is_ok_and(|now| now.len() == sound && now != damaged),
            || name.to_owned(),
        )
        .await;
        drop(followed);
        let followed = restarted().await;
        assert_eq!(followed.answer("f"), "a", "{name}");
    }
}

#[tokio::test]
async fn unwritable_directory_only_logs_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    // A file where the directory should be: whoever is root may write to any directory.
    fs::write(directory.path().join("state"), "in the way").expect("a file");
    let upstream = Upstream::start(|_| good("a")).await;
    let url = upstream.url("/flags.json");
    let state = directory.path().join("state");
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let command = daemon::command(directory.path(), &options);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        let warning = daemon.log(|line| {
            let text = line["message"].as_str().unwrap_or("");
            text.contains("state directory") && line["level"] == "WARN"
        });
        (daemon, warning)
    });
    let (daemon, _) = daemon.await.expect("it warns");
    let mut probe = Client::connect(daemon.management, Http::One).await;
    let mut tries = 0;
    while probe.post("/readyz", &[], "").await.status != 200 {
        tries += 1;
        assert!(tries < 10_000, "never ready");
    }
}

#[tokio::test]
async fn full_disk_keeps_the_previous_entry() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start(|_| good("a")).await;
    let url = upstream.url("/flags.json");
    keep(&url, directory.path()).await;
    let before = fs::read(&kept(directory.path())[0]).expect("bytes");
    // No file may grow beyond a few hundred bytes: as on a full disk, the beginning is written and the rest is not.
    let large = document(&"b".repeat(20_000));
    upstream.now(move |_| reply("200 OK", &["content-type: application/json"], &large));
    let state = directory.path().join("state");
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let command = daemon::command(directory.path(), &options);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(directory.path()).env_clear();
    limited
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(limited);
        let warns = |line: &serde_json::Value| {
            let text = line["message"].as_str().unwrap_or("");
            text.starts_with("cannot keep the last good flags")
        };
        daemon.log(warns);
        daemon
    });
    let daemon = daemon.await.expect("it warns");
    let mut client = Client::connect(daemon.port, Http::One).await;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let headers = ["content-type: application/json"];
    let answer = client
        .post(path, &headers, "{\"flagKey\": \"f\"}")
        .await
        .json();
    assert_eq!(
        answer["value"].as_str().map(str::len),
        Some(20_000),
        "{answer}"
    );
    assert_eq!(fs::read(&kept(directory.path())[0]).expect("bytes"), before);
    let left = fs::read_dir(&state).expect("a directory").count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn read_only_directory_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let upstream = Upstream::start(|_| good("a")).await;
    let url = upstream.url("/flags.json");
    keep(&url, directory.path()).await;
    let state = directory.path().join("state");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    mode(directory.path(), 0o755);
    mode(&state, 0o555);
    mode(&kept(directory.path())[0], 0o444);
    upstream.now(|_| reply("503 Service Unavailable", &[], ""));
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let mut command = daemon::command(directory.path(), &options);
    if rustix::process::geteuid().is_root() {
        // Whoever is root may write everywhere.
        command.uid(65_534).gid(65_534);
    }
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.in_force();
        daemon
    });
    let daemon = daemon.await.expect("what was kept is in force");
    upstream.now(|_| good("b"));
    let daemon = tokio::task::spawn_blocking(move || {
        let line = daemon.log(|line| line["error"].as_str().is_some_and(|e| e.contains("denied")));
        assert_eq!(line["level"], "WARN", "{line}");
        daemon
    });
    let daemon = daemon.await.expect("it warns");
    let mut client = Client::connect(daemon.port, Http::One).await;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let headers = ["content-type: application/json"];
    let answer = client
        .post(path, &headers, "{\"flagKey\": \"f\"}")
        .await
        .json();
    assert_eq!(answer["value"], "b");
    mode(&state, 0o755);
}

#[tokio::test]
async fn deleted_flag_file_is_restored_from_state() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags.json");
    fs::write(&flags, document("a")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let followed = follow(&specs, &keeping(directory.path()));
    followed.answers("a").await;
    until(
        || kept(directory.path()).len() == 1,
        || "nothing is kept".to_owned(),
    )
    .await;
    drop(followed);
    fs::remove_file(&flags).expect("it was there");
    let followed = follow(&specs, &keeping(directory.path()));
    followed
        .watch
        .initial_load()
        .await
        .expect("it does not insist");
    assert_eq!(followed.answer("f"), "a");
    assert!(followed.state(0).from_state_dir);
    // The file wins, whatever is kept.
    fs::write(&flags, document("b")).expect("a file");
    followed.answers("b").await;
    followed.does(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn directory_source_is_stored_per_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags.d");
    fs::create_dir(&flags).expect("a directory");
    fs::write(flags.join("1.json"), flag("f", "a")).expect("a file");
    fs::write(flags.join("2.json"), flag("g", "b")).expect("a file");
    fs::write(flags.join("3.json"), flag("h", "c")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let followed = follow(&specs, &keeping(directory.path()));
    until(
        || kept(directory.path()).len() == 3,
        || "they are not kept".to_owned(),
    )
    .await;
    fs::remove_file(flags.join("3.json")).expect("it was there");
    until(
        || kept(directory.path()).len() == 2,
        || "it is kept".to_owned(),
    )
    .await;
    drop(followed);
    for name in ["1.json", "2.json"] {
        fs::remove_file(flags.join(name)).expect("it was there");
    }
    let followed = follow(&specs, &keeping(directory.path()));
    followed
        .watch
        .initial_load()
        .await
        .expect("it does not insist");
    assert_eq!(
        [
            followed.answer("f"),
            followed.answer("g"),
            followed.answer("h")
        ],
        ["a", "b", ""]
    );
}

/// Keeps a document as if it had been good last so long ago.
fn keep_old(url: &str, directory: &Path, age: Duration) {
    let then = SystemTime::now() - age;
    let entry = StateEntry {
        source: url.into(),
        file: url.into(),
        format: DocumentFormat::Json,
        good_at: then,
        etag: None,
        bytes: document("a").into(),
    };
    StateDir::open(directory.join("state")).write_entry(&entry);
    let file = fs::File::options().append(true).open(&kept(directory)[0]);
    file.expect("it is kept")
        .set_modified(then)
        .expect("a time");
}

#[tokio::test]
async fn start_without_source_is_ready_and_reports_flag_age() {
    let directory = tempfile::tempdir().expect("a directory");
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let url = format!("http://127.0.0.1:{port}/flags.json");
    keep_old(&url, directory.path(), Duration::from_secs(3 * 86_400));
    let state = directory.path().join("state");
    let options = [
        "--uri",
        &url,
        "--state-dir",
        state.to_str().expect("text"),
        "--fail-fast",
    ];
    let command = daemon::command(directory.path(), &options);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        let line = daemon.log(|line| line["age_seconds"].is_u64());
        let age = line["age_seconds"].as_u64().expect("a number");
        assert!((259_200..259_300).contains(&age), "{line}");
        daemon.in_force();
        let line = daemon.log(|line| line["level"] == "ERROR");
        assert!(line["age_seconds"].as_u64() >= Some(age), "{line}");
        daemon
    });
    let daemon = daemon.await.expect("it says so");
    let mut probe = Client::connect(daemon.management, Http::One).await;
    assert_eq!(probe.post("/readyz", &[], "").await.status, 200);
    let scrape = metrics::scrape_port(daemon.management).await;
    let (source, kind) = (format!("source=\"{url}\""), "kind=\"http\"");
    let number = |name: &str| scrape.sum(name, &[&source, kind]);
    assert!((259_200.0..259_300.0).contains(&number("fanion_source_age_seconds")));
    assert!(number("fanion_source_stale") > 0.5);
    let error = number("fanion_source_last_error_timestamp_seconds");
    assert!(error - number("fanion_source_last_success_timestamp_seconds") > 259_000.0);
    assert!(
        scrape.sum(
            "fanion_source_updates_total",
            &[&source, "result=\"failed\""]
        ) > 0.5
    );
}

#[test]
fn fail_fast_exits_when_a_source_has_no_flags() {
    let directory = tempfile::tempdir().expect("a directory");
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let url = format!("http://127.0.0.1:{port}/flags.json?token=hush");
    for options in [
        ["--fail-fast", "--uri", &url],
        ["--fail-fast", "--uri", &format!("grpc://127.0.0.1:{port}")],
        ["--fail-fast", "--uri", "file:missing.json"],
    ] {
        let output = daemon::command(directory.path(), &options)
            .output()
            .expect("it runs");
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error from sync provider"), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
    let daemon = Daemon::start(directory.path(), &["--uri", &url]);
    let line = daemon.log(|line| line["level"] == "ERROR");
    assert!(
        line["message"]
            .as_str()
            .expect("text")
            .contains("cannot be reached"),
        "{line}"
    );
    assert!(!line.to_string().contains("hush"), "{line}");
}

#[tokio::test]
async fn readyz_waits_for_every_source() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("flags.json"), document("a")).expect("a file");
    let upstream = Upstream::start(|_| reply("500 Internal Server Error", &[], "")).await;
    let sources =
        json!([{"uri": upstream.url("/"), "provider": "http", "interval": 1}]).to_string();
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    command.env("FLAGD_SOURCES", sources);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.in_force();
        daemon.log(|line| line["level"] == "ERROR");
        daemon
    });
    let daemon = daemon
        .await
        .expect("the file is in force, and the URL is not");
    let mut probe = Client::connect(daemon.management, Http::One).await;
    assert_eq!(probe.post("/readyz", &[], "").await.status, 412);
    upstream.now(|_| {
        reply(
            "200 OK",
            &["content-type: application/json"],
            "{\"flags\": {}}",
        )
    });
    let daemon = tokio::task::spawn_blocking(move || {
        daemon.log(|line| {
            line["message"]
                .as_str()
                .is_some_and(|m| m.contains("is back after"))
        });
        daemon
    });
    let _daemon = daemon.await.expect("it is back");
    let mut tries = 0;
    while probe.post("/readyz", &[], "").await.status != 200 {
        tries += 1;
        assert!(tries < 10_000, "never ready");
    }
}

#[test]
fn entry_time_is_refreshed_while_the_source_is_healthy() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags.json");
    fs::write(&flags, document("a")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let mut loader = Loader::new(
        &specs,
        &keeping(directory.path()),
        Arc::new(Live::default()),
    );
    loader.load_initial();
    let path = kept(directory.path()).remove(0);
    let modified = || {
        fs::metadata(&path)
            .expect("it is kept")
            .modified()
            .expect("a time")
    };
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    let file = fs::File::options().append(true).open(&path);
    file.expect("it is kept")
        .set_modified(long_ago)
        .expect("a time");
    let now = SystemTime::now();
    loader.tick(now);
    loader.tick(now + Duration::from_secs(59));
    assert_eq!(modified(), long_ago);
    loader.tick(now + Duration::from_secs(60));
    assert!(modified() >= now - Duration::from_secs(1));
}
