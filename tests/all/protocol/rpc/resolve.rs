//! One port, three protocols, two codecs, two versions of HTTP.

use std::io::Read as _;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http_body_util::Full;
use prost::Message as _;
use serde_json::Value;
use serde_json::json;
use tonic::Code;

use crate::support::server;
use crate::support::server::Answer;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::Server;
use crate::support::server::pb::evaluation1;
use crate::support::server::pb::evaluation2;
use crate::support::server::pb::schema1;

const FLAGS: &str = r#"
metadata: { flagSetId: all, owner: nobody }
flags:
  bool:   { variants: { "on": true, "off": false }, defaultVariant: "off", metadata: { owner: me, gone: null } }
  string: { variants: { v: "hé\"llo" }, defaultVariant: v }
  int:    { variants: { v: -3.9, huge: 1e300 }, defaultVariant: v }
  huge:   { variants: { v: 1e300 }, defaultVariant: v }
  object: { variants: { v: { a: [1, { b: null }] } }, defaultVariant: v }
  list:   { variants: { v: [1] }, defaultVariant: v }
  "off":  { state: DISABLED, variants: { v: true }, defaultVariant: v }
  none:   { variants: { v: true } }
  broken: { variants: { v: true }, defaultVariant: v, targeting: { no_such: [] } }
  astray: { variants: { v: true }, defaultVariant: v, targeting: elsewhere }
  echo:   { variants: { v: "v", w: "w" }, defaultVariant: w, targeting: { var: k } }
"#;

async fn flags() -> (Server, tempfile::TempDir) {
    server::serve_text("flags.yaml", FLAGS).await
}

const JSON: &str = "content-type: application/json";
const V1: &str = "/flagd.evaluation.v1.Service/";
const V2: &str = "/flagd.evaluation.v2.Service/";
const OLD: &str = "/schema.v1.Service/";

async fn ask(client: &mut Client, path: &str, key: &str) -> Answer {
    client
        .post(path, &[JSON], json!({ "flagKey": key }).to_string())
        .await
}

#[tokio::test]
async fn each_flag_type_has_its_json_encoding() {
    let (server, _dir) = flags().await;
    for version in [Http::One, Http::Two] {
        let mut client = Client::connect(server.port, version).await;
        for (method, key, value) in [
            ("ResolveBoolean", "bool", json!(false)),
            ("ResolveString", "string", json!("hé\"llo")),
            ("ResolveInt", "int", json!("-3")),
            ("ResolveInt", "huge", json!("-9223372036854775808")),
            ("ResolveFloat", "int", json!(-3.9)),
            ("ResolveObject", "object", json!({"a": [1, {"b": null}]})),
        ] {
            for service in [V1, V2, OLD] {
                let answer = ask(&mut client, &format!("{service}{method}"), key).await;
                assert_eq!(answer.status, 200, "{service}{method}");
                assert_eq!(answer.header("content-type"), "application/json");
                let body = answer.json();
                assert_eq!(body["value"], value, "{service}{method}");
                assert_eq!(body["reason"], "STATIC");
                assert_eq!(body["metadata"]["flagSetId"], "all");
            }
        }
        let body = ask(&mut client, &format!("{V1}ResolveBoolean"), "bool")
            .await
            .json();
        assert_eq!(body["metadata"], json!({"flagSetId": "all", "owner": "me"}));
    }
}

#[tokio::test]
async fn errors_have_flagd_codes_messages_and_statuses() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    for (method, key, status, code, message) in [
        (
            "ResolveBoolean",
            "missing",
            404,
            "not_found",
            "Flag not found",
        ),
        (
            "ResolveBoolean",
            "string",
            400,
            "invalid_argument",
            "Type mismatch error",
        ),
        (
            "ResolveObject",
            "list",
            400,
            "invalid_argument",
            "Type mismatch error",
        ),
        (
            "ResolveBoolean",
            "broken",
            500,
            "data_loss",
            "Error parsing input or configuration",
        ),
        ("ResolveBoolean", "astray", 500, "unknown", "General error"),
    ] {
        for service in [V1, V2, OLD] {
            let answer = ask(&mut client, &format!("{service}{method}"), key).await;
            assert_eq!(answer.status, status, "{key}");
            assert_eq!(answer.json(), json!({"code": code, "message": message}));
        }
    }
}

