//! A flag sync service, `flagd.sync.v1`: sends whole documents by itself, for as long as its stream lasts.

mod channel;

use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::Code;
use tonic::Request;
use tonic::Status;
use tonic::Streaming;
use tonic::client;
use tonic::metadata::MetadataMap;
use tonic_prost::ProstCodec;

use crate::document::DocumentFormat;
use crate::source::Timing;
use crate::source::network::backoff::Backoff;
use crate::source::network::error_chain;
use crate::source::spec::GrpcSpec;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::UpdateSender;
use crate::wire::protobuf::generated::sync1::SyncFlagsRequest;
use crate::wire::protobuf::generated::sync1::SyncFlagsResponse;

const SYNC_FLAGS_PATH: PathAndQuery =
    PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/SyncFlags");

/// However often a service complains, it is asked once in this time whether it is there.
const MAX_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(600);

/// Follows the service: connects, takes what comes, and connects again.
pub async fn run_sync_stream(spec: GrpcSpec, mut timing: Timing, updates: UpdateSender) {
    let mut backoff = Backoff::new(timing);
    loop {
        let mut stream = SyncStream {
            spec: &spec,
            timing,
            updates: &updates,
            backoff: &mut backoff,
            message_count: 0,
            last_accepted: false,
            last_message_at: Instant::now(),
        };
        let ended = stream.run().await;
        let flags_came = stream.message_count > 0;
        if stream.last_accepted {
            // Until this moment they were the newest.
            updates.send_unchanged();
        }
        match ended {
            // Services may limit how long a stream lasts; that is no failure.
            Ok(()) if flags_came => {}
            Ok(()) => updates.send_failure("the stream ended before any flags came".to_owned()),
            Err(status) if flags_came && status.code() == Code::DeadlineExceeded => {}
            Err(status) => {
                let why = error_message(&status);
                if may_be_ping_limit(
                    &why,
                    stream.last_message_at.elapsed(),
                    timing.keepalive_interval,
                ) {
                    timing.keepalive_interval =
                        (timing.keepalive_interval * 2).min(MAX_KEEPALIVE_INTERVAL);
                }
                updates.send_failure(why);
            }
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
}

struct SyncStream<'s> {
    spec: &'s GrpcSpec,
    timing: Timing,
    updates: &'s UpdateSender,
    backoff: &'s mut Backoff,
    message_count: usize,
    /// Whether the last message was a good document.
    last_accepted: bool,
    /// When the last message came, or the stream was begun.
    last_message_at: Instant,
}

impl SyncStream<'_> {
    /// Connects and takes messages until the stream ends.
    async fn run(&mut self) -> Result<(), Status> {
        let timer = tokio::time::sleep(self.timing.first_message_timeout);
        tokio::pin!(timer);
        let opening = self.open_stream();
        tokio::pin!(opening);
        // A service that has nothing to say yet may not even send the head of its answer.
        let mut silent = false;
        let mut stream = loop {
            tokio::select! {
                stream = &mut opening => break stream?,
                () = &mut timer, if !silent => {
                    silent = true;
                    self.report_silence();
                }
            }
        };
        loop {
            let message = tokio::select! {
                message = stream.message() => message?,
                () = &mut timer, if !silent && self.message_count == 0 => {
                    silent = true;
                    self.report_silence();
                    continue;
                }
            };
            let Some(message) = message else {
                return Ok(());
            };
            self.message_count += 1;
            self.last_message_at = Instant::now();
            self.backoff.reset();
            let bytes = Bytes::from(message.flag_configuration);
            // The context of the service is for providers in its own place; flagd ignores it as well.
            let delivery = FetchedDocument {
                bytes,
                format: DocumentFormat::Json,
                etag: None,
            };
            self.last_accepted = self.updates.send_document(delivery).await;
        }
    }

    fn report_silence(&self) {
        let timeout = self.timing.first_message_timeout;
        let why = format!("no flags came within {timeout:?}; the stream is kept open");
        self.updates.send_failure(why);
    }

    fn open_stream(
        &self,
    ) -> impl Future<Output = Result<Streaming<SyncFlagsResponse>, Status>> + use<> {
        let (settings, pace) = (self.spec.clone(), self.timing);
        async move {
            let channel = channel::connect(&settings, pace).await;
            let channel = channel.map_err(Status::unavailable)?;
            let limit = settings.max_message_bytes;
            let mut client = client::Grpc::new(channel).max_decoding_message_size(limit);
            let ready = client.ready().await;
            ready.map_err(|error| Status::unavailable(error_chain::format_chain(&error)))?;
            let mut request = Request::new(SyncFlagsRequest {
                provider_id: settings.provider_id,
                selector: settings.selector,
            });
            *request.metadata_mut() = MetadataMap::from_headers(settings.headers);
            let codec = ProstCodec::default();
            let response = client
                .server_streaming(request, SYNC_FLAGS_PATH, codec)
                .await?;
            Ok(response.into_inner())
        }
    }
}

/// Why a stream ended, in one line.
fn error_message(status: &Status) -> String {
    let text = status.message();
    let mut why = if text.is_empty() {
        status.code().to_string()
    } else {
        text.to_owned()
    };
    if let Some(error) = std::error::Error::source(status) {
        let more = error_chain::format_chain(error);
        if !why.contains(&more) {
            why = format!("{why}: {more}");
        }
    }
    format!("error receiving flags: {}", why.replace(['\n', '\r'], " "))
}

/// Whether the service may have hung up because it was asked too often whether it is there. gRPC in Go allows that once
/// in 5 minutes unless it is told otherwise, and hangs up at the third time in between. Its reason is often lost with the
/// connection; then the moment tells: after about four questions without a message in between.
fn may_be_ping_limit(why: &str, silence: Duration, ping: Duration) -> bool {
    let words = ["too_many_pings", "ENHANCE_YOUR_CALM", "excessive load"];
    let answered = !why.contains("keep-alive timed out");
    let moment = silence > ping * 3 && silence < ping * 6;
    words.iter().any(|word| why.contains(word)) || (answered && moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_rejection_is_recognized_by_message_or_timing() {
        let seconds = Duration::from_secs;
        let minds = |why, silence| may_be_ping_limit(why, seconds(silence), seconds(30));
        assert!(minds("GOAWAY: too_many_pings", 1));
        assert!(minds("stream closed because of a broken pipe", 121));
        assert!(!minds("stream closed because of a broken pipe", 20));
        assert!(!minds("stream closed because of a broken pipe", 2000));
        assert!(!minds("keep-alive timed out", 121));
    }
}
