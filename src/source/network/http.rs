//! HTTP source: polls a URL for its document.

mod body_decoder;
mod fetcher;
mod media_type;
mod oauth;
mod redirect;
pub mod response_body;
pub mod response_document;

use crate::source::Timing;
use crate::source::network::http::fetcher::Fetcher;
use crate::source::network::poll_schedule::PollSchedule;
use crate::source::network::polling;
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
    let fetcher = Fetcher::new(spec, etag);
    polling::run_polling(fetcher, schedule, timing, updates, "http-poll").await;
}
