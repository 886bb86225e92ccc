//! Publication while requests run: on real threads, because the snapshot is behind a pointer of another crate.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use fanion::live::Live;
use fanion::serve::rpc::service::EvaluationService;
use fanion::source::update_channel::FetchedDocument;
use fanion::source::update_channel::SourceUpdate;
use fanion::source::update_channel::Wakeup;
use tokio::sync::oneshot;

use crate::change_model::document::Document;
use crate::change_model::pipeline::Pipeline;
use crate::change_model::pipeline::answers;
use crate::change_model::schedule::SourceChoice;
use crate::support::wait::DEADLINE;

const READERS: usize = 2;

/// The end of the test, and its progress.
#[derive(Default)]
struct Progress {
    /// The number of readers that have seen a change.
    satisfied: AtomicUsize,
    is_over: AtomicBool,
}

impl Progress {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

/// Requests all flags until the end: all answers of a request are those of one document.
fn request_all(service: &EvaluationService, progress: &Progress) {
    let mut seen = BTreeSet::new();
    while !progress.is_over() {
        let answers = answers(service, "");
        let variants: BTreeSet<_> = answers.into_values().map(|(_, variant)| variant).collect();
        assert_eq!(variants.len(), 1, "answers of several generations");
        let known = seen.len();
        seen.extend(variants);
        if (known, seen.len()) == (1, 2) {
            progress.satisfied.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Follows the generations: a subscriber that is notified of one loads it, or a later one.
fn follow(live: &Live, progress: &Progress) {
    let mut generation = live.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(async {
        while !progress.is_over() {
            generation.changed().await.expect("a publisher");
            let notified = *generation.borrow_and_update();
            assert!(live.load().generation >= notified, "generation {notified}");
        }
    });
}

/// Publishes a document with this number.
fn publish(pipeline: &mut Pipeline, number: usize) {
    let (verdict, _accepted) = oneshot::channel();
    let document = Document::uniform(number);
    let fetched = FetchedDocument {
        bytes: document.text().into(),
        format: document.format,
        etag: None,
    };
    let update = SourceUpdate::Document(fetched, verdict);
    pipeline.send(Wakeup::Update(0, update));
    assert!(pipeline.run_batch());
}

#[test]
fn request_sees_one_generation_while_flags_change() {
    let mut pipeline = Pipeline::new(&[SourceChoice::Network]);
    pipeline.begin();
    publish(&mut pipeline, 0);
    let (service, live) = (pipeline.evaluation.clone(), pipeline.live.clone());
    let progress = Progress::default();
    let mut number = 0;
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| request_all(&service, &progress));
        }
        let follower = scope.spawn(|| follow(&live, &progress));
        let begun = Instant::now();
        while number < 200 || progress.satisfied.load(Ordering::SeqCst) < READERS {
            number += 1;
            publish(&mut pipeline, number);
            if begun.elapsed() > DEADLINE {
                break;
            }
        }
        progress.is_over.store(true, Ordering::SeqCst);
        // The follower may wait for another generation.
        while !follower.is_finished() {
            number += 1;
            publish(&mut pipeline, number);
        }
    });
    assert_eq!(
        progress.satisfied.into_inner(),
        READERS,
        "no reader saw a change"
    );
    assert_eq!(live.load().generation, number as u64 + 1);
    pipeline.join();
}