#[tokio::test]
async fn disabled_and_defaultless_flags_follow_each_service_version() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let metadata = json!({"flagSetId": "all", "owner": "nobody"});
    let zero =
        |reason| json!({"value": false, "reason": reason, "variant": "", "metadata": metadata});
    let bare = |reason| json!({"reason": reason, "metadata": metadata});
    let not_found = json!({"code": "not_found", "message": "Flag not found"});
    for (service, key, want) in [
        (OLD, "off", zero("DISABLED")),
        (V1, "off", zero("DISABLED")),
        (V2, "off", bare("DISABLED")),
        (OLD, "none", zero("DEFAULT")),
        (V1, "none", not_found),
        (V2, "none", bare("DEFAULT")),
    ] {
        let answer = ask(&mut client, &format!("{service}ResolveBoolean"), key).await;
        assert_eq!(answer.json(), want, "{service} {key}");
    }
}

#[tokio::test]
async fn grpc_serves_all_three_service_versions() {
    let (server, _dir) = flags().await;
    let channel = server::channel(&server).await;
    let mut v1 = evaluation1::service_client::ServiceClient::new(channel.clone());
    let mut v2 = evaluation2::service_client::ServiceClient::new(channel.clone());
    let mut old = schema1::service_client::ServiceClient::new(channel);
    macro_rules! one {
        ($client:ident, $package:ident, $key:literal) => {
            $client
                .resolve_boolean($package::ResolveBooleanRequest {
                    flag_key: $key.to_owned(),
                    context: None,
                })
                .await
                .map(|answer| {
                    let answer = answer.into_inner();
                    (json!(answer.value), answer.reason, json!(answer.variant))
                })
                .map_err(|status| (status.code(), status.message().to_owned()))
        };
    }
    let answer =
        |value: Value, reason: &str, variant: Value| Ok((value, reason.to_owned(), variant));
    assert_eq!(
        one!(v1, evaluation1, "bool"),
        answer(json!(false), "STATIC", json!("off"))
    );
    assert_eq!(
        one!(v2, evaluation2, "bool"),
        answer(json!(false), "STATIC", json!("off"))
    );
    assert_eq!(
        one!(old, schema1, "bool"),
        answer(json!(false), "STATIC", json!("off"))
    );
    assert_eq!(
        one!(v1, evaluation1, "off"),
        answer(json!(false), "DISABLED", json!(""))
    );
    assert_eq!(
        one!(v2, evaluation2, "off"),
        answer(Value::Null, "DISABLED", Value::Null)
    );
    assert_eq!(
        one!(v2, evaluation2, "none"),
        answer(Value::Null, "DEFAULT", Value::Null)
    );
    let error = |code, text: &str| Err((code, text.to_owned()));
    assert_eq!(
        one!(v1, evaluation1, "none"),
        error(Code::NotFound, "Flag not found")
    );
    assert_eq!(
        one!(v1, evaluation1, "missing"),
        error(Code::NotFound, "Flag not found")
    );
    assert_eq!(
        one!(v1, evaluation1, "string"),
        error(Code::InvalidArgument, "Type mismatch error")
    );
    let text = "Error parsing input or configuration";
    assert_eq!(one!(v1, evaluation1, "broken"), error(Code::DataLoss, text));
    assert_eq!(
        one!(old, schema1, "astray"),
        error(Code::Unknown, "General error")
    );
}

