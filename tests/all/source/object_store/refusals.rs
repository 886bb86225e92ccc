//! Requests that a store refuses: one sentence each, and the last good flags stay.

use std::time::Duration;
use std::time::SystemTime;

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::object_source::S3_KEYS;
use crate::support::sources::object_source::poll_object;
use crate::support::sources::object_source::s3_uri;

fn s3_error(code: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>hush</Message></Error>")
}

/// Checks the error of a source after a response with this status, header and body.
async fn check(status: &'static str, header: &'static str, body: String, want: &str) {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_object(&s3_uri(&upstream), &S3_KEYS);
    followed.wait_for_variant("a").await;
    upstream.set_handler(move |_| http_response(status, &[header], &body));
    followed.wait_for_error(0, want).await;
    assert_eq!(followed.variant("f"), "a");
    upstream.set_handler(|_| document_response("b"));
    followed.wait_for_variant("b").await;
}

#[tokio::test]
async fn missing_bucket_and_missing_object_are_distinguished() {
    let error = s3_error("NoSuchBucket");
    check(
        "404 Not Found",
        "a: b",
        error,
        "the bucket `bucket` does not exist",
    )
    .await;
    let want = "the bucket `bucket` has no object `path/flags.json`";
    check("404 Not Found", "a: b", s3_error("NoSuchKey"), want).await;
    let want = "the bucket `bucket` or its object `path/flags.json` does not exist";
    check("404 Not Found", "a: b", String::new(), want).await;
}

#[tokio::test]
async fn denied_access_names_the_permission() {
    let want = "no permission to read `path/flags.json` in the bucket `bucket`: the credentials need `s3:GetObject` (403 AccessDenied)";
    check("403 Forbidden", "a: b", s3_error("AccessDenied"), want).await;
    let want = "the credentials are not accepted, or have expired (400 ExpiredToken)";
    check("400 Bad Request", "a: b", s3_error("ExpiredToken"), want).await;
}

#[tokio::test]
async fn wrong_clock_is_named_with_its_difference() {
    let want = "the clock of this host is too far from that of the store, which refuses the request: synchronize the clock (403 RequestTimeTooSkewed)";
    check(
        "403 Forbidden",
        "a: b",
        s3_error("RequestTimeTooSkewed"),
        want,
    )
    .await;
    let theirs = SystemTime::now() + Duration::from_secs(1200);
    let header = format!("date: {}", httpdate::fmt_http_date(theirs));
    let header: &'static str = Box::leak(header.into_boxed_str());
    let want = " s behind that of the store";
    check(
        "403 Forbidden",
        header,
        s3_error("RequestTimeTooSkewed"),
        want,
    )
    .await;
    // Azure has one code for all.
    check(
        "403 Forbidden",
        header,
        s3_error("AuthenticationFailed"),
        want,
    )
    .await;
}

#[tokio::test]
async fn bucket_in_another_region_names_that_region() {
    let want =
        "the bucket `bucket` is in the region `us-west-2`: add `region=us-west-2` to the URI";
    let header = "x-amz-bucket-region: us-west-2";
    check(
        "301 Moved Permanently",
        header,
        s3_error("PermanentRedirect"),
        want,
    )
    .await;
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>";
    check("400 Bad Request", "a: b", body.to_owned(), want).await;
}

#[tokio::test]
async fn other_errors_have_status_and_code_without_the_body() {
    let want = "cannot read `path/flags.json` in the bucket `bucket` (503 SlowDown)";
    check("503 Slow Down", "a: b", s3_error("SlowDown"), want).await;
    let want = "cannot read `path/flags.json` in the bucket `bucket` (500)";
    check("500 Oh", "a: b", s3_error("hush <b>"), want).await;
}
