//! Runs a schedule on the real components and on the model, and compares both after each step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::Guard;
use fanion::snapshot::Snapshot;
use fanion::source::error::SourceError;
use fanion::source::update_channel::FetchedDocument;
use fanion::source::update_channel::SourceUpdate;
use fanion::source::update_channel::Wakeup;
use tokio::sync::oneshot;

use crate::change_model::document::Document;
use crate::change_model::model::Model;
use crate::change_model::pipeline::Pipeline;
use crate::change_model::schedule::FILES;
use crate::change_model::schedule::Feed;
use crate::change_model::schedule::Operation;
use crate::change_model::schedule::Schedule;
use crate::change_model::schedule::Selection;
use crate::change_model::schedule::SourceChoice;
use crate::change_model::subscriber::Subscriber;
use crate::support::temp_dir::replace_file;
use crate::support::wait::DEADLINE;

/// A message that the update thread has not taken yet.
enum Queued {
    Document(usize, Document, oneshot::Receiver<bool>),
    Failure(usize),
    Unchanged(usize),
    Ping(oneshot::Receiver<()>),
}

/// A request that has loaded its snapshot.
pub struct OpenRequest {
    pub snapshot: Guard<Arc<Snapshot>>,
    pub generation: usize,
    pub selection: Selection,
}

pub struct Simulation {
    pub pipeline: Pipeline,
    pub model: Model,
    pub sources: Vec<SourceChoice>,
    queued: Vec<Queued>,
    pub requests: VecDeque<OpenRequest>,
    pub subscribers: Vec<Subscriber>,
}

/// Runs a schedule to its end. Panics at the first difference between the components and the model.
pub async fn run(schedule: &Schedule) {
    let mut simulation = Simulation {
        pipeline: Pipeline::new(&schedule.sources),
        model: Model::new(schedule.sources.len()),
        sources: schedule.sources.clone(),
        queued: Vec::new(),
        requests: VecDeque::new(),
        subscribers: Vec::new(),
    };
    simulation.begin().await;
    for operation in &schedule.operations {
        simulation.execute(operation).await;
    }
    simulation.shut_down(schedule.stops_updates_first).await;
}

impl Simulation {
    async fn begin(&mut self) {
        let mut has_changed = false;
        for (at, kind) in self.sources.iter().enumerate() {
            match kind {
                SourceChoice::Network => {}
                SourceChoice::File => self.model.fail(at, FILES[0]),
                SourceChoice::Directory => {
                    has_changed |= self.model.offer(at, FILES[0], &Document::first());
                }
            }
        }
        if has_changed {
            self.model.publish();
        }
        self.pipeline.begin();
        self.apply_files();
        self.check().await;
    }

    async fn execute(&mut self, operation: &Operation) {
        let count = self.subscribers.len();
        match operation {
            Operation::Receive(source, document) => self.receive(*source, document),
            Operation::Fail(source) => {
                self.update(*source, SourceUpdate::Failed(SourceError::TaskEnded));
                self.queued.push(Queued::Failure(*source));
            }
            // A server says so only about a document that it has sent.
            Operation::Confirm(source) if !self.model.has_document(*source) => {}
            Operation::Confirm(source) => {
                self.update(*source, SourceUpdate::Unchanged);
                self.queued.push(Queued::Unchanged(*source));
            }
            Operation::Ping => {
                let (sender, answer) = oneshot::channel();
                self.pipeline.send(Wakeup::Ping(sender));
                self.queued.push(Queued::Ping(answer));
            }
            Operation::Apply => self.apply().await,
            Operation::Write(source, file, document) => {
                self.write(*source, file, document).await;
            }
            Operation::Remove(source, file) => self.remove(*source, file).await,
            Operation::Subscribe(feed, selection) => self.subscribe(*feed, *selection).await,
            Operation::Pause(at) if count > 0 => self.subscribers[at % count].is_paused = true,
            Operation::Resume(at) if count > 0 => self.resume(at % count).await,
            Operation::Leave(at) if count > 0 => {
                self.subscribers.swap_remove(at % count);
            }
            Operation::Pause(_) | Operation::Resume(_) | Operation::Leave(_) => {}
            Operation::BeginRequest(selection) => self.requests.push_back(OpenRequest {
                snapshot: self.pipeline.live.load(),
                generation: self.model.newest(),
                selection: *selection,
            }),
            Operation::EndRequest => {
                if let Some(request) = self.requests.pop_front() {
                    self.check_request(&request);
                }
            }
        }
    }

    fn receive(&mut self, source: usize, document: &Document) {
        let (verdict, accepted) = oneshot::channel();
        let fetched = FetchedDocument {
            bytes: document.text().into(),
            format: document.format,
            etag: None,
        };
        self.update(source, SourceUpdate::Document(fetched, verdict));
        let queued = Queued::Document(source, document.clone(), accepted);
        self.queued.push(queued);
    }

    fn update(&self, source: usize, update: SourceUpdate) {
        self.pipeline.send(Wakeup::Update(source, update));
    }

