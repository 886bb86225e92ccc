//! `grpc.health.v1` on every port that speaks gRPC.

use tonic::Code;
use tonic::transport::Channel;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::health1::HealthCheckRequest;
use crate::support::server::grpc_client::pb::health1::health_check_response::ServingStatus;
use crate::support::server::grpc_client::pb::health1::health_client::HealthClient;
use crate::support::server::http_client;
use crate::support::temp_dir::TempDir;

const FLAGS: &str = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;

const ALL: [&str; 4] = [
    "",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

async fn client(port: u16) -> HealthClient<Channel> {
    HealthClient::new(grpc_client::channel_to(port).await)
}

fn health_check_request(service: &str) -> HealthCheckRequest {
    let service = service.to_owned();
    HealthCheckRequest { service }
}

async fn check(port: u16, service: &str) -> Result<ServingStatus, tonic::Status> {
    let answer = client(port)
        .await
        .check(health_check_request(service))
        .await?;
    Ok(answer.into_inner().status())
}

fn ports(server: &Server) -> [(u16, &'static [&'static str]); 3] {
    let evaluation: &[&str] = &[
        "flagd.evaluation.v1.Service",
        "flagd.evaluation.v2.Service",
        "schema.v1.Service",
    ];
    let sync: &[&str] = &["flagd.sync.v1.FlagSyncService"];
    [
        (server.port, evaluation),
        (server.management, &[]),
        (server.sync, sync),
    ]
}

#[tokio::test]
async fn each_port_reports_only_its_own_services_as_serving() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let ports = ports(&server);
    for (port, own) in ports {
        for service in own.iter().chain(&ALL) {
            let status = check(port, service).await.expect("a status");
            assert_eq!(status, ServingStatus::Serving, "{service}");
        }
        let others = ports.iter().flat_map(|(_, own)| *own);
        for service in others.filter(|name| !own.contains(name)).chain(&["x"]) {
            let status = check(port, service).await.expect_err("another port's");
            assert_eq!(
                (status.code(), status.message()),
                (Code::NotFound, "unknown service")
            );
        }
    }
}

#[tokio::test]
async fn watch_reports_not_serving_until_flags_are_loaded() {
    let dir = TempDir::new();
    let path = dir.path().join("flags.json");
    let server = server::start(&path).await;
    let mut streams = Vec::new();
    for (port, own) in ports(&server) {
        let service = own.first().unwrap_or(&"");
        let status = check(port, service).await.expect("a status");
        assert_eq!(status, ServingStatus::NotServing, "{service}");
        let mut client = client(port).await;
        let watched = client
            .watch(health_check_request(service))
            .await
            .expect("a stream");
        streams.push(watched.into_inner());
    }
    for (stage, want) in [
        ServingStatus::NotServing,
        ServingStatus::Serving,
        ServingStatus::NotServing,
    ]
    .into_iter()
    .enumerate()
    {
        match stage {
            1 => std::fs::write(&path, FLAGS).expect("a file"),
            2 => server.shutdown.send(true).expect("the server runs"),
            _ => {}
        }
        for stream in &mut streams {
            let told = stream
                .message()
                .await
                .expect("no error")
                .expect("a message");
            assert_eq!(told.status(), want, "stage {stage}");
        }
    }
    for stream in &mut streams {
        assert_eq!(stream.message().await.expect("a clean end"), None);
    }
}

#[tokio::test]
async fn watch_of_unknown_service_reports_service_unknown() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let mut client = client(server.management).await;
    let stream = client.watch(health_check_request("absent")).await;
    let mut stream = stream.expect("a stream").into_inner();
    let told = stream
        .message()
        .await
        .expect("no error")
        .expect("a message");
    assert_eq!(told.status(), ServingStatus::ServiceUnknown);
    server.shutdown.send(true).expect("the server runs");
    assert_eq!(stream.message().await.expect("a clean end"), None);
}

#[tokio::test]
async fn management_port_serves_probes_and_grpc_health() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let channel = grpc_client::channel_to(server.management).await;
    let mut evaluation = grpc_client::pb::evaluation1::service_client::ServiceClient::new(channel);
    let request = grpc_client::pb::evaluation1::ResolveAllRequest::default();
    let status = evaluation.resolve_all(request).await.expect_err("not here");
    assert_eq!(status.code(), Code::Unimplemented);
    for http in [
        http_client::HttpVersion::Http1,
        http_client::HttpVersion::Http2,
    ] {
        let mut client = http_client::HttpClient::connect(server.management, http).await;
        let get = http::Request::get("http://localhost/readyz").header("host", "localhost");
        let answer = client.send(
            get.body(http_body_util::Full::default())
                .expect("a request"),
        );
        assert_eq!(answer.await.status, 200);
        let path = "/grpc.health.v1.Health/Check";
        let plain = client
            .post(path, &["content-type: application/json"], "{}")
            .await;
        assert_eq!(plain.status, 404);
        // Paths are not normalized.
        let answer = client.post("//healthz", &[], "").await;
        assert_eq!(answer.status, 404);
    }
}
