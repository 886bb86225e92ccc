//! The log of `fanion start` before its sources are read.

use crate::support::program::daemon::Daemon;
use crate::support::program::daemon::command;
use crate::support::temp_dir::TempDir;

#[test]
fn start_log_names_the_bucketing_of_fractional() {
    let directory = TempDir::new();
    let v2 = "fractional bucketing: v2 (flagd 0.16 and in-process providers that use v2 agree)";
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