#[tokio::test]
async fn resolve_all_skips_flags_as_flagd_does() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let body = client
        .post(
            &format!("{V1}ResolveAll"),
            &[JSON],
            r#"{"context":{"k":"v"}}"#,
        )
        .await
        .json();
    let flags = body["flags"].as_object().expect("flags");
    let keys: Vec<_> = flags.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "astray", "bool", "broken", "echo", "huge", "int", "object", "off", "string"
        ]
    );
    assert_eq!(flags["echo"]["stringValue"], "v");
    assert_eq!(
        flags["broken"],
        json!({"reason": "ERROR", "variant": "", "boolValue": false,
        "metadata": {"flagSetId": "all", "owner": "nobody"}})
    );
    assert_eq!(flags["off"]["reason"], "DISABLED");
    assert_eq!(body["metadata"], json!({}));
    let old = client
        .post(&format!("{OLD}ResolveAll"), &[JSON], "{}")
        .await
        .json();
    assert_eq!(
        old["flags"]["int"],
        json!({"reason": "STATIC", "variant": "v", "doubleValue": -3.9})
    );
    assert_eq!(old.get("metadata"), None);
    let channel = server::channel(&server).await;
    let mut grpc = evaluation1::service_client::ServiceClient::new(channel);
    let request = evaluation1::ResolveAllRequest { context: None };
    let all = grpc
        .resolve_all(request)
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!(all.flags.len(), keys.len());
    assert_eq!(
        client
            .post(&format!("{V2}ResolveAll"), &[JSON], "{}")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn resolve_all_over_the_step_limit_returns_errors() {
    let rule = json!({"if": [{"==": [{"var": {"cat": ["k", "ey"]}}, 1]}, "yes", "no"]});
    let flag =
        json!({"variants": {"yes": true, "no": false}, "defaultVariant": "no", "targeting": rule});
    let flags: serde_json::Map<_, _> = (0..200).map(|i| (format!("f{i}"), flag.clone())).collect();
    let (server, _dir) =
        server::serve_text("flags.json", &json!({ "flags": flags }).to_string()).await;
    let mut context: serde_json::Map<_, _> =
        (0..70_000).map(|i| (format!("{i}"), json!(0))).collect();
    context.insert("key".to_owned(), json!(1));
    let body = json!({ "context": context }).to_string();
    let mut client = Client::connect(server.port, Http::Two).await;
    let answer = client
        .post(&format!("{V1}ResolveAll"), &[JSON], body.clone())
        .await
        .json();
    let entries = answer["flags"].as_object().expect("flags");
    let of = |variant: &str| {
        entries
            .values()
            .filter(|entry| entry["variant"] == variant)
            .count()
    };
    assert_eq!(
        (of("yes") + of(""), of("no")),
        (200, 0),
        "each is right or an error"
    );
    assert!(of("yes") > 50 && of("") > 0);
    let single = body.replacen('{', "{\"flagKey\":\"f99\",", 1);
    let answer = client
        .post(&format!("{V1}ResolveBoolean"), &[JSON], single)
        .await
        .json();
    assert_eq!(answer["value"], true);
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

#[tokio::test]
async fn every_content_type_returns_the_same_value() {
    let (server, _dir) = flags().await;
    let request = evaluation1::ResolveStringRequest {
        flag_key: "echo".to_owned(),
        context: Some(server::proto_struct(&json!({"k": "v"}))),
    };
    let (proto, text) = (
        request.encode_to_vec(),
        json!({"flag_key": "echo", "context": {"k": "v"}, "x": 1}),
    );
    let text = text.to_string().into_bytes();
    let path = format!("{V1}ResolveString");
    for version in [Http::One, Http::Two] {
        let mut client = Client::connect(server.port, version).await;
        for (kind, body) in [
            ("application/proto", proto.clone()),
            ("application/json; charset=utf-8", text.clone()),
            ("application/grpc-web", framed(&proto)),
            ("application/grpc-web+proto", framed(&proto)),
            ("application/grpc-web+json", framed(&text)),
            ("application/grpc", framed(&proto)),
            ("application/grpc+json", framed(&text)),
        ] {
            let content = format!("content-type: {kind}");
            let answer = client.post(&path, &[&content, "te: trailers"], body).await;
            assert_eq!(answer.status, 200, "{kind}");
            assert_eq!(answer.header("content-type"), kind);
            let (message, rest) = if kind.contains("grpc") {
                let length = u32::from_be_bytes(answer.body[1..5].try_into().expect("a length"));
                answer.body[5..].split_at(usize::try_from(length).expect("a length"))
            } else {
                (&answer.body[..], &[][..])
            };
            let value = if kind.contains("json") {
                serde_json::from_slice::<Value>(message).expect("JSON")["value"].to_string()
            } else {
                let decoded = evaluation1::ResolveStringResponse::decode(message);
                json!(decoded.expect("a message").value).to_string()
            };
            assert_eq!(value, "\"v\"", "{kind}");
            if kind.contains("grpc-web") {
                assert_eq!(rest[0], 0x80);
                assert!(String::from_utf8_lossy(rest).contains("grpc-status: 0\r\n"));
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn gzip_requests_and_responses_are_supported() {
    let many: String = (0..200)
        .map(|i| format!("  flag-{i}: {{ variants: {{ v: true }}, defaultVariant: v }}\n"))
        .collect();
    let (server, _dir) = server::serve_text("flags.yaml", &format!("flags:\n{many}")).await;
    let mut client = Client::connect(server.port, Http::One).await;
    let headers = [JSON, "content-encoding: gzip", "accept-encoding: gzip"];
    let path = format!("{V1}ResolveAll");
    let answer = client.post(&path, &headers, gzip(b"{}")).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .expect("gzip");
    assert!(text.contains("flag-199"));
    // A real gRPC client that compresses and accepts.
    let channel = server::channel(&server).await;
    let encoding = tonic::codec::CompressionEncoding::Gzip;
    let mut grpc = evaluation1::service_client::ServiceClient::new(channel)
        .send_compressed(encoding)
        .accept_compressed(encoding);
    let request = evaluation1::ResolveAllRequest { context: None };
    let all = grpc.resolve_all(request).await.expect("an answer");
    assert_eq!(
        all.metadata()
            .get("grpc-encoding")
            .map(tonic::metadata::MetadataValue::as_bytes),
        Some(&b"gzip"[..])
    );
    assert_eq!(all.into_inner().flags.len(), 200);
    let answer = client
        .post(&path, &[JSON, "content-encoding: br"], "{}")
        .await;
    assert_eq!(answer.status, 501);
    let want = r#"unknown compression "br": supported encodings are gzip"#;
    assert_eq!(
        answer.json(),
        json!({"code": "unimplemented", "message": want})
    );
}

#[tokio::test]
async fn connect_protocol_errors_equal_flagds() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let path = format!("{V1}ResolveBoolean");
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
async fn unknown_path_method_and_content_type_are_rejected() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let answer = client
        .post("/flagd.evaluation.v1.Service/Nothing", &[JSON], "{}")
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (404, "404 page not found\n")
    );
    let get = http::Request::get(format!("http://localhost{V1}ResolveBoolean"));
    let answer = client
        .send(
            get.header("host", "x")
                .body(Full::default())
                .expect("a request"),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "POST")
    );
    // Paths are compared as they are: an escaped letter is another one.
    for path in ["Service%2FResolveBoolean", "Service/Resolve%42oolean"] {
        let path = format!("/flagd.evaluation.v1.{path}");
        let answer = client.post(&path, &[JSON], r#"{"flagKey":"bool"}"#).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for (kind, method, accepts) in [
        ("text/plain", "ResolveBoolean", "application/proto"),
        (
            "application/connect+json",
            "ResolveBoolean",
            "application/json",
        ),
        (
            "application/json",
            "EventStream",
            "application/connect+json",
        ),
        (
            "application/grpc-web-text",
            "ResolveBoolean",
            "application/grpc-web",
        ),
    ] {
        let answer = client
            .post(
                &format!("{V1}{method}"),
                &[&format!("content-type: {kind}")],
                "{}",
            )
            .await;
        assert_eq!(answer.status, 415, "{kind}");
        assert!(answer.header("accept-post").contains(accepts));
    }
    // gRPC clients see a path that leads nowhere as UNIMPLEMENTED.
    let mut grpc = tonic::client::Grpc::new(server::channel(&server).await);
    grpc.ready().await.expect("a connection");
    let codec = tonic_prost::ProstCodec::<
        evaluation1::ResolveAllRequest,
        evaluation1::ResolveAllResponse,
    >::default();
    let path = http::uri::PathAndQuery::from_static("/no.Service/Method");
    let request = tonic::Request::new(evaluation1::ResolveAllRequest { context: None });
    let status = grpc
        .unary(request, path, codec)
        .await
        .expect_err("no such method");
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn body_and_header_sizes_are_bounded() {
    let (server, _dir) = flags().await;
    let path = format!("{V1}ResolveBoolean");
    let message =
        "read first 1000000 bytes of message: exceeded 1000000 byte http.MaxBytesReader limit";
    let want = json!({"code": "resource_exhausted", "message": message});
    let mut client = Client::connect(server.port, Http::Two).await;
    let large = format!(
        r#"{{"flagKey":"bool","context":{{"k":"{}"}}}}"#,
        "x".repeat(1_000_000)
    );
    let answer = client.post(&path, &[JSON], large.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (429, want.clone()));
    // A small body that becomes a large one.
    let headers = [JSON, "content-encoding: gzip"];
    let answer = client.post(&path, &headers, gzip(large.as_bytes())).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (429, want));
    let mut client = Client::connect(server.port, Http::One).await;
    let header = format!("x-large: {}", "x".repeat(1_100_000));
    assert_eq!(client.post(&path, &[JSON, &header], "{}").await.status, 431);
}

#[tokio::test]
async fn unread_context_attributes_are_skipped() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::Two).await;
    let nest = |levels| (0..levels).fold(json!(1), |value, _| json!([value]));
    let path = format!("{V1}ResolveBoolean");
    // Unread, depth does not matter; read, it is bounded.
    for (key, levels, too_deep) in [
        ("bool", 400, false),
        ("echo", 50, false),
        ("echo", 400, true),
    ] {
        let request = evaluation1::ResolveBooleanRequest {
            flag_key: key.to_owned(),
            context: Some(server::proto_struct(&json!({"k": nest(levels)}))),
        };
        let proto = ["content-type: application/proto"];
        let answer = client.post(&path, &proto, request.encode_to_vec()).await;
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(
            body.contains("recursion depth"),
            too_deep,
            "{key} {levels}: {body}"
        );
    }
}

#[tokio::test]
async fn unary_request_must_be_exactly_one_message() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::Two).await;
    let path = format!("{V1}ResolveBoolean");
    let grpc = ["content-type: application/grpc", "te: trailers"];
    for (body, status) in [
        (Vec::new(), "12"),
        (framed(b"").repeat(2), "12"),
        (vec![0, 0, 0, 0, 9, 1], "3"),
        (vec![0, 0], "3"),
        (vec![0, 0, 0, 0, 0, 0], "3"),
        (vec![1, 0, 0, 0, 0], "13"),
        (vec![4, 0, 0, 0, 0], "13"),
        (vec![0x80, 0, 0, 0, 0], "13"),
        (framed(b"\xff"), "3"),
    ] {
        let answer = client.post(&path, &grpc, body.clone()).await;
        assert_eq!(answer.header("grpc-status"), status, "{body:?}");
    }
    let timeout = ["content-type: application/grpc", "grpc-timeout: 1x"];
    let answer = client.post(&path, &timeout, framed(b"")).await;
    assert_eq!(answer.header("grpc-status"), "3");
}

