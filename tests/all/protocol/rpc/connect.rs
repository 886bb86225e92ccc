//! The Connect protocol: errors and end-of-stream frames.

use serde_json::json;

use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::serve_every_type;

#[tokio::test]
async fn connect_protocol_errors_equal_flagds() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    for (headers, body, message) in [
        (
            vec![JSON],
            "",
            "unmarshal message: zero-length payload is not a valid JSON object",
        ),
        (
            vec![JSON],
            "{x",
            "unmarshal message: proto: syntax error (line 1:2): invalid value x",
        ),
        (
            vec![JSON, "connect-protocol-version: 2"],
            "{}",
            "Connect-Protocol-Version must be \"1\": got \"2\"",
        ),
        (
            vec![JSON, "connect-timeout-ms: soon"],
            "{}",
            "parse timeout: strconv.ParseInt: parsing \"soon\": invalid syntax",
        ),
        (
            vec![JSON, "flagd-selector: foo=bar"],
            "{}",
            "invalid selector key \"foo\", valid keys: \"flagSetId\", \"source\"",
        ),
    ] {
        let answer = client.post(&path, &headers, body).await;
        assert_eq!(answer.status, 400, "{message}");
        assert_eq!(
            answer.json(),
            json!({"code": "invalid_argument", "message": message})
        );
    }
    let sound = [
        JSON,
        "connect-protocol-version: 1",
        "connect-timeout-ms: 500",
    ];
    assert_eq!(
        client
            .post(&path, &sound, r#"{"flagKey":"bool"}"#)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn unpaired_surrogates_are_rejected_as_in_protojson() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    for body in [
        r#"{"flagKey":"echo","context":{"k":"Zo\ud83d"}}"#,
        r#"{"flagKey":"echo","context":{"k":"v","unread":"\ude00"}}"#,
        r#"{"flagKey":"echo","context":{"k":"v","\ud83d":1}}"#,
        r#"{"flagKey":"echo\ud83d"}"#,
        r#"{"flagKey":"echo","unknown":["\ud83d\ud83d"]}"#,
    ] {
        for method in ["ResolveString", "ResolveAll"] {
            let path = format!("{EVALUATION_V1}{method}");
            let answer = client.post(&path, &[JSON], body).await;
            assert_eq!(answer.status, 400, "{method} {body}");
            assert_eq!(answer.json()["code"], "invalid_argument", "{method} {body}");
        }
    }
    let pair = r#"{"flagKey":"echo","context":{"k":"v","x":"\ud83d\ude00"}}"#;
    let path = format!("{EVALUATION_V1}ResolveString");
    assert_eq!(client.post(&path, &[JSON], pair).await.status, 200);
}

#[tokio::test]
async fn end_of_stream_frame_ends_a_request() {
    let (server, _dir) = serve_every_type().await;
    let text = |answer: &HttpResponse| String::from_utf8_lossy(&answer.body).into_owned();
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    let web = ["content-type: application/grpc-web"];
    let end = b"\x80\0\0\0\0";
    let answer = client.post(&path, &web, &end[..]).await;
    assert!(text(&answer).contains("grpc-status: 12"), "{answer:?}");
    let whole = [&grpc_frame(b"\x0a\x04bool")[..], end].concat();
    let answer = client.post(&path, &web, whole).await;
    assert!(text(&answer).contains("grpc-status: 0"), "{answer:?}");
    let after = [&end[..], b"x"].concat();
    let answer = client.post(&path, &web, after).await;
    assert!(text(&answer).contains("grpc-status: 13"), "{answer:?}");
    let path = format!("{EVALUATION_V1}EventStream");
    let connect = ["content-type: application/connect+json"];
    let answer = client.post(&path, &connect, &b"\x02\0\0\0\0"[..]).await;
    assert!(text(&answer).contains("unimplemented"), "{answer:?}");
}
