//! Compares the components with the model.

use fanion::selector::Selector;

use crate::change_model::model::Health;
use crate::change_model::pipeline::Answers;
use crate::change_model::pipeline::answers;
use crate::change_model::pipeline::answers_from;
use crate::change_model::schedule::Selection;
use crate::change_model::schedule::selections;
use crate::change_model::simulation::OpenRequest;
use crate::change_model::simulation::Simulation;
use crate::change_model::subscriber::Subscriber;

impl Simulation {
    pub fn selector(&self, selection: Selection) -> String {
        selection.text(&self.pipeline.names)
    }

    pub fn healths(&self) -> Vec<Health> {
        let statuses = self.pipeline.statuses.iter();
        let healths = statuses.map(|status| status.health());
        healths
            .map(|health| Health {
                accepted: health.accepted,
                refused: health.refused,
                is_failing: health.failing_since.is_some(),
            })
            .collect()
    }

    pub fn expected_healths(&self) -> Vec<Health> {
        (0..self.sources.len())
            .map(|at| self.model.health(at))
            .collect()
    }

    /// Compares the components with the model.
    pub async fn check(&mut self) {
        let snapshot = self.pipeline.live.load_full();
        let newest = self.model.newest();
        assert_eq!(snapshot.generation, newest as u64, "the generation");
        assert_eq!(snapshot.is_usable(), self.model.is_usable(), "is usable");
        assert_eq!(self.healths(), self.expected_healths());
        let is_loaded = self.pipeline.initial_result.borrow().is_some();
        assert_eq!(is_loaded, self.model.is_loaded(), "the initial load");
        for selection in selections(self.sources.len()) {
            let selector = self.selector(selection);
            let expected = self.expected_answers(newest, selection);
            assert_eq!(
                answers(&self.pipeline.evaluation, &selector),
                expected,
                "{selection:?}"
            );
            let selector = Selector::parse(&selector).expect("a selector");
            let tag = snapshot.fingerprints(&selector).etag();
            self.model.record_tag(newest, selection, &tag);
        }
        self.requests
            .iter()
            .for_each(|request| self.check_request(request));
        drop(snapshot);
        self.settle(None, false).await;
    }

    /// All answers of a request are those of the generation in which it began.
    pub fn check_request(&self, request: &OpenRequest) {
        let answers = answers_from(&request.snapshot, &self.selector(request.selection));
        let expected = self.expected_answers(request.generation, request.selection);
        assert_eq!(answers, expected, "generation {}", request.generation);
    }

    fn expected_answers(&self, generation: usize, selection: Selection) -> Answers {
        let view = self.model.view(generation, selection).into_iter();
        view.filter_map(|(key, (flag, _))| {
            let (reason, variant) = flag.answer()?;
            Some((key.to_owned(), (reason.to_owned(), variant)))
        })
        .collect()
    }

    /// Runs the tasks of the streams until nothing more arrives, and checks what has arrived. One subscriber may have
    /// resumed.
    pub async fn settle(&mut self, resumed: Option<usize>, is_down: bool) {
        loop {
            // The runtime has one thread: it runs all other tasks until they wait.
            tokio::task::yield_now().await;
            let read = self.subscribers.iter_mut().map(Subscriber::read);
            if !read.fold(false, |any, read| any | read) {
                break;
            }
        }
        for (at, subscriber) in self.subscribers.iter_mut().enumerate() {
            let was_paused = is_down || resumed == Some(at);
            subscriber.check(&self.model, &self.pipeline.names, was_paused, is_down);
        }
    }
}
