//! Polls a document on a schedule, and with backoff after a failure.

use std::time::Duration;
use std::time::SystemTime;

use crate::fault_injection;
use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::network::poll_schedule::PollSchedule;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::UpdateSender;

/// The result of a request.
#[derive(Debug)]
pub enum FetchResult {
    /// The active document is up to date.
    Unchanged,
    /// A text that may be a document.
    Document(FetchedDocument),
}

/// A document that is requested repeatedly, on condition that it has changed.
pub trait PolledDocument: Send {
    /// Fetches the document once, within the time limit of its source.
    fn fetch(&mut self) -> impl Future<Output = Result<FetchResult, SourceError>> + Send;

    /// Sets the entity tag of the active document.
    fn set_etag(&mut self, etag: Option<Box<str>>);
}

/// Polls the document until the task is aborted. `fault_point` is the name of the fault point before each request.
pub async fn run_polling(
    mut document: impl PolledDocument,
    schedule: PollSchedule,
    timing: Timing,
    updates: UpdateSender,
    fault_point: &'static str,
) {
    let mut backoff = Backoff::new(timing);
    loop {
        fault_injection::point(fault_point);
        let succeeded = match document.fetch().await {
            Ok(FetchResult::Unchanged) => {
                updates.send_unchanged();
                true
            }
            Ok(FetchResult::Document(fetched)) => {
                let etag = fetched.etag.clone();
                let accepted = updates.send_document(fetched).await;
                // The tag of a refused document is not kept: the server may correct the document without changing the
                // tag.
                if accepted {
                    document.set_etag(etag);
                }
                accepted
            }
            Err(error) => {
                updates.send_failure(error);
                false
            }
        };
        let until_next = schedule.time_until_next(SystemTime::now());
        let wait = next_delay(succeeded, until_next, &mut backoff);
        tokio::time::sleep(wait).await;
    }
}

/// Returns the delay before the next poll: the schedule after a success, the shorter of backoff and schedule after a
/// failure.
fn next_delay(succeeded: bool, until_next: Duration, backoff: &mut Backoff) -> Duration {
    if succeeded {
        backoff.reset();
        return until_next;
    }
    backoff.next_delay().min(until_next)
}
