//! Bearer tokens for streams, flag sync and reflection; health needs none.

use tonic::Code;
use tonic::Request;

use crate::protocol::bearer_tokens::AUTHORIZED;
use crate::protocol::bearer_tokens::INVALID;
use crate::protocol::bearer_tokens::MISSING;
use crate::protocol::bearer_tokens::TOKEN;
use crate::protocol::bearer_tokens::grpc_status;
use crate::protocol::bearer_tokens::serve_with_tokens;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::grpc_client::pb::health1::HealthCheckRequest;
use crate::support::server::grpc_client::pb::health1::health_client::HealthClient;
use crate::support::server::grpc_client::pb::reflection1::ServerReflectionRequest;
use crate::support::server::grpc_client::pb::reflection1::server_reflection_client::ServerReflectionClient;
use crate::support::server::grpc_client::pb::sync1::FetchAllFlagsRequest;
use crate::support::server::grpc_client::pb::sync1::GetMetadataRequest;
use crate::support::server::grpc_client::pb::sync1::SyncFlagsRequest;
use crate::support::server::grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;
use crate::support::server::http_client;
use crate::support::server::rpc::EVALUATION_V1;

#[tokio::test]
async fn event_streams_require_a_token() {
    let (server, _directory) = serve_with_tokens().await;
    let path = format!("{EVALUATION_V1}EventStream");
    let open = async |content_type: &str, more: &[&str]| {
        let headers = [&[content_type], more].concat();
        http_client::stream(server.port, &path, &headers, &grpc_frame(b"")).await
    };
    let grpc = "content-type: application/grpc";
    let (head, _) = open(grpc, &[]).await;
    assert_eq!(grpc_status(&head), format!("16 {MISSING}"));
    let (head, _) = open(grpc, &[AUTHORIZED]).await;
    assert_eq!((head.status.as_u16(), &*grpc_status(&head)), (200, " "));
    let connect = "content-type: application/connect+proto";
    let (_, mut body) = open(connect, &[]).await;
    let end = http_client::whole(&mut body).await.expect("a whole body");
    let end = String::from_utf8_lossy(&end).into_owned();
    assert!(end.contains("unauthenticated"), "{end}");
}

#[tokio::test]
async fn flag_sync_requires_a_token() {
    let (server, _directory) = serve_with_tokens().await;
    let mut client = FlagSyncServiceClient::new(grpc_client::channel_to(server.sync).await);
    for value in [None, Some("Bearer hush-another-token-of-this-port")] {
        let rejected = [
            client
                .sync_flags(with_header(SyncFlagsRequest::default(), value))
                .await
                .map(drop),
            client
                .fetch_all_flags(with_header(FetchAllFlagsRequest::default(), value))
                .await
                .map(drop),
            client
                .get_metadata(with_header(GetMetadataRequest::default(), value))
                .await
                .map(drop),
        ];
        for rejected in rejected {
            let status = rejected.expect_err("no valid token");
            let why = value.map_or(MISSING, |_| INVALID);
            assert_eq!(
                (status.code(), status.message()),
                (Code::Unauthenticated, why)
            );
        }
    }
    let value = format!("Bearer {TOKEN}");
    let value = Some(&*value);
    let fetched = client
        .fetch_all_flags(with_header(FetchAllFlagsRequest::default(), value))
        .await;
    assert!(
        fetched
            .expect("a valid token")
            .into_inner()
            .flag_configuration
            .contains("\"f\"")
    );
    let stream = client
        .sync_flags(with_header(SyncFlagsRequest::default(), value))
        .await;
    let mut stream = stream.expect("a valid token").into_inner();
    let message = stream
        .message()
        .await
        .expect("no error")
        .expect("a document");
    assert!(message.flag_configuration.contains("\"f\""));
}

fn with_header<T>(message: T, authorization: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(value) = authorization {
        let value = value.parse().expect("ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    request
}

#[tokio::test]
async fn health_needs_no_token_but_reflection_does() {
    let (server, _directory) = serve_with_tokens().await;
    for port in [server.port, server.sync] {
        let channel = grpc_client::channel_to(port).await;
        let mut health = HealthClient::new(channel.clone());
        let checked = health.check(HealthCheckRequest::default()).await;
        checked.expect("no token is needed");
        let mut reflection = ServerReflectionClient::new(channel);
        let mut list = async |value| {
            let requests = tokio_stream::once(ServerReflectionRequest::default());
            reflection
                .server_reflection_info(with_header(requests, value))
                .await
                .map(drop)
        };
        let status = list(None).await.expect_err("no token");
        assert_eq!(status.code(), Code::Unauthenticated);
        let value = format!("Bearer {TOKEN}");
        list(Some(&value)).await.expect("a valid token");
    }
}
