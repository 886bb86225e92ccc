//! The log of `fanion start` before its sources are read.

use crate::support::program::daemon::Daemon;
use crate::support::program::daemon::command;
use crate::support::temp_dir::TempDir;

#[test]
fn start_log_names_the_bucketing_of_fractional() {
    let directory = TempDir::new();
    let v2 = "fractional bucketing: v2 (the same buckets as flagd 0.16 and in-process providers that use v2)";
    let v3 = "fractional bucketing: v3 (as decided for flagd 1.0; flagd 0.16 and in-process providers that use v2 \
              choose other buckets)";
    for (version, message) in [("v2", v2), ("v3", v3)] {
        let options = ["--uri", "file:flags.json", "--fractional", version];
        let daemon = Daemon::spawn_without_ports(command(directory.path(), &options));
        let line = daemon.wait_for_log(|line| line["fractional"] == version);
        assert_eq!(line["message"], message);
        assert_eq!(line["level"], "INFO");
    }
}

#[test]
fn start_log_names_version_sources_and_changed_options() {
    let directory = TempDir::new();
    let options = [
        "--uri",
        "file:flags.json",
        "--uri",
        "https://user:hush@flags.test/f.json?token=hush",
        "--max-streams",
        "7",
        "--stream-deadline",
        "0",
        "-X",
        "region=eu",
        "-o",
        "http://user:hush@127.0.0.1:1",
    ];
    let daemon = Daemon::spawn_without_ports(command(directory.path(), &options));
    let line = daemon.wait_for_log(|line| line["version"].is_string());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(line["version"], version);
    assert_eq!(line["message"], format!("fanion {version} starts"));
    assert_eq!(
        line["sources"],
        "flags.json (file), https://[redacted]@flags.test/f.json?[redacted] (http)"
    );
    let changed = line["options"].as_str().expect("text");
    for option in [
        "port=0",
        "max-streams=7",
        "context-value={\"region\": \"eu\"}",
        "otel-collector-uri=\"http://[redacted]@127.0.0.1:1\"",
        "log-format=\"json\"",
    ] {
        assert!(changed.contains(option), "{changed}");
    }
    // Options that are set to their default.
    assert!(!changed.contains("stream-deadline"), "{changed}");
    assert!(!line.to_string().contains("hush"), "{line}");
}
