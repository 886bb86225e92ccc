//! A flag sync service, `flagd.sync.v1`: sends whole documents by itself, for as long as its stream lasts.

mod connect;

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

use crate::document::Format;
use crate::source::Pace;
use crate::source::backoff::Backoff;
use crate::source::cause;
use crate::source::post::Delivery;
use crate::source::post::Post;
use crate::source::spec::Grpc;
use crate::wire::pb::sync1::SyncFlagsRequest;
use crate::wire::pb::sync1::SyncFlagsResponse;

const METHOD: PathAndQuery = PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/SyncFlags");

/// However often a service complains, it is asked once in this time whether it is there.
const LONGEST_PING: Duration = Duration::from_secs(600);

/// Follows the service: connects, takes what comes, and connects again.
pub async fn follow(settings: Grpc, mut pace: Pace, post: Post) {
    let mut backoff = Backoff::new(pace);
    loop {
        let mut stream = Stream {
            settings: &settings,
            pace,
            post: &post,
            backoff: &mut backoff,
            messages: 0,
            good: false,
            heard: Instant::now(),
        };
        let ended = stream.run().await;
        let flags_came = stream.messages > 0;
        if stream.good {
            // Until this moment they were the newest.
            post.unchanged();
        }
        match ended {
            // Services may limit how long a stream lasts; that is no failure.
            Ok(()) if flags_came => {}
            Ok(()) => post.failed("the stream ended before any flags came".to_owned()),
            Err(status) if flags_came && status.code() == Code::DeadlineExceeded => {}
            Err(status) => {
                let why = cause(&status);
                if may_mind_pings(&why, stream.heard.elapsed(), pace.ping) {
                    pace.ping = (pace.ping * 2).min(LONGEST_PING);
                }
                post.failed(why);
            }
        }
        tokio::time::sleep(backoff.wait()).await;
    }
}

struct Stream<'s> {
    settings: &'s Grpc,
    pace: Pace,
    post: &'s Post,
    backoff: &'s mut Backoff,
    messages: usize,
    /// Whether the last message was a good document.
    good: bool,
    /// When the last message came, or the stream was begun.
    heard: Instant,
}

impl Stream<'_> {
    /// Connects and takes messages until the stream ends.
    async fn run(&mut self) -> Result<(), Status> {
        let patience = tokio::time::sleep(self.pace.first_message);
        tokio::pin!(patience);
        let opening = self.open();
        tokio::pin!(opening);
        // A service that has nothing to say yet may not even send the head of its answer.
        let mut silent = false;
        let mut stream = loop {
            tokio::select! {
                stream = &mut opening => break stream?,
                () = &mut patience, if !silent => {
                    silent = true;
                    self.say_silent();
                }
            }
        };
        loop {
            let message = tokio::select! {
                message = stream.message() => message?,
                () = &mut patience, if !silent && self.messages == 0 => {
                    silent = true;
                    self.say_silent();
                    continue;
                }
            };
            let Some(message) = message else {
                return Ok(());
            };
            self.messages += 1;
            self.heard = Instant::now();
            self.backoff.reset();
            let bytes = Bytes::from(message.flag_configuration);
            // The context of the service is for providers in its own place; flagd ignores it as well.
            let delivery = Delivery {
                bytes,
                format: Format::Json,
                etag: None,
            };
            self.good = self.post.document(delivery).await;
        }
    }

    fn say_silent(&self) {
        let patience = self.pace.first_message;
        let why = format!("no flags came within {patience:?}; the stream is kept open");
        self.post.failed(why);
    }

    fn open(&self) -> impl Future<Output = Result<Streaming<SyncFlagsResponse>, Status>> + use<> {
        let (settings, pace) = (self.settings.clone(), self.pace);
        async move {
            let channel = connect::channel(&settings, pace).await;
            let channel = channel.map_err(Status::unavailable)?;
            let limit = settings.max_message;
            let mut client = client::Grpc::new(channel).max_decoding_message_size(limit);
            let ready = client.ready().await;
            ready.map_err(|error| Status::unavailable(cause::chain(&error)))?;
            let mut request = Request::new(SyncFlagsRequest {
                provider_id: settings.provider_id,
                selector: settings.selector,
            });
            *request.metadata_mut() = MetadataMap::from_headers(settings.headers);
            let codec = ProstCodec::default();
            let response = client.server_streaming(request, METHOD, codec).await?;
            Ok(response.into_inner())
        }
    }
}

/// Why a stream ended, in one line.
fn cause(status: &Status) -> String {
    let text = status.message();
    let mut why = if text.is_empty() {
        status.code().to_string()
    } else {
        text.to_owned()
    };
    if let Some(error) = std::error::Error::source(status) {
        let more = cause::chain(error);
        if !why.contains(&more) {
            why = format!("{why}: {more}");
        }
    }
    format!("error receiving flags: {}", why.replace(['\n', '\r'], " "))
}

/// Whether the service may have hung up because it was asked too often whether it is there. gRPC in Go allows that once
/// in 5 minutes unless it is told otherwise, and hangs up at the third time in between. Its reason is often lost with the
/// connection; then the moment tells: after about four questions without a message in between.
fn may_mind_pings(why: &str, silence: Duration, ping: Duration) -> bool {
    let words = ["too_many_pings", "ENHANCE_YOUR_CALM", "excessive load"];
    let answered = !why.contains("keep-alive timed out");
    let moment = silence > ping * 3 && silence < ping * 6;
    words.iter().any(|word| why.contains(word)) || (answered && moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_minds_pings_is_recognized_by_words_or_by_the_moment() {
        let seconds = Duration::from_secs;
        let minds = |why, silence| may_mind_pings(why, seconds(silence), seconds(30));
        assert!(minds("GOAWAY: too_many_pings", 1));
        assert!(minds("stream closed because of a broken pipe", 121));
        assert!(!minds("stream closed because of a broken pipe", 20));
        assert!(!minds("stream closed because of a broken pipe", 2000));
        assert!(!minds("keep-alive timed out", 121));
    }
}
