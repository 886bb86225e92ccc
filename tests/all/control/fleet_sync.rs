//! The sync port as clients see it: plain ones, and the fields of sidecars.

use std::sync::Arc;
use std::time::SystemTime;

use fanion::control::fleet::environment::FleetEnvironment;
use fanion::control::fleet::environment::FleetTokens;
use fanion::control::fleet::replica_registry::Replica;
use fanion::control::fleet::replica_registry::ReplicaKind;
use fanion::control::fleet::replica_registry::ReplicaRegistry;
use fanion::wire::content_hash::ContentHash;
use fanion::wire::fleet::definitions;
use fanion::wire::protobuf::generated::fleet1;
use serde_json::json;
use tonic::Code;
use tonic::Request;
use tonic::Status;
use tonic::Streaming;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::control::fleet_upstream::FleetUpstream;
use crate::control::fleet_upstream::revision;
use crate::control::fleet_upstream::serve;
use crate::control::sidecar_sync::two_flags;
use crate::support::server::grpc_client::channel_to;
use crate::support::server::grpc_client::pb::sync1;
use crate::support::server::grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::wait::DEADLINE;
use crate::support::wait::wait_until;

const SYNC_FLAGS: &str = "/flagd.sync.v1.FlagSyncService/SyncFlags";

/// Opens a stream of a sidecar.
pub async fn subscribe(
    port: u16,
    request: fleet1::SyncFlagsRequest,
    gzip: bool,
) -> Result<Streaming<fleet1::SyncFlagsResponse>, Status> {
    open(channel_to(port).await, request, gzip).await
}

/// Opens a stream of a sidecar on a channel.
pub async fn open(
    channel: Channel,
    request: fleet1::SyncFlagsRequest,
    gzip: bool,
) -> Result<Streaming<fleet1::SyncFlagsResponse>, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    if gzip {
        client = client.accept_compressed(CompressionEncoding::Gzip);
    }
    client.ready().await.expect("a connection");
    let codec: ProstCodec<fleet1::SyncFlagsRequest, fleet1::SyncFlagsResponse> =
        ProstCodec::default();
    let path = http::uri::PathAndQuery::from_static(SYNC_FLAGS);
    let response = client.server_streaming(Request::new(request), path, codec);
    Ok(response.await?.into_inner())
}

/// The request of a sidecar.
pub fn sidecar(have: Option<fleet1::RevisionId>) -> fleet1::SyncFlagsRequest {
    fleet1::SyncFlagsRequest {
        replica: Some(fleet1::Replica {
            uid: "u1".to_owned(),
            name: "pod-1".to_owned(),
            ..fleet1::Replica::default()
        }),
        have,
        accepts: vec![1, 2],
        ..fleet1::SyncFlagsRequest::default()
    }
}

pub async fn next(stream: &mut Streaming<fleet1::SyncFlagsResponse>) -> fleet1::SyncFlagsResponse {
    let message = tokio::time::timeout(DEADLINE, stream.message());
    let message = message.await.expect("in time").expect("a message");
    message.expect("not the end")
}

#[tokio::test]
async fn sidecar_gets_the_document_and_then_deltas() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let mut stream = subscribe(upstream.port, sidecar(None), false)
        .await
        .expect("open");
    let message = next(&mut stream).await;
    assert_eq!(
        (message.revision, message.epoch, message.delta),
        (1, 0, None)
    );
    assert_eq!(message.schema_version, "1.0");
    assert_eq!(message.content_hash, first.content_hash.0);
    let split = definitions::split_document(&message.flag_configuration).expect("a document");
    assert_eq!(definitions::content_hash(&split), first.content_hash);

    let second = revision(0, 2, &two_flags("a", "b"));
    upstream.publish(second.clone());
    let message = next(&mut stream).await;
    let delta = message.delta.expect("a delta");
    assert_eq!((message.revision, &*message.flag_configuration), (2, ""));
    assert_eq!(delta.base_hash, first.content_hash.0);
    let text = second.definitions["g"].to_string();
    assert_eq!(
        delta.set.into_iter().collect::<Vec<_>>(),
        [("g".to_owned(), text)]
    );

    upstream.publish(revision(0, 3, &document("a")));
    let delta = next(&mut stream).await.delta.expect("a delta");
    assert_eq!(delta.removed, ["g"]);
    // A revision with equal definitions is announced as well.
    upstream.publish(revision(0, 4, &document("a")));
    let message = next(&mut stream).await;
    assert_eq!(
        (message.revision, message.delta.expect("a delta").set.len()),
        (4, 0)
    );
}

#[tokio::test]
async fn known_base_gets_a_delta_and_another_one_the_document() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    upstream.wait_for_revision(1).await;
    upstream.publish(revision(0, 2, &two_flags("a", "b")));
    upstream.wait_for_revision(2).await;
    let have = fleet1::RevisionId {
        epoch: 0,
        revision: 1,
        content_hash: first.content_hash.0.to_vec(),
    };
    let mut stream = subscribe(upstream.port, sidecar(Some(have.clone())), false)
        .await
        .expect("open");
    assert_eq!(next(&mut stream).await.delta.expect("a delta").set.len(), 1);
    let other = fleet1::RevisionId {
        content_hash: vec![7; 32],
        ..have.clone()
    };
    let mut stream = subscribe(upstream.port, sidecar(Some(other)), false)
        .await
        .expect("open");
    assert_eq!(next(&mut stream).await.delta, None);
    let unable = fleet1::SyncFlagsRequest {
        accepts: Vec::new(),
        ..sidecar(Some(have))
    };
    let mut stream = subscribe(upstream.port, unable, false).await.expect("open");
    assert_eq!(next(&mut stream).await.delta, None);
}

