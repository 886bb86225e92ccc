//! `SyncStream`: one `SyncFlags` call, from the connection to the end of the stream.

use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::Request;
use tonic::Streaming;
use tonic::client;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic_prost::ProstCodec;

use crate::document::DocumentFormat;
use crate::source::Timing;
use crate::source::error::DialError;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::network::file_reader::FileReader;
use crate::source::network::grpc::channel;
use crate::source::spec::GrpcSpec;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::UpdateSender;
use crate::wire::protobuf::generated::sync1::SyncFlagsRequest;
use crate::wire::protobuf::generated::sync1::SyncFlagsResponse;

const SYNC_FLAGS_PATH: PathAndQuery =
    PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/SyncFlags");

/// A call that receives documents until its stream ends.
pub struct SyncStream<'s> {
    spec: &'s GrpcSpec,
    files: &'s FileReader,
    timing: Timing,
    updates: &'s UpdateSender,
    backoff: &'s mut Backoff,
    message_count: usize,
    /// True if the last message was a valid document.
    pub last_accepted: bool,
    /// The time of the last message, or of the start.
    last_message_at: Instant,
}

impl<'s> SyncStream<'s> {
    /// A stream that is not connected yet.
    pub fn new(
        spec: &'s GrpcSpec,
        files: &'s FileReader,
        timing: Timing,
        updates: &'s UpdateSender,
        backoff: &'s mut Backoff,
    ) -> SyncStream<'s> {
        SyncStream {
            spec,
            files,
            timing,
            updates,
            backoff,
            message_count: 0,
            last_accepted: false,
            last_message_at: Instant::now(),
        }
    }

    /// Returns true if a message was received.
    pub fn has_received(&self) -> bool {
        self.message_count > 0
    }

    /// Returns the time since the last message, or since the start.
    pub fn silence(&self) -> Duration {
        self.last_message_at.elapsed()
    }

    /// Connects and receives messages until the stream ends.
    ///
    /// # Errors
    /// If the connection cannot be made, or the stream fails.
    pub async fn run(&mut self) -> Result<(), SourceError> {
        let timer = tokio::time::sleep(self.timing.first_message_timeout);
        tokio::pin!(timer);
        let opening = open_stream(self.spec.clone(), self.timing, self.files);
        tokio::pin!(opening);
        // A service that has nothing to send yet may not even send the response headers.
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
                message = stream.message() => message.map_err(SourceError::SyncStream)?,
                () = &mut timer, if !silent && !self.has_received() => {
                    silent = true;
                    self.report_silence();
                    continue;
                }
            };
            let Some(message) = message else {
                return Ok(());
            };
            self.receive(message).await;
        }
    }

    async fn receive(&mut self, message: SyncFlagsResponse) {
        self.message_count += 1;
        self.last_message_at = Instant::now();
        self.backoff.reset();
        // The sync context is for in-process providers; flagd ignores it as well.
        let document = FetchedDocument {
            bytes: Bytes::from(message.flag_configuration),
            format: DocumentFormat::Json,
            etag: None,
        };
        self.last_accepted = self.updates.send_document(document).await;
    }

    fn report_silence(&self) {
        let timeout = self.timing.first_message_timeout;
        self.updates
            .send_failure(SourceError::SyncStreamSilent(timeout));
    }
}

async fn open_stream(
    spec: GrpcSpec,
    timing: Timing,
    files: &FileReader,
) -> Result<Streaming<SyncFlagsResponse>, SourceError> {
    let channel = channel::connect(&spec, timing, files).await;
    let channel = channel.map_err(SourceError::Dial)?;
    let limit = spec.max_message_bytes;
    // The limit applies before and after decompression.
    let client = client::Grpc::new(channel).max_decoding_message_size(limit);
    let mut client = client.accept_compressed(CompressionEncoding::Gzip);
    let ready = client.ready().await;
    ready.map_err(|error| SourceError::Dial(DialError::Transport(error)))?;
    let mut request = Request::new(SyncFlagsRequest {
        provider_id: spec.provider_id,
        selector: spec.selector,
    });
    *request.metadata_mut() = MetadataMap::from_headers(spec.headers);
    let codec = ProstCodec::default();
    let response = client
        .server_streaming(request, SYNC_FLAGS_PATH, codec)
        .await
        .map_err(SourceError::SyncStream)?;
    Ok(response.into_inner())
}
