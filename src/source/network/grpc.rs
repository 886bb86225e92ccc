//! gRPC source: follows a flag sync service (`flagd.sync.v1`) and reconnects when its stream ends.

mod channel;
mod connector;
mod receipt_stream;
mod too_many_pings;
pub mod sync_stream;

use std::time::Duration;

use tonic::Code;

use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::network::file_reader::FileReader;
use crate::source::network::grpc::sync_stream::StreamEnd;
use crate::source::network::grpc::sync_stream::SyncClient;
use crate::source::network::grpc::sync_stream::SyncStream;
use crate::source::network::grpc::too_many_pings::may_be_ping_limit;
use crate::source::update_channel::UpdateSender;

/// The longest time between two pings, however often a service rejects them.
const MAX_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(600);

/// Follows the service until the task is aborted: connects, receives documents, and connects again.
pub async fn run_sync_stream(client: SyncClient, mut timing: Timing, updates: UpdateSender) {
    let mut backoff = Backoff::new(timing);
    let files = FileReader::default();
    let mut needs_whole = false;
    loop {
        let have = client.status.health().revision.filter(|_| !needs_whole);
        let mut stream = SyncStream::new(&client, &files, timing, &updates, &mut backoff);
        let ended = stream.run(have).await;
        needs_whole = matches!(ended, Ok(StreamEnd::UnknownBase));
        if stream.last_accepted {
            // The flags were up to date until the stream ended.
            updates.send_unchanged();
        }
        match ended {
            Ok(StreamEnd::Left) => return std::future::pending().await,
            Ok(StreamEnd::UnknownBase) => {
                let source = &*client.status.redacted_name;
                tracing::warn!(
                    source,
                    "the delta does not apply to the active flags; fetching the whole document"
                );
            }
            // A service may limit the duration of streams; such an end is not a failure.
            Ok(StreamEnd::Closed) if stream.has_received() => {}
            Ok(StreamEnd::Closed) => updates.send_failure(SourceError::SyncStreamEnded),
            Err(error) if stream.has_received() && is_stream_deadline(&error) => {}
            Err(error) => {
                let interval = timing.keepalive_interval;
                if may_be_ping_limit(&error.to_string(), stream.silence(), interval) {
                    timing.keepalive_interval = (interval * 2).min(MAX_KEEPALIVE_INTERVAL);
                }
                updates.send_failure(error);
            }
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

fn is_stream_deadline(error: &SourceError) -> bool {
    matches!(error, SourceError::SyncStream(status) if status.code() == Code::DeadlineExceeded)
}
