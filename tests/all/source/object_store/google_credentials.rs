//! Endpoints and credentials for Google Cloud Storage.

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::object_source::poll_object;

const URI: &str = "gs://bucket/path/flags.json";

#[tokio::test]
async fn emulator_gets_no_credentials() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let address = format!("127.0.0.1:{}", upstream.port);
    // The file does not exist, and is not read.
    let file = ("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent");
    for host in [address, upstream.url("/")] {
        let variables = [("STORAGE_EMULATOR_HOST", host.as_str()), file];
        poll_object(URI, &variables).wait_for_variant("a").await;
    }
    let request = upstream.requests().remove(0);
    assert_eq!(request.path, "/bucket/path%2Fflags%2Ejson");
    assert_eq!(request.header("authorization"), "");
}

#[tokio::test]
async fn denied_access_names_the_permission_of_google() {
    let body = "<Error><Code>AccessDenied</Code></Error>";
    let upstream = HttpUpstream::start(move |_| http_response("403 Forbidden", &[], body)).await;
    let variables = [("STORAGE_EMULATOR_HOST", &*upstream.url(""))];
    let followed = poll_object(URI, &variables);
    let want = "the credentials need `storage.objects.get` (403 AccessDenied)";
    followed.wait_for_error(0, want).await;
}

#[tokio::test]
async fn unusable_credentials_file_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("key.json");
    let path = file.to_str().expect("UTF-8");
    let variables = [("GOOGLE_APPLICATION_CREDENTIALS", path)];
    let missing = poll_object(URI, &variables);
    missing.wait_for_error(0, "key.json").await;
    std::fs::write(&file, r#"{"type": "external_account", "secret": "hush"}"#).expect("written");
    let unsupported = poll_object(URI, &variables);
    unsupported.wait_for_error(0, "external_account").await;
}
