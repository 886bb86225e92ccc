//! `LogQueue`: log lines on their way to standard error.
//!
//! A thread that logs only copies its line to a bounded queue. A separate thread writes the queue: if nobody reads the
//! pipe behind standard error, or its disk is full, only that thread waits or fails. Lines that do not fit, or cannot be
//! written, are counted and dropped.

use std::io;
use std::io::Write;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use tracing_subscriber::fmt::MakeWriter;

use crate::limits;
use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::thread_activity::ThreadActivity;

/// The buffer that is kept between two writes; a larger one is freed.
const KEPT_BUFFER: usize = 16 * 1024;

/// The queue of log lines. Clones share the same queue.
#[derive(Debug, Clone)]
pub struct LogQueue {
    shared: Arc<SharedLines>,
    /// The activity of the thread that writes.
    pub activity: Arc<ThreadActivity>,
}

#[derive(Debug, Default)]
struct SharedLines {
    lines: Mutex<PendingLines>,
    /// Signalled when lines are added, and when all are written.
    changed: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct PendingLines {
    text: Vec<u8>,
    /// True while lines that were taken from the queue are being written.
    is_writing: bool,
}

impl LogQueue {
    /// Starts the thread that writes the queue to standard error.
    ///
    /// # Errors
    /// If no thread can be created.
    pub fn start() -> io::Result<LogQueue> {
        let queue = LogQueue::new();
        let written = queue.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                loop {
                    // A panic loses the lines that were being written, and nothing else.
                    let write = AssertUnwindSafe(|| written.write_to(Stderr));
                    if panic::catch_unwind(write).is_err() {
                        written.shared.lost.fetch_add(1, Ordering::Relaxed);
                        written.lock().is_writing = false;
                    }
                }
            })?;
        Ok(queue)
    }

    fn new() -> LogQueue {
        LogQueue {
            shared: Arc::default(),
            activity: Arc::new(ThreadActivity::new("log")),
        }
    }

    /// Adds a line. Drops and counts it if the queue is full.
    pub fn push(&self, line: &[u8]) {
        let mut lines = self.lock();
        if lines.text.len() + line.len() > limits::LOG_QUEUE {
            drop(lines);
            self.count_lost(line);
            return;
        }
        if lines.text.is_empty() && !lines.is_writing {
            self.activity.request();
        }
        lines.text.extend_from_slice(line);
        drop(lines);
        self.shared.changed.notify_all();
    }

    /// Waits until all lines are written, for at most `within`. Returns false if some are not.
    pub fn flush(&self, within: Duration) -> bool {
        let is_pending = |lines: &mut PendingLines| lines.is_writing || !lines.text.is_empty();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), within, is_pending);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Returns the number of lines that were dropped or could not be written.
    pub fn lost_lines(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Writes lines as they come. Never returns.
    fn write_to(&self, mut out: impl Write) {
        let mut reported = 0;
        let mut is_torn = false;
        let mut text = Vec::new();
        loop {
            self.take_lines(&mut text);
            let write = || write_lines(&mut out, &text, &mut is_torn);
            let written = self.activity.during(write);
            match text.split_at_checked(written) {
                Some((_, [])) | None => self.report_lost(&mut reported),
                Some((_, rest)) => self.count_lost(rest),
            }
            text.clear();
            text.shrink_to(KEPT_BUFFER);
        }
    }

    /// Waits for lines, and swaps them with the empty buffer `text`.
    fn take_lines(&self, text: &mut Vec<u8>) {
        let mut lines = self.lock();
        lines.is_writing = false;
        self.shared.changed.notify_all();
        let mut lines = self
            .shared
            .changed
            .wait_while(lines, |lines| lines.text.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        lines.is_writing = true;
        std::mem::swap(&mut lines.text, text);
    }

    /// Logs how many lines were lost since the last report. Called after a successful write.
    fn report_lost(&self, reported: &mut u64) {
        let lost = self.lost_lines();
        let lines = lost - std::mem::replace(reported, lost);
        if lines > 0 {
            tracing::warn!(
                lines,
                "{lines} log lines were lost because standard error did not accept them"
            );
        }
    }

    fn count_lost(&self, text: &[u8]) {
        let lines = text.split_inclusive(|byte| *byte == b'\n').count();
        let lines = u64::try_from(lines).unwrap_or(u64::MAX);
        self.shared.lost.fetch_add(lines, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, PendingLines> {
        let lines = self.shared.lines.lock();
        lines.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes text, and returns the number of bytes that were written. `is_torn` is true if the output ends inside a line.
fn write_lines(out: &mut impl Write, text: &[u8], is_torn: &mut bool) -> usize {
    if *is_torn && out.write(b"\n").is_ok_and(|written| written > 0) {
        *is_torn = false;
    }
    let mut done = 0;
    while let Some(rest) = text.get(done..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(written) => done += written,
        }
    }
    if let Some(last) = done.checked_sub(1).and_then(|last| text.get(last)) {
        *is_torn = *last != b'\n';
    }
    done
}

/// Returns the counter of lost lines.
pub fn lost_lines_family(lost: u64) -> MetricFamily {
    let help = "Log lines that were lost because standard error did not accept them.";
    let name = "fanion.log.lost_lines";
    let mut family = MetricFamily::new(name, "", MetricKind::Counter, help);
    family.push(Labels::new(), MetricValue::Count(lost));
    family
}

impl<'w> MakeWriter<'w> for LogQueue {
    type Writer = QueueWriter<'w>;

    fn make_writer(&'w self) -> QueueWriter<'w> {
        QueueWriter(self)
    }
}

/// Adds each line that is written to the queue. Never fails.
#[derive(Debug)]
pub struct QueueWriter<'q>(&'q LogQueue);

impl Write for QueueWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error. If another process made it non-blocking, a write waits as if it were blocking.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        loop {
            match io::stderr().write(text) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let stderr = io::stderr();
                    let mut wait = [PollFd::new(&stderr, PollFlags::OUT)];
                    rustix::event::poll(&mut wait, None)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Accepts the bytes that the test allows, and then fails until more are allowed.
    struct Limited {
        allowed: mpsc::Receiver<usize>,
        output: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Limited {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let allowed = self.allowed.recv().unwrap_or(0).min(text.len());
            let allowed = text.get(..allowed).unwrap_or(&[]);
            if allowed.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let _ = self.output.send(allowed.to_vec());
            Ok(allowed.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn limited() -> (Limited, mpsc::Sender<usize>, mpsc::Receiver<Vec<u8>>) {
        let (allow, allowed) = mpsc::channel();
        let (output, seen) = mpsc::channel();
        (Limited { allowed, output }, allow, seen)
    }

    #[test]
    fn failed_write_counts_lines_and_the_next_starts_a_line() {
        let (mut out, allow, seen) = limited();
        let mut is_torn = false;
        for bytes in [5, 0, 1, 99] {
            allow.send(bytes).expect("the writer reads");
        }
        assert_eq!(write_lines(&mut out, b"one\ntwo\n", &mut is_torn), 5);
        assert!(is_torn);
        assert_eq!(write_lines(&mut out, b"three\n", &mut is_torn), 6);
        assert!(!is_torn);
        let output: Vec<u8> = seen.try_iter().flatten().collect();
        assert_eq!(output, b"one\nt\nthree\n");
    }

    #[test]
    fn blocked_writer_bounds_the_queue_and_counts_the_rest() {
        let queue = LogQueue::new();
        let (out, allow, _seen) = limited();
        let writer = queue.clone();
        std::thread::spawn(move || writer.write_to(out));
        let line = [b'x'; 1023].into_iter().chain([b'\n']);
        let line: Vec<u8> = line.collect();
        let lines = limits::LOG_QUEUE / line.len() + 10;
        for _ in 0..lines {
            queue.push(&line);
        }
        assert!(!queue.flush(Duration::from_millis(1)));
        // The writer may have taken the first lines.
        assert!(queue.lost_lines() <= 10 && queue.lock().text.len() <= limits::LOG_QUEUE);
        for _ in 0..10 {
            queue.push(&vec![b'x'; limits::LOG_QUEUE]);
        }
        assert!(queue.lost_lines() >= 9);
        drop(allow);
        assert!(queue.flush(Duration::from_secs(20)));
        assert!(queue.lost_lines() >= u64::try_from(lines).expect("a count"));
    }
}
