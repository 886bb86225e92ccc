//! `SyncStream`: one `SyncFlags` call, from the connection to the end of the stream.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::Request;
use tonic::Streaming;
use tonic::client;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::document::DocumentFormat;
use crate::source::Timing;
use crate::source::error::DialError;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::network::departure::Departure;
use crate::source::network::file_reader::FileReader;
use crate::source::network::grpc::channel;
use crate::source::network::grpc::receipt_stream::ReceiptStream;
use crate::source::spec::GrpcSpec;
use crate::source::status::SourceStatus;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::FetchedRevision;
use crate::source::update_channel::RevisionVerdict;
use crate::source::update_channel::UpdateSender;
use crate::wire::fleet::receipt::ReceiptState;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::schema_version;
use crate::wire::fleet::sync_request::Capabilities;
use crate::wire::fleet::sync_request::FleetSyncRequest;
use crate::wire::fleet::sync_request::ReplicaRequest;
use crate::wire::fleet::sync_response::FleetSyncResponse;
use crate::wire::fleet::sync_response::RevisionContent;
use crate::wire::protobuf::generated::fleet1::SyncFlagsRequest;
use crate::wire::protobuf::generated::fleet1::SyncFlagsResponse;

const SYNC_FLAGS_PATH: PathAndQuery =
    PathAndQuery::from_static("/flagd.sync.v1.FlagSyncService/SyncFlags");

/// The subscriber of a service.
#[derive(Debug, Clone)]
pub struct SyncClient {
    /// The service.
    pub spec: GrpcSpec,
    /// The identity of this process.
    pub replica: Arc<ReplicaIdentity>,
    /// The status of the source, with the revision that is served.
    pub status: Arc<SourceStatus>,
    /// The announcement of the process's end.
    pub departure: Departure,
}

/// The reason why a stream ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// The service ended it.
    Closed,
    /// A delta was not based on the active document: the whole document is needed.
    UnknownBase,
    /// This process ends, and the service knows it.
    Left,
}

/// A call that receives documents until its stream ends.
pub struct SyncStream<'s> {
    client: &'s SyncClient,
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
        client: &'s SyncClient,
        files: &'s FileReader,
        timing: Timing,
        updates: &'s UpdateSender,
        backoff: &'s mut Backoff,
    ) -> SyncStream<'s> {
        SyncStream {
            client,
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

    /// Connects and receives messages until the stream ends. `have` is the revision on which deltas may be based.
    ///
    /// # Errors
    /// If the connection cannot be made, or the stream fails.
    pub async fn run(&mut self, have: Option<RevisionId>) -> Result<StreamEnd, SourceError> {
        let timer = tokio::time::sleep(self.timing.first_message_timeout);
        tokio::pin!(timer);
        let opening = open_stream(self.client.clone(), have, self.timing, self.files);
        tokio::pin!(opening);
        // A service that has nothing to send yet may not even send the response headers.
        let mut silent = false;
        let (channel, mut stream) = loop {
            tokio::select! {
                opened = &mut opening => break opened?,
                () = &mut timer, if !silent => {
                    silent = true;
                    self.report_silence();
                }
            }
        };
        let SyncClient {
            spec,
            replica,
            departure,
            ..
        } = self.client;
        let mut receipts =
            ReceiptStream::new(channel, spec.headers.clone(), &replica.uid, departure);
        loop {
            let message = tokio::select! {
                message = stream.message() => message.map_err(SourceError::SyncStream)?,
                () = &mut timer, if !silent && !self.has_received() => {
                    silent = true;
                    self.report_silence();
                    continue;
                }
                () = receipts.drive() => continue,
                () = departure.requested() => {
                    receipts.leave().await;
                    return Ok(StreamEnd::Left);
                }
            };
            let Some(message) = message else {
                return Ok(StreamEnd::Closed);
            };
            if !self.receive(message, &mut receipts).await {
                return Ok(StreamEnd::UnknownBase);
            }
        }
    }

    /// Applies a message. Returns false if the whole document is needed.
    async fn receive(&mut self, message: SyncFlagsResponse, receipts: &mut ReceiptStream) -> bool {
        self.message_count += 1;
        self.last_message_at = Instant::now();
        self.backoff.reset();
        match FleetSyncResponse::from_message(message) {
            FleetSyncResponse::Plain(document) => {
                let document = FetchedDocument {
                    bytes: Bytes::from(document),
                    format: DocumentFormat::Json,
                    etag: None,
                };
                self.last_accepted = self.updates.send_document(document).await;
                true
            }
            FleetSyncResponse::Revision {
                id,
                schema_version,
                content,
            } => {
                receipts.report(ReceiptState::Received(id));
                let verdict = self.apply(id, schema_version, content);
                let verdict = tokio::select! {
                    verdict = verdict => verdict,
                    () = receipts.drive() => None,
                };
                self.last_accepted = verdict == Some(RevisionVerdict::Applied);
                match verdict {
                    Some(RevisionVerdict::Applied) => {
                        receipts.report(ReceiptState::Applied(id, SystemTime::now()));
                    }
                    Some(RevisionVerdict::Refused(reason)) => {
                        receipts.report(ReceiptState::Failed(id, reason));
                    }
                    Some(RevisionVerdict::UnknownBase) => return false,
                    None => {}
                }
                true
            }
        }
    }

    /// Passes a revision on, unless its schema cannot be read.
    async fn apply(
        &self,
        id: RevisionId,
        schema_version: String,
        content: RevisionContent,
    ) -> Option<RevisionVerdict> {
        if !schema_version::is_readable(&schema_version) {
            let reason = schema_version::unreadable(&schema_version);
            self.updates
                .send_failure(SourceError::SchemaVersion(reason.clone()));
            return Some(RevisionVerdict::Refused(reason));
        }
        let revision = FetchedRevision { id, content };
        self.updates.send_revision(revision).await
    }

    fn report_silence(&self) {
        let timeout = self.timing.first_message_timeout;
        self.updates
            .send_failure(SourceError::SyncStreamSilent(timeout));
    }
}

async fn open_stream(
    sync: SyncClient,
    have: Option<RevisionId>,
    timing: Timing,
    files: &FileReader,
) -> Result<(Channel, Streaming<SyncFlagsResponse>), SourceError> {
    let spec = sync.spec;
    let channel = channel::connect(&spec, timing, files).await;
    let channel = channel.map_err(SourceError::Dial)?;
    let limit = spec.max_message_bytes;
    // The limit applies before and after decompression.
    let client = client::Grpc::new(channel.clone()).max_decoding_message_size(limit);
    let mut client = client.accept_compressed(CompressionEncoding::Gzip);
    let ready = client.ready().await;
    ready.map_err(|error| SourceError::Dial(DialError::Transport(error)))?;
    let request = FleetSyncRequest {
        provider_id: spec.provider_id,
        selector: spec.selector,
        replica: Some(ReplicaRequest {
            identity: (*sync.replica).clone(),
            have,
            accepts: Capabilities {
                delta: true,
                dialects: true,
            },
        }),
    };
    let mut request = Request::new(request.to_message());
    *request.metadata_mut() = MetadataMap::from_headers(spec.headers);
    let codec: ProstCodec<SyncFlagsRequest, SyncFlagsResponse> = ProstCodec::default();
    let response = client
        .server_streaming(request, SYNC_FLAGS_PATH, codec)
        .await
        .map_err(SourceError::SyncStream)?;
    Ok((channel, response.into_inner()))
}