#[tokio::test]
async fn end_of_stream_frame_ends_a_request() {
    let (server, _dir) = flags().await;
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
    let mut client = Client::connect(server.port, Http::One).await;
    let path = format!("{V1}ResolveBoolean");
    let web = ["content-type: application/grpc-web"];
    let end = b"\x80\0\0\0\0";
    let answer = client.post(&path, &web, &end[..]).await;
    assert!(text(&answer).contains("grpc-status: 12"), "{answer:?}");
    let whole = [&framed(b"\x0a\x04bool")[..], end].concat();
    let answer = client.post(&path, &web, whole).await;
    assert!(text(&answer).contains("grpc-status: 0"), "{answer:?}");
    let after = [&end[..], b"x"].concat();
    let answer = client.post(&path, &web, after).await;
    assert!(text(&answer).contains("grpc-status: 13"), "{answer:?}");
    let path = format!("{V1}EventStream");
    let connect = ["content-type: application/connect+json"];
    let answer = client.post(&path, &connect, &b"\x02\0\0\0\0"[..]).await;
    assert!(text(&answer).contains("unimplemented"), "{answer:?}");
}

#[tokio::test]
async fn response_content_type_is_normalized() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::Two).await;
    let path = format!("{V1}ResolveBoolean");
    for (given, repeated) in [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        (
            "application/json;charset=UTF-8",
            "application/json; charset=utf-8",
        ),
        (
            "application/json ; charset=\"utf-8\"",
            "application/json; charset=utf-8",
        ),
    ] {
        let kind = format!("content-type: {given}");
        let answer = client.post(&path, &[&kind], r#"{"flagKey":"bool"}"#).await;
        assert_eq!(answer.header("content-type"), repeated, "{given}");
    }
}

