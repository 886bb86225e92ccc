//! The streams of an environment: revisions to sidecars, documents to plain peers.
//!
//! A stream has no queue. When the connection has taken the last frame, the stream encodes the newest revision, whatever
//! it has missed.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::mpsc::Permit;

use crate::control::fleet::environment::ServedEnvironment;
use crate::control::fleet::message_cache::MessageForm;
use crate::control::fleet::replica_registry::Releases;
use crate::control::fleet::replica_registry::ReplicaKind;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::fleet::replica_registry::SendDecision;
use crate::control::fleet::replica_registry::StreamId;
use crate::control::revision::Revision;
use crate::metric::limit_hits::Limit;
use crate::metric::sync_stream::CloseReason;
use crate::selector::Selector;
use crate::serve::context::ServerContext;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::listen::limit_report;
use crate::serve::shutdown_watch;
use crate::serve::stream::Disconnected;
use crate::serve::stream::FrameSender;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::sync_request::ReplicaRequest;

/// The request that opened a stream.
pub struct PeerRequest {
    /// The sidecar; `None` for a plain peer.
    pub replica: Option<ReplicaRequest>,
    /// The name that the peer sends.
    pub provider: String,
    /// The selected flags.
    pub selector: Selector,
    /// True if the peer accepts gzip.
    pub gzip: bool,
}

/// Sends the newest flags, and again after each change, until the peer disconnects or the server shuts down.
pub async fn send(
    context: ServerContext,
    served: Arc<ServedEnvironment>,
    request: PeerRequest,
    sender: FrameSender,
) -> CloseReason {
    let mut revisions = served.environment.revision.clone();
    let mut releases = served.environment.replicas.releases();
    let mut shutdown = context.shutdown.clone();
    let mut stream = PeerStream::new(&context, &served, request);
    let mut undelivered = None;
    loop {
        let Ok(permit) = reserve(&context, &sender).await else {
            return CloseReason::ClientDisconnect;
        };
        // The connection has taken the frame before this one.
        stream.peer.record_delivered(undelivered.take());
        let order = *releases.borrow_and_update();
        let newest = revisions.borrow_and_update().clone();
        match stream.next(&newest, order) {
            None => drop(permit),
            Some((id, None)) => stream.peer.record_delivered(Some(id)),
            Some((id, Some(frame))) => {
                permit.send(data_frame(frame));
                undelivered = Some(id);
            }
        }
        tokio::select! {
            biased;
            () = sender.closed() => return CloseReason::NormalClose,
            () = shutdown_watch::requested(&mut shutdown) => return CloseReason::NormalClose,
            changed = revisions.changed() => if changed.is_err() {
                // The environment is gone.
                return CloseReason::NormalClose;
            },
            _ = releases.changed() => {}
            _ = sender.reserve(), if undelivered.is_some() => {}
        }
    }
}

/// Waits until the connection has taken the last frame. A peer that does not read it within the write timeout is
/// disconnected.
async fn reserve<'s>(
    context: &ServerContext,
    sender: &'s FrameSender,
) -> Result<Permit<'s, BoxedFrame>, Disconnected> {
    let config = &context.config;
    if let Ok(reserved) = tokio::time::timeout(config.write_timeout, sender.reserve()).await {
        return reserved.map_err(|_| Disconnected);
    }
    limit_report::report(&config.metrics, Limit::WriteTimeout, None);
    Err(Disconnected)
}

/// A stream and its peer.
struct PeerStream<'s> {
    context: &'s ServerContext,
    served: &'s ServedEnvironment,
    peer: ConnectedPeer<'s>,
    content: StreamContent,
}

/// The content of a stream, and what was sent last.
enum StreamContent {
    /// Revisions.
    Revisions {
        form: MessageForm,
        sent: Option<RevisionId>,
        /// The hash of the definitions that the sidecar has, as far as known.
        base: Option<ContentHash>,
        /// The order to send the whole document that was carried out last.
        forced: u64,
    },
    /// Plain documents.
    Documents {
        selector: Selector,
        sent: Option<(u128, RevisionId)>,
    },
}

