//! Source in an object store: polls an object of S3, Google Cloud Storage or Azure Blob Storage.
//!
//! The crate `object_store` obtains credentials, and builds and signs requests. The requests are sent by the HTTP clients
//! of all other sources, and the responses are read by the code of the HTTP source: with the same proxies, certificate
//! authorities, limits and formats.

mod azblob;
mod azure_connection_string;
mod bucket_client;
mod environment;
mod fetcher;
mod gcs;
mod refusal;
mod s3;
mod s3_endpoint;
mod s3_profile;
mod store_http;

use crate::source::Timing;
use crate::source::network::object_store::fetcher::ObjectFetcher;
use crate::source::network::poll_schedule::PollSchedule;
use crate::source::network::polling;
use crate::source::spec::ObjectStoreSpec;
use crate::source::update_channel::UpdateSender;

/// Polls the object until the task is aborted. `etag` is the entity tag of the restored document.
pub async fn run_polling(
    spec: ObjectStoreSpec,
    etag: Option<Box<str>>,
    timing: Timing,
    updates: UpdateSender,
) {
    let schedule = PollSchedule::new(spec.interval, &spec.interval_seed);
    let fetcher = ObjectFetcher::new(spec, etag);
    polling::run_polling(fetcher, schedule, timing, updates, "object-store-poll").await;
}
