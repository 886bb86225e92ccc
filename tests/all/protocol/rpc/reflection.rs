//! gRPC server reflection.

use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::Code;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::reflection1 as pb;
use crate::support::server::grpc_client::pb::reflection1::server_reflection_client::ServerReflectionClient;
use crate::support::server::grpc_client::pb::reflection1::server_reflection_request::MessageRequest;
use crate::support::server::grpc_client::pb::reflection1::server_reflection_response::MessageResponse;
use crate::support::server::grpc_client::pb::reflection1alpha as alpha;
use crate::support::server::grpc_client::pb::reflection1alpha::server_reflection_request::MessageRequest as Asked;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;

const FLAGS: &str = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;

fn request(asked: MessageRequest) -> pb::ServerReflectionRequest {
    pb::ServerReflectionRequest {
        host: "h".to_owned(),
        message_request: Some(asked),
    }
}

/// Returns the responses to several requests on one stream.
async fn ask(port: u16, asked: Vec<MessageRequest>) -> Vec<MessageResponse> {
    let mut client = ServerReflectionClient::new(grpc_client::channel_to(port).await);
    let requests: Vec<_> = asked.into_iter().map(request).collect();
    let (sender, questions) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(questions);
    let opened = client.server_reflection_info(stream).await;
    let mut answers = opened.expect("a stream").into_inner();
    let mut out = Vec::new();
    for request in requests {
        sender.send(request.clone()).await.expect("an open stream");
        let answer = answers
            .message()
            .await
            .expect("no error")
            .expect("an answer");
        assert_eq!(answer.original_request.as_ref(), Some(&request));
        assert_eq!(answer.valid_host, "h");
        out.push(answer.message_response.expect("an answer"));
    }
    drop(sender);
    assert_eq!(answers.message().await.expect("a clean end"), None);
    out
}

fn services(answer: &MessageResponse) -> Vec<&str> {
    let MessageResponse::ListServicesResponse(list) = answer else {
        panic!("no list: {answer:?}");
    };
    list.service.iter().map(|service| &*service.name).collect()
}

fn files(answer: &MessageResponse) -> Vec<String> {
    let MessageResponse::FileDescriptorResponse(files) = answer else {
        panic!("no files: {answer:?}");
    };
    let name = |bytes: &Vec<u8>| FileDescriptorProto::decode(&**bytes).expect("a file").name;
    files
        .file_descriptor_proto
        .iter()
        .filter_map(name)
        .collect()
}

#[tokio::test]
async fn every_port_lists_its_own_services() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let standing = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    let evaluation = [
        "flagd.evaluation.v1.Service",
        "flagd.evaluation.v2.Service",
        "schema.v1.Service",
    ];
    let sync = ["flagd.sync.v1.FlagSyncService"];
    let ports: [(u16, &[&str]); 3] = [
        (server.port, &evaluation),
        (server.sync, &sync),
        (server.management, &[]),
    ];
    for (port, own) in ports {
        let answers = ask(port, vec![MessageRequest::ListServices(String::new())]).await;
        assert_eq!(services(&answers[0]), [own, &standing].concat());
    }
}

#[tokio::test]
async fn file_descriptors_are_found_by_name_and_symbol() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let file = "flagd/evaluation/v1/evaluation.proto";
    let symbol = |name: &str| MessageRequest::FileContainingSymbol(name.to_owned());
    let asked = vec![
        MessageRequest::FileByFilename(file.to_owned()),
        symbol("flagd.evaluation.v1.Service"),
        symbol("flagd.evaluation.v1.Service.ResolveBoolean"),
        symbol("flagd.evaluation.v1.AnyFlag.bool_value"),
        symbol("flagd.evaluation.v1.ResolveAllResponse.FlagsEntry"),
    ];
    for answer in ask(server.port, asked).await {
        assert_eq!(files(&answer), [file, "google/protobuf/struct.proto"]);
    }
    let asked = vec![
        symbol("grpc.health.v1.HealthCheckResponse.SERVING"),
        symbol("google.protobuf.Struct"),
    ];
    let answers = ask(server.port, asked).await;
    assert_eq!(files(&answers[0]), ["grpc/health/v1/health.proto"]);
    assert_eq!(files(&answers[1]), ["google/protobuf/struct.proto"]);
}

#[tokio::test]
async fn unknown_names_return_not_found() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let extension = pb::ExtensionRequest {
        containing_type: "flagd.evaluation.v1.AnyFlag".to_owned(),
        extension_number: 7,
    };
    let asked = vec![
        MessageRequest::FileByFilename("absent.proto".to_owned()),
        MessageRequest::FileContainingSymbol("flagd.evaluation.v1.Absent".to_owned()),
        MessageRequest::FileContainingSymbol("flagd.evaluation.v1.Service.Absent".to_owned()),
        MessageRequest::FileContainingSymbol("flagd.evaluation.v1.AnyFlags".to_owned()),
        MessageRequest::FileContainingExtension(extension),
        MessageRequest::AllExtensionNumbersOfType("absent.Type".to_owned()),
    ];
    for answer in ask(server.port, asked).await {
        let MessageResponse::ErrorResponse(error) = answer else {
            panic!("no error: {answer:?}");
        };
        assert_eq!(error.error_code, 5, "{error:?}");
    }
    let name = "flagd.evaluation.v1.AnyFlag".to_owned();
    let answers = ask(
        server.port,
        vec![MessageRequest::AllExtensionNumbersOfType(name)],
    )
    .await;
    let MessageResponse::AllExtensionNumbersResponse(numbers) = &answers[0] else {
        panic!("no numbers: {answers:?}");
    };
    assert_eq!(numbers.extension_number, Vec::<i32>::new());
}

#[tokio::test]
async fn reflection_v1alpha_is_served() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let channel = grpc_client::channel_to(server.port).await;
    let mut client = alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let request = alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(Asked::ListServices(String::new())),
    };
    let answers = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await;
    let mut answers = answers.expect("a stream").into_inner();
    let answer = answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    let text = format!("{answer:?}");
    assert!(text.contains("schema.v1.Service"), "{text}");
}

#[tokio::test]
async fn too_large_and_empty_requests_are_rejected() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let channel = grpc_client::channel_to(server.port).await;
    let mut client = ServerReflectionClient::new(channel);
    let long = request(MessageRequest::FileByFilename("x".repeat(100_000)));
    let empty = pb::ServerReflectionRequest::default();
    for (question, want) in [
        (long, Code::ResourceExhausted),
        (empty, Code::InvalidArgument),
    ] {
        let answers = client
            .server_reflection_info(tokio_stream::iter([question]))
            .await;
        let mut answers = answers.expect("a stream").into_inner();
        let status = answers.message().await.expect_err("refused");
        assert_eq!(status.code(), want, "{status:?}");
    }
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let json = client
        .post(path, &["content-type: application/json"], "{}")
        .await;
    assert_eq!(json.status, 415);
}
