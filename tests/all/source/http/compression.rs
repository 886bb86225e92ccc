//! Compressed responses of an HTTP source.

use std::io::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::server::rpc::gzip;
use crate::support::sources::document;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::binary_response;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::http_upstream::poll_url;
use crate::support::sources::settings;

/// A document in gzip with this header.
fn compressed(variant: &str, encoding: &str) -> Reply {
    let encoding = format!("content-encoding: {encoding}");
    binary_response(
        &[&encoding, "content-type: application/json"],
        &gzip(document(variant).as_bytes()),
    )
}

#[tokio::test]
async fn gzip_is_accepted_and_decoded() {
    for encoding in ["gzip", "x-gzip", "GZIP", "identity, gzip", "gzip,"] {
        let upstream = HttpUpstream::start(move |_| compressed("a", encoding)).await;
        let followed = poll_url(&upstream.url("/flags"), &json!({}));
        followed.wait_for_variant("a").await;
        assert_eq!(upstream.requests()[0].header("accept-encoding"), "gzip");
    }
    for headers in [
        &["content-encoding: identity"][..],
        &["content-encoding: "],
        &[],
    ] {
        let upstream =
            HttpUpstream::start(move |_| http_response("200 OK", headers, &document("a"))).await;
        let followed = poll_url(&upstream.url("/flags.json"), &json!({}));
        followed.wait_for_variant("a").await;
    }
    // Several members, as `cat` makes of several files.
    let text = document("a");
    let (start, end) = text.split_at(20);
    let members = [gzip(start.as_bytes()), gzip(end.as_bytes())].concat();
    let upstream =
        HttpUpstream::start(move |_| binary_response(&["content-encoding: gzip"], &members)).await;
    let followed = poll_url(&upstream.url("/flags.json"), &json!({}));
    followed.wait_for_variant("a").await;
}

#[tokio::test]
async fn configured_accept_encoding_is_sent_and_gzip_decoded() {
    let upstream = HttpUpstream::start(|_| compressed("a", "gzip")).await;
    let headers = json!({"headers": {"Accept-Encoding": "gzip;q=0.5"}});
    let followed = poll_url(&upstream.url("/flags"), &headers);
    followed.wait_for_variant("a").await;
    assert_eq!(
        upstream.requests()[0].header("accept-encoding"),
        "gzip;q=0.5"
    );
}

#[tokio::test]
async fn etag_of_a_compressed_document_is_sent_back() {
    let upstream = HttpUpstream::start(|request: &ReceivedRequest| {
        if request.header("if-none-match") == "W/\"1\"" {
            return http_response("304 Not Modified", &["content-encoding: gzip"], "");
        }
        let headers = [
            "content-encoding: gzip",
            "etag: W/\"1\"",
            "content-type: application/json",
        ];
        binary_response(&headers, &gzip(document("a").as_bytes()))
    })
    .await;
    let followed = poll_url(&upstream.url("/flags"), &json!({}));
    followed.wait_for_variant("a").await;
    upstream.wait_for_requests(3).await;
    assert_eq!(
        upstream
            .requests()
            .last()
            .expect("one")
            .header("if-none-match"),
        "W/\"1\""
    );
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn invalid_encodings_keep_the_flags_and_name_the_reason() {
    let whole = gzip(document("b").as_bytes());
    let truncated = whole[..whole.len() - 12].to_vec();
    let mut damaged = whole.clone();
    damaged[whole.len() - 6] ^= 1;
    let plain = document("b").into_bytes();
    for (encoding, body, why) in [
        (
            "br",
            &whole,
            "unsupported content encoding `br`: gzip is supported",
        ),
        ("deflate", &whole, "unsupported content encoding `deflate`"),
        (
            "gzip, gzip",
            &whole,
            "unsupported content encoding `gzip, gzip`",
        ),
        ("gzip", &truncated, "cannot decompress the response"),
        ("gzip", &damaged, "cannot decompress the response"),
        ("gzip", &plain, "cannot decompress the response"),
        ("gzip", &Vec::new(), "the response is empty"),
    ] {
        let upstream = HttpUpstream::start(|_| document_response("a")).await;
        let followed = poll_url(&upstream.url("/flags.json"), &json!({}));
        followed.wait_for_variant("a").await;
        let (encoding, body) = (format!("content-encoding: {encoding}"), body.clone());
        upstream.set_handler(move |_| binary_response(&[&encoding], &body));
        followed.wait_for_error(0, why).await;
        assert_eq!(followed.variant("f"), "a");
        upstream.set_handler(|_| compressed("c", "gzip"));
        followed.wait_for_variant("c").await;
    }
}

#[tokio::test]
async fn size_limit_applies_after_decompression() {
    // 64 MiB and one byte of spaces before the document, in 64 KiB.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b' '; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&block).expect("written");
    }
    encoder.write_all(b" ").expect("written");
    let bomb = encoder.finish().expect("written");
    assert!(bomb.len() < 1 << 20);
    let upstream =
        HttpUpstream::start(move |_| binary_response(&["content-encoding: gzip"], &bomb)).await;
    let mut spec =
        crate::support::sources::http_source_spec(&upstream.url("/flags.json"), &json!({}));
    if let fanion::source::spec::SourceKind::Http(http) = &mut spec.kind {
        http.timeout = crate::support::wait::DEADLINE;
    }
    let followed = crate::support::sources::start_sources(&[spec], &settings());
    followed
        .wait_for_error(0, "larger than 67108864 bytes")
        .await;
}

#[tokio::test]
async fn compressed_token_responses_are_decoded() {
    let count = AtomicUsize::new(0);
    let upstream =
        HttpUpstream::start(
            move |request: &ReceivedRequest| match request.path.as_str() {
                "/token" if request.header("accept-encoding") != "gzip" => {
                    http_response("400 Bad Request", &[], "")
                }
                "/token" if count.fetch_add(1, Ordering::SeqCst) == 0 => {
                    binary_response(&["content-encoding: gzip"], &gzip(&vec![b' '; 65_537]))
                }
                "/token" => {
                    let token =
                        json!({"access_token": "hush-1", "token_type": "bearer"}).to_string();
                    binary_response(&["content-encoding: gzip"], &gzip(token.as_bytes()))
                }
                _ if request.header("authorization") == "Bearer hush-1" => compressed("a", "gzip"),
                _ => http_response("401 Unauthorized", &[], ""),
            },
        )
        .await;
    let oauth =
        json!({"clientID": "me", "clientSecret": "hush", "tokenUrl": upstream.url("/token")});
    let followed = poll_url(&upstream.url("/flags"), &json!({"oauth": oauth}));
    // The first response is above the limit after decompression.
    followed.wait_for_variant("a").await;
    assert_eq!(followed.state(0).failed, 1);
}