impl<'s> PeerStream<'s> {
    fn new(
        context: &'s ServerContext,
        served: &'s ServedEnvironment,
        request: PeerRequest,
    ) -> PeerStream<'s> {
        let registry = &served.environment.replicas;
        let newest = served.environment.revision.borrow().id();
        registry.publish_first(newest, SystemTime::now());
        let forced = registry.releases().borrow().forced;
        let (peer, content) = match request.replica {
            Some(replica) if request.selector == Selector::All => {
                let form = MessageForm {
                    accepts: replica.accepts,
                    gzip: request.gzip,
                };
                let have = replica.have;
                let peer =
                    ConnectedPeer::new(registry, replica.identity, ReplicaKind::Fanion, have);
                // After a restore, numbers of the store before it may mean other changes.
                let is_older = have.filter(|have| have.epoch < newest.epoch);
                if is_older.is_some_and(|have| !served.environment.history.knows(&have)) {
                    peer.hold();
                }
                let content = StreamContent::Revisions {
                    form,
                    sent: None,
                    base: have.map(|have| have.content_hash),
                    forced,
                };
                (peer, content)
            }
            replica => {
                // A sidecar may have several such streams, whose documents have no revision.
                let name = replica.map_or(request.provider, |replica| replica.identity.name);
                let identity = ReplicaIdentity::of_this_process(&name, &[]);
                let peer = ConnectedPeer::new(registry, identity, ReplicaKind::Plain, None);
                let (selector, sent) = (request.selector, None);
                (peer, StreamContent::Documents { selector, sent })
            }
        };
        PeerStream {
            context,
            served,
            peer,
            content,
        }
    }

    /// The revision that is due, with its frame unless the peer has the same content already.
    fn next(&mut self, newest: &Revision, order: Releases) -> Option<(RevisionId, Option<Bytes>)> {
        if newest.number == 0 {
            // The files were not read yet: an empty document would take all flags away.
            return None;
        }
        match &mut self.content {
            StreamContent::Revisions {
                form,
                sent,
                base,
                forced,
            } => {
                let id = self.served.messages.id_for(newest, *form);
                let is_forced = order.forced != *forced;
                if *sent == Some(id) && !is_forced {
                    return None;
                }
                let SendDecision::Send(known) = self.peer.decide(id.content_hash, *base) else {
                    return None;
                };
                let known = known.filter(|_| !is_forced);
                let frame = self.served.messages.frame_for(newest, *form, known);
                *forced = order.forced;
                *sent = Some(frame.id);
                *base = Some(frame.id.content_hash);
                Some((frame.id, Some(frame.bytes)))
            }
            StreamContent::Documents { selector, sent } => {
                let id = newest.id();
                if sent.is_some_and(|(_, sent)| sent == id) {
                    return None;
                }
                let extra = &self.context.config.added_context;
                let message = newest.snapshot.sync_message(selector, extra);
                let is_same =
                    sent.is_some_and(|(fingerprint, _)| fingerprint == message.fingerprint);
                *sent = Some((message.fingerprint, id));
                Some((id, (!is_same).then_some(message.frame)))
            }
        }
    }
}

/// A peer in the registry, until this is dropped.
struct ConnectedPeer<'s> {
    registry: &'s ReplicaRegistry,
    /// `None` if there are too many replicas.
    stream: Option<StreamId>,
}

impl<'s> ConnectedPeer<'s> {
    /// Sends nothing to the peer until it is forced or a kill releases it.
    fn hold(&self) {
        if let Some(stream) = &self.stream {
            self.registry.hold(stream);
        }
    }

    fn new(
        registry: &'s ReplicaRegistry,
        identity: ReplicaIdentity,
        kind: ReplicaKind,
        have: Option<RevisionId>,
    ) -> ConnectedPeer<'s> {
        let stream = registry.connect(identity, kind, have, SystemTime::now());
        ConnectedPeer { registry, stream }
    }

    fn decide(&self, content_hash: ContentHash, base: Option<ContentHash>) -> SendDecision {
        match &self.stream {
            Some(stream) => self.registry.decide(stream, content_hash, base),
            None => SendDecision::Send(base),
        }
    }

    fn record_delivered(&self, revision: Option<RevisionId>) {
        if let (Some(stream), Some(revision)) = (&self.stream, revision) {
            self.registry
                .record_delivered(stream, revision, SystemTime::now());
        }
    }
}

impl Drop for ConnectedPeer<'_> {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            self.registry.disconnect(stream, SystemTime::now());
        }
    }
}
