//! Secrets of the tests: none may appear in what a program prints or logs.

use std::io;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

/// The text that every token, password and secret header of the tests contains.
const MARKER: &str = "hush";

/// `user:hush`, as in an `authorization` header.
const ENCODED_MARKER: &str = "dXNlcjpodXNo";

/// Returns true if a text has a secret of the tests.
pub fn is_in(text: &str) -> bool {
    text.contains(MARKER) || text.contains(ENCODED_MARKER)
}

/// Checks that the output of a program has no secret of the tests.
pub fn assert_absent(output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    assert!(!is_in(&text), "a secret was printed: {text}");
}

/// Ends the tests if the library logs a secret in the test process.
pub fn watch_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let log = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(|| LogWatch)
            .try_init();
        log.expect("no other log");
    });
}

/// A log that is not written, but searched.
struct LogWatch;

impl io::Write for LogWatch {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if is_in(&text) {
            // A panic would be caught where the line was logged.
            let _ = writeln!(io::stderr(), "a secret was logged: {text}");
            std::process::exit(101);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
