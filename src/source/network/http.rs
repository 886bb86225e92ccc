//! HTTP source: polls a URL for its document.

mod body_decoder;
mod fetcher;
mod media_type;
mod oauth;
mod poll_schedule;
mod redirect;
mod response_body;

use std::time::Duration;
use std::time::SystemTime;

use crate::fault_injection;
use crate::source::Timing;
use crate::source::network::backoff::Backoff;
use crate::source::network::http::fetcher::FetchResult;
use crate::source::network::http::fetcher::Fetcher;
use crate::source::network::http::poll_schedule::PollSchedule;
use crate::source::spec::HttpSpec;
use crate::source::update_channel::UpdateSender;

/// Polls the URL until the task is aborted. `etag` is the entity tag of the restored document.
pub async fn run_polling(
    spec: HttpSpec,
    etag: Option<Box<str>>,
    timing: Timing,
    updates: UpdateSender,
) {
    let schedule = PollSchedule::new(spec.interval, &spec.interval_seed);
    let mut fetcher = Fetcher::new(spec, etag);
    let mut backoff = Backoff::new(timing);
    loop {
        fault_injection::point("http-poll");
        let succeeded = match fetcher.fetch().await {
            Ok(FetchResult::Unchanged) => {
                updates.send_unchanged();
                true
            }
            Ok(FetchResult::Document(document)) => {
                let etag = document.etag.clone();
                let accepted = updates.send_document(document).await;
                // The tag of a refused document is not kept: the server may correct the document without changing the
                // tag.
                if accepted {
                    fetcher.etag = etag;
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