#[tokio::test]
async fn last_duplicate_context_key_wins() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let body = r#"{"flagKey":"echo","context":{"k":"w","k":"v"}}"#;
    let answer = client
        .post(&format!("{V1}ResolveString"), &[JSON], body)
        .await;
    assert_eq!(answer.json()["value"], "v");
}

#[tokio::test]
async fn redundant_response_headers_are_omitted() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::Two).await;
    let path = format!("{V1}ResolveBoolean");
    let grpc = ["content-type: application/grpc", "te: trailers"];
    let answer = client.post(&path, &grpc, framed(b"\x0a\x04bool")).await;
    assert_eq!(answer.header("vary"), "");
    let answer = client.post("/nope", &[JSON], "{}").await;
    assert_eq!(answer.header("x-content-type-options"), "");
    let preflight = http::Request::options(format!("http://localhost{path}"))
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let request = preflight.body(Full::default()).expect("a request");
    let answer = client.send(request).await;
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "HEAD, GET, POST, PUT, PATCH, DELETE"
    );
}

#[tokio::test]
async fn idle_client_is_disconnected() {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    let (server, _dir) = flags().await;
    for begun in ["", "PRI * HTTP/2.0", "POST / HTTP/1.1\r\nHost: x\r\n"] {
        let socket = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await;
        let mut socket = socket.expect("a connection");
        socket.write_all(begun.as_bytes()).await.expect("written");
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(
            crate::support::daemon::DEADLINE,
            socket.read_to_end(&mut rest),
        );
        assert!(ended.await.is_ok(), "after {begun:?} the connection stays");
    }
}