    /// The update thread applies all that is queued, as one batch.
    async fn apply(&mut self) {
        if self.queued.is_empty() {
            return;
        }
        assert!(self.pipeline.run_batch(), "the update thread has ended");
        let mut has_changed = false;
        for queued in std::mem::take(&mut self.queued) {
            match queued {
                Queued::Document(source, document, mut verdict) => {
                    has_changed |= self.model.offer(source, "", &document);
                    let is_valid = document.flags().is_some();
                    assert_eq!(verdict.try_recv(), Ok(is_valid), "the verdict");
                }
                Queued::Failure(source) => self.model.fail(source, ""),
                Queued::Unchanged(source) => self.model.confirm(source),
                Queued::Ping(mut answer) => assert_eq!(answer.try_recv(), Ok(()), "the ping"),
            }
        }
        if has_changed {
            self.model.publish();
        }
        self.check().await;
    }

    async fn write(&mut self, source: usize, file: &str, document: &Document) {
        self.apply().await;
        replace_file(&self.pipeline.path(source, file), &document.text());
        if self.model.offer(source, file, document) {
            self.model.publish();
        }
        self.apply_files();
        self.check().await;
    }

    async fn remove(&mut self, source: usize, file: &str) {
        self.apply().await;
        // The file may be missing.
        let _ = std::fs::remove_file(self.pipeline.path(source, file));
        match self.sources[source] {
            SourceChoice::Directory if self.model.remove(source, file) => self.model.publish(),
            SourceChoice::Directory => {}
            SourceChoice::File | SourceChoice::Network => self.model.fail(source, file),
        }
        self.apply_files();
        self.check().await;
    }

    /// The update thread reads the files, in several batches if they take long.
    fn apply_files(&mut self) {
        if !self
            .sources
            .iter()
            .any(|kind| *kind != SourceChoice::Network)
        {
            return;
        }
        let begun = Instant::now();
        self.pipeline.send(Wakeup::FilesChanged);
        while self.pipeline.run_batch() {
            let generation = self.pipeline.live.load().generation;
            if generation == self.model.newest() as u64 && self.healths() == self.expected_healths()
            {
                return;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "generation {generation} in place of {}, {:?} in place of {:?}",
                self.model.newest(),
                self.healths(),
                self.expected_healths()
            );
        }
        panic!("the update thread has ended");
    }

    async fn subscribe(&mut self, feed: Feed, selection: Selection) {
        let body = self.pipeline.open(feed, &self.selector(selection));
        let generation = self.model.newest();
        let subscriber = Subscriber::new(feed, selection, body, generation);
        self.subscribers.push(subscriber);
        self.settle(None, false).await;
    }

    async fn resume(&mut self, at: usize) {
        self.subscribers[at].is_paused = false;
        self.settle(Some(at), false).await;
    }

    /// Stops the update thread and the streams. Half of the paused subscribers read on, the others disconnect.
    async fn shut_down(mut self, stops_updates_first: bool) {
        if stops_updates_first {
            self.stop_updates();
        }
        self.pipeline.shutdown.send_replace(true);
        let mut at = 0;
        self.subscribers.retain_mut(|subscriber| {
            at += 1;
            let reads = at % 2 == 0 || !subscriber.is_paused;
            subscriber.is_paused = false;
            reads
        });
        self.settle(None, true).await;
        let open = self.subscribers.iter().filter(|s| !s.has_ended).count();
        assert_eq!(open, 0, "streams are open");
        let slots = self.pipeline.context.stream_slots.available_permits();
        assert_eq!(slots, fanion::limits::EVENT_STREAMS, "slots of streams");
        let ended = tokio::time::timeout(DEADLINE, self.pipeline.context.tasks.wait()).await;
        assert!(ended.is_ok(), "tasks are left");
        if !stops_updates_first {
            self.stop_updates();
        }
        self.requests
            .iter()
            .for_each(|request| self.check_request(request));
        self.requests.clear();
        self.pipeline.join();
    }

    /// Stops the update thread. Nothing that is queued is applied, and nobody waits for an answer any more.
    fn stop_updates(&mut self) {
        self.pipeline.stop_updates();
        assert!(!self.pipeline.run_batch(), "the update thread goes on");
        let generation = self.pipeline.live.load().generation;
        assert_eq!(generation, self.model.newest() as u64, "after the stop");
        for queued in std::mem::take(&mut self.queued) {
            let is_closed = match queued {
                Queued::Document(_, _, mut verdict) => {
                    verdict.try_recv().is_err_and(|error| is_closed(&error))
                }
                Queued::Ping(mut answer) => answer.try_recv().is_err_and(|error| is_closed(&error)),
                Queued::Failure(_) | Queued::Unchanged(_) => true,
            };
            assert!(is_closed, "an answer is still expected");
        }
    }
}

fn is_closed(error: &oneshot::error::TryRecvError) -> bool {
    *error == oneshot::error::TryRecvError::Closed
}
