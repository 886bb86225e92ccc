//! gRPC source: follows a flag sync service (`flagd.sync.v1`) and reconnects when its stream ends.

mod channel;
mod connector;
mod too_many_pings;
mod sync_stream;

use std::time::Duration;

use tonic::Code;

use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::network::file_reader::FileReader;
use crate::source::network::grpc::sync_stream::SyncStream;
use crate::source::network::grpc::too_many_pings::may_be_ping_limit;
use crate::source::spec::GrpcSpec;
use crate::source::update_channel::UpdateSender;

/// The longest time between two pings, however often a service rejects them.
const MAX_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(600);

/// Follows the service until the task is aborted: connects, receives documents, and connects again.
pub async fn run_sync_stream(spec: GrpcSpec, mut timing: Timing, updates: UpdateSender) {
    let mut backoff = Backoff::new(timing);
    let files = FileReader::default();
    loop {
        let mut stream = SyncStream::new(&spec, &files, timing, &updates, &mut backoff);
        let ended = stream.run().await;
        if stream.last_accepted {
            // The flags were up to date until the stream ended.
            updates.send_unchanged();
        }
        match ended {
            // A service may limit the duration of streams; such an end is not a failure.
            Ok(()) if stream.has_received() => {}
            Ok(()) => updates.send_failure(SourceError::SyncStreamEnded),
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
