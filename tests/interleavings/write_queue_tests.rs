//! The queue of the state directory: the newest document is stored last, and the thread ends after the stop.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use fanion::document::DocumentFormat;
use fanion::source::state_dir::StateEntry;
use shuttle::rand::Rng as _;
use shuttle::thread;

use crate::explore;
use crate::program::write_queue::Change;
use crate::program::write_queue::ReadRequest;
use crate::program::write_queue::Work;
use crate::program::write_queue::WriteQueue;

const DOCUMENTS: u8 = 3;

fn entry(number: u8) -> StateEntry {
    StateEntry {
        source: "source".into(),
        file: "file".into(),
        format: DocumentFormat::Json,
        good_at: None,
        etag: None,
        bytes: vec![number].into(),
    }
}

/// Writes documents, of which some attempts fail, until the queue is stopped.
fn write_all(queue: &WriteQueue, stored: &Mutex<Vec<u8>>) {
    while let Some(work) = queue.next() {
        match work {
            Work::Read(ReadRequest { reply, .. }) => reply.send(Vec::new()).expect("a reader"),
            Work::Apply(stem, change, _) => {
                let Change::Write(document) = &change else {
                    continue;
                };
                if shuttle::rand::thread_rng().gen_bool(0.3) {
                    // It is due again at once: the time is not simulated.
                    queue.record_failure(stem, change, Duration::ZERO);
                } else {
                    stored.lock().expect("a lock").push(document.bytes[0]);
                    queue.record_written(stem);
                }
            }
        }
    }
    queue.end();
}

pub fn newest_document_is_stored_and_the_thread_ends() {
    explore(1000, || {
        let queue = Arc::new(WriteQueue::default());
        let stored = Arc::new(Mutex::new(Vec::new()));
        let writer = thread::spawn({
            let (queue, stored) = (queue.clone(), stored.clone());
            move || write_all(&queue, &stored)
        });
        let (reply, entries) = mpsc::channel();
        queue.request_read(ReadRequest {
            source: "source".to_owned(),
            reply,
        });
        (0..DOCUMENTS).for_each(|number| queue.write(entry(number)));
        let is_drained = shuttle::rand::thread_rng().gen_bool(0.5);
        while is_drained && queue.unsaved() > 0 {
            thread::yield_now();
        }
        queue.stop();
        queue.wait_for_end(Duration::MAX);
        writer.join().expect("no panic");
        assert!(entries.try_recv().is_ok(), "the read has no answer");
        let stored = stored.lock().expect("a lock");
        assert!(stored.is_sorted_by(|a, b| a < b), "{stored:?}");
        // After the stop there is one attempt for each document, which may fail.
        assert!(
            !is_drained || stored.last() == Some(&(DOCUMENTS - 1)),
            "{stored:?}"
        );
        assert_eq!(queue.unsaved(), 0);
    });
}
