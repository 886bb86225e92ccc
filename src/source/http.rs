//! A document behind a URL, asked for again and again.

mod fetch;
mod oauth;
mod schedule;
pub mod web;

use std::time::Duration;
use std::time::SystemTime;

use crate::source::Pace;
use crate::source::backoff::Backoff;
use crate::source::http::fetch::Fetched;
use crate::source::http::fetch::Fetcher;
use crate::source::http::schedule::Schedule;
use crate::source::post::Post;
use crate::source::spec::Http;

/// Fetches the document for as long as it is polled. `etag` is that of the document that is known already.
pub async fn follow(settings: Http, etag: Option<Box<str>>, pace: Pace, post: Post) {
    let schedule = Schedule::new(settings.interval, &settings.seed);
    let mut fetcher = Fetcher::new(settings, etag);
    let mut backoff = Backoff::new(pace);
    loop {
        let scheduled = match fetcher.fetch().await {
            Ok(Fetched::Unchanged) => {
                post.unchanged();
                true
            }
            Ok(Fetched::Document(delivery)) => {
                let etag = delivery.etag.clone();
                let accepted = post.document(delivery).await;
                // A document that was refused is fetched again: the server may send it better, with the same tag.
                if accepted {
                    fetcher.etag = etag;
                }
                accepted
            }
            Err(why) => {
                post.failed(why);
                false
            }
        };
        let until_next = schedule.wait(SystemTime::now());
        let wait = wait(scheduled, until_next, &mut backoff);
        tokio::time::sleep(wait).await;
    }
}

/// After a failure the next attempt comes earlier than scheduled, but never later.
fn wait(scheduled: bool, until_next: Duration, backoff: &mut Backoff) -> Duration {
    if scheduled {
        backoff.reset();
        return until_next;
    }
    backoff.wait().min(until_next)
}
