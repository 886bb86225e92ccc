//! A document behind a URL, asked for again and again.

mod fetcher;
mod oauth;
mod poll_schedule;
pub mod client;

use std::time::Duration;
use std::time::SystemTime;

use crate::source::Timing;
use crate::source::network::backoff::Backoff;
use crate::source::network::http::fetcher::FetchResult;
use crate::source::network::http::fetcher::Fetcher;
use crate::source::network::http::poll_schedule::PollSchedule;
use crate::source::spec::HttpSpec;
use crate::source::update_channel::UpdateSender;

/// Fetches the document for as long as it is polled. `etag` is that of the document that is known already.
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
        let scheduled = match fetcher.fetch().await {
            Ok(FetchResult::Unchanged) => {
                updates.send_unchanged();
                true
            }
            Ok(FetchResult::Document(delivery)) => {
                let etag = delivery.etag.clone();
                let accepted = updates.send_document(delivery).await;
                // A document that was refused is fetched again: the server may send it better, with the same tag.
                if accepted {
                    fetcher.etag = etag;
                }
                accepted
            }
            Err(why) => {
                updates.send_failure(why);
                false
            }
        };
        let until_next = schedule.time_until_next(SystemTime::now());
        let wait = next_delay(scheduled, until_next, &mut backoff);
        tokio::time::sleep(wait).await;
    }
}

/// After a failure the next attempt comes earlier than scheduled, but never later.
fn next_delay(scheduled: bool, until_next: Duration, backoff: &mut Backoff) -> Duration {
    if scheduled {
        backoff.reset();
        return until_next;
    }
    backoff.next_delay().min(until_next)
}