#[tokio::test]
async fn cors_allows_any_origin_by_default() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::One).await;
    let preflight = http::Request::options(format!("http://localhost{V1}ResolveBoolean"))
        .header("host", "localhost")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-grpc-web")
        .body(Full::default());
    let answer = client.send(preflight.expect("a request")).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "content-type,x-grpc-web"
    );
    let headers = [JSON, "origin: https://app.example.com"];
    let answer = client
        .post(&format!("{V1}ResolveBoolean"), &headers, "{}")
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("Grpc-Status")
    );
    assert_eq!(answer.header("vary"), "Origin");
}

#[tokio::test]
async fn selector_filters_by_flag_set_and_source() {
    let list = json!({"flags": [
        {"key": "k", "variants": {"v": "a"}, "defaultVariant": "v", "metadata": {"flagSetId": "a"}},
        {"key": "k", "variants": {"v": "z"}, "defaultVariant": "v", "metadata": {"flagSetId": "z"}},
        {"key": "k", "variants": {"v": "none"}, "defaultVariant": "v"},
    ]});
    let (server, dir) = server::serve_text("flags.json", &list.to_string()).await;
    let source = dir.path().join("flags.json");
    let source = source.to_str().expect("text");
    let mut client = Client::connect(server.port, Http::One).await;
    let path = format!("{V1}ResolveString");
    for (selector, want) in [
        (String::new(), json!("z")),
        ("flagSetId=a".to_owned(), json!("a")),
        ("flagSetId=z".to_owned(), json!("z")),
        ("flagSetId=".to_owned(), json!("none")),
        ("flagSetId=other".to_owned(), Value::Null),
        (source.to_owned(), json!("z")),
        (format!("source={source}"), json!("z")),
        ("source=".to_owned(), Value::Null),
    ] {
        let header = format!("flagd-selector: {selector}");
        let body = r#"{"flagKey":"k"}"#;
        let answer = client.post(&path, &[JSON, &header], body).await.json();
        assert_eq!(answer["value"], want, "{selector}");
        let all = client
            .post(&format!("{V1}ResolveAll"), &[JSON, &header], "{}")
            .await
            .json();
        assert_eq!(all["flags"]["k"]["stringValue"], want, "{selector}");
        if selector == "flagSetId=" {
            assert_eq!(answer["metadata"], json!({}));
        }
        if selector == "source=" {
            assert_eq!(all["metadata"], json!({}));
        }
        if selector == source {
            assert_eq!(
                answer["metadata"],
                json!({"flagSetId": "z", "source": source})
            );
            assert_eq!(all["metadata"], json!({ "source": source }));
            // gRPC says the same.
            let request = evaluation1::ResolveStringRequest {
                flag_key: "k".into(),
                context: None,
            };
            let headers = ["content-type: application/proto", &header];
            let answer = client.post(&path, &headers, request.encode_to_vec()).await;
            let answer = evaluation1::ResolveStringResponse::decode(Bytes::clone(&answer.body));
            let metadata = answer.expect("a message").metadata.expect("metadata");
            assert_eq!(
                metadata,
                server::proto_struct(&json!({"flagSetId": "z", "source": source}))
            );
        }
    }
}

#[tokio::test]
async fn missing_object_value_is_empty_before_evaluation_v2() {
    let (server, _dir) = flags().await;
    let mut client = Client::connect(server.port, Http::Two).await;
    let request = evaluation1::ResolveObjectRequest {
        flag_key: "off".into(),
        context: None,
    };
    for (service, want) in [
        (OLD, Some(prost_types::Struct::default())),
        (V1, Some(prost_types::Struct::default())),
        (V2, None),
    ] {
        let path = format!("{service}ResolveObject");
        let proto = ["content-type: application/proto"];
        let answer = client.post(&path, &proto, request.encode_to_vec()).await;
        let answer = evaluation1::ResolveObjectResponse::decode(answer.body).expect("a message");
        assert_eq!(
            (answer.reason.as_str(), answer.value),
            ("DISABLED", want),
            "{service}"
        );
    }
}