#[tokio::test]
async fn long_messages_are_compressed_for_those_who_accept_it() {
    let long = flag("f", &"x".repeat(100_000));
    let upstream = FleetUpstream::start(revision(0, 1, &long)).await;
    for gzip in [true, false] {
        let mut stream = subscribe(upstream.port, sidecar(None), gzip)
            .await
            .expect("open");
        let message = next(&mut stream).await;
        assert!(message.flag_configuration.len() > 100_000);
        upstream.publish(revision(0, 2, &document("a")));
        next(&mut stream).await;
        upstream.publish(revision(0, 1, &long));
    }
}

#[tokio::test]
async fn dialects_are_sent_only_to_those_who_take_them() {
    let text = json!({"flags": {
        "f": {"variants": {"a": "a"}, "defaultVariant": "a"},
        "g": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
              "rollout": {"variant": "on", "percentage": 30, "dialect": "md5-8hex-100"}},
    }});
    let upstream = FleetUpstream::start(revision(0, 1, &text.to_string())).await;
    let mut stream = subscribe(upstream.port, sidecar(None), false)
        .await
        .expect("open");
    let all = next(&mut stream).await;
    assert!(all.flag_configuration.contains("$fanion.bucket"));
    let plain = fleet1::SyncFlagsRequest {
        accepts: vec![1],
        ..sidecar(None)
    };
    let mut stream = subscribe(upstream.port, plain, false).await.expect("open");
    let some = next(&mut stream).await;
    let split = definitions::split_document(&some.flag_configuration).expect("a document");
    assert_eq!(split.len(), 1);
    assert_eq!(
        definitions::content_hash(&split).0.to_vec(),
        some.content_hash
    );
    let mut plain = FlagSyncServiceClient::new(channel_to(upstream.port).await);
    let request = sync1::FetchAllFlagsRequest::default();
    let fetched = plain
        .fetch_all_flags(request)
        .await
        .expect("flags")
        .into_inner();
    assert!(!fetched.flag_configuration.contains("\"g\""));
}

#[tokio::test]
async fn plain_peer_gets_documents_as_from_a_sidecar() {
    let upstream = FleetUpstream::start(revision(0, 1, &document("a"))).await;
    let mut client = FlagSyncServiceClient::new(channel_to(upstream.port).await);
    let request = sync1::SyncFlagsRequest {
        provider_id: "go".to_owned(),
        ..sync1::SyncFlagsRequest::default()
    };
    let mut stream = client.sync_flags(request).await.expect("open").into_inner();
    let first = stream.message().await.expect("a message").expect("one");
    assert!(first.sync_context.is_some());
    assert!(
        first
            .flag_configuration
            .contains("\"source\":\"flags.json\"")
    );
    let replica = upstream
        .wait_for_replica(|replica| replica.delivered.is_some())
        .await;
    assert_eq!(
        (replica.kind, &*replica.identity.name),
        (ReplicaKind::Plain, "go")
    );
    // Equal content is not sent again, and counts as delivered.
    upstream.publish(revision(0, 2, &document("a")));
    let is_second = |number: u64| {
        move |replica: &Replica| {
            replica
                .delivered
                .is_some_and(|event| event.revision.number == number)
        }
    };
    upstream.wait_for_replica(is_second(2)).await;
    upstream.publish(revision(0, 3, &document("b")));
    let second = stream.message().await.expect("a message").expect("one");
    assert!(second.flag_configuration.contains("\"b\""));
    upstream.wait_for_replica(is_second(3)).await;
    let metadata = client.get_metadata(sync1::GetMetadataRequest {}).await;
    assert!(metadata.expect("metadata").into_inner().metadata.is_some());
    drop((stream, client));
    let none = || upstream.replicas.replicas().is_empty();
    wait_until(none, || "still connected".to_owned()).await;
}

#[tokio::test]
async fn token_chooses_the_environment_of_a_stream() {
    let (mut environments, mut senders) = (Vec::new(), Vec::new());
    for name in ["prod", "staging"] {
        let (sender, revision) = tokio::sync::watch::channel(revision(0, 1, &document(name)));
        senders.push(sender);
        environments.push(FleetEnvironment {
            name: name.to_owned(),
            revision,
            replicas: Arc::new(ReplicaRegistry::with_defaults(SystemTime::now())),
            history: fanion::control::fleet::history::History::new(None, "default"),
        });
    }
    let tokens = FleetTokens(vec![(ContentHash::of(b"hush-token"), "staging".to_owned())]);
    let (port, _shutdown, _ended) = serve(0, environments, tokens).await;
    let mut client = FlagSyncServiceClient::new(channel_to(port).await);
    let mut request = Request::new(sync1::FetchAllFlagsRequest::default());
    let refused = client
        .fetch_all_flags(sync1::FetchAllFlagsRequest::default())
        .await;
    let refused = refused.expect_err("no token");
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(
        refused.message().contains("set `authHeader`"),
        "{refused:?}"
    );
    let token = "Bearer hush-token".parse().expect("a value");
    request.metadata_mut().insert("authorization", token);
    let fetched = client
        .fetch_all_flags(request)
        .await
        .expect("flags")
        .into_inner();
    assert!(fetched.flag_configuration.contains("staging"));
}
