//! Start-up of sources: `--fail-fast` and thread priority.

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::temp_dir::TempDir;

#[test]
fn fail_fast_exits_when_a_source_has_no_flags() {
    let directory = TempDir::new();
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
            .expect("the program runs");
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error from sync provider"), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
    let daemon = Daemon::start(directory.path(), &["--uri", &url]);
    let line = daemon.wait_for_log(|line| line["level"] == "ERROR");
    assert!(
        line["message"]
            .as_str()
            .expect("text")
            .contains("cannot fetch flags"),
        "{line}"
    );
    assert!(!line.to_string().contains("hush"), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn source_thread_has_lower_priority_than_request_threads() {
    let directory = TempDir::new();
    let file = directory.path().join("flags.json");
    let flag = r#"{"variants": {"on": true}, "defaultVariant": "on"}"#;
    std::fs::write(&file, format!(r#"{{"flags": {{"a": {flag}}}}}"#)).expect("a file");
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    daemon.wait_for_reload();
    let edited = format!(r#"{{"flags": {{"a": {flag}, "b": {flag}}}}}"#);
    std::fs::write(&file, edited).expect("an edit");
    // The priority is lowered after the initial load, which is over once an edit is active.
    daemon.wait_for_log(|line| line["message"] == "flags reloaded" && line["flags"] == 2);
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.child.id()));
    let threads = threads.expect("threads").map(|thread| {
        let stat = std::fs::read_to_string(thread.expect("a thread").path().join("stat"));
        // `ID (NAME) STATE …`: niceness is the 19th field.
        let stat = stat.expect("a stat file");
        let (name, figures) = stat.rsplit_once(") ").expect("a name");
        let name = name.split_once('(').expect("a name").1.to_owned();
        let nice: i32 = figures
            .split(' ')
            .nth(16)
            .expect("a field")
            .parse()
            .expect("a number");
        (name, nice)
    });
    let applies_updates = |(name, _): &(String, i32)| name == "source" || name == "file source";
    let (sources, others): (Vec<_>, Vec<_>) = threads.partition(applies_updates);
    assert_eq!(sources.len(), 2);
    let highest = others.iter().map(|(_, nice)| nice).max();
    let lowest = sources.iter().map(|(_, nice)| nice).min();
    assert!(lowest > highest, "{sources:?} {others:?}");
}
