//! Endpoints and credentials for Azure Blob Storage.

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::object_source::poll_object;

/// `hush` in base64, which a key must be.
const KEY: (&str, &str) = ("AZURE_STORAGE_KEY", "dXNlcjpodXNo");
const ACCOUNT: (&str, &str) = ("AZURE_STORAGE_ACCOUNT", "account");

fn uri(upstream: &HttpUpstream) -> String {
    let port = upstream.port;
    format!("azblob://container/path/flags.json?protocol=http&domain=127.0.0.1:{port}")
}

#[tokio::test]
async fn account_key_signs_the_request() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_object(&uri(&upstream), &[ACCOUNT, KEY]);
    followed.wait_for_variant("a").await;
    let request = upstream.requests().remove(0);
    // The account is in the path, as for the local emulator.
    assert_eq!(request.path, "/account/container/path/flags.json");
    let authorization = request.header("authorization");
    assert!(
        authorization.starts_with("SharedKey account:"),
        "{authorization}"
    );
    assert_eq!(followed.watch.statuses[0].kind, "azblob");
}

#[tokio::test]
async fn account_in_the_uri_comes_before_the_environment() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let uri = format!("{}&storage_account=other", uri(&upstream));
    poll_object(&uri, &[ACCOUNT, KEY])
        .wait_for_variant("a")
        .await;
    let path = upstream.requests().remove(0).path;
    assert_eq!(path, "/other/container/path/flags.json");
}

#[tokio::test]
async fn access_signature_is_sent_but_not_shown() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let token = ("AZURE_STORAGE_SAS_TOKEN", "?sv=2024-01-01&sig=hush%3D");
    let followed = poll_object(&uri(&upstream), &[ACCOUNT, token]);
    followed.wait_for_variant("a").await;
    let path = upstream.requests().remove(0).path;
    assert!(
        path.ends_with("/flags.json?sv=2024-01-01&sig=hush%3D"),
        "{path}"
    );
    upstream.set_handler(|_| {
        http_response(
            "403 Forbidden",
            &["x-ms-error-code: AuthorizationPermissionMismatch"],
            "hush",
        )
    });
    let want = "the credentials need the role `Storage Blob Data Reader` (403 AuthorizationPermissionMismatch)";
    followed.wait_for_error(0, want).await;
}

#[tokio::test]
async fn connection_string_names_account_key_and_endpoint() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let text = format!(
        "DefaultEndpointsProtocol=https;AccountName=named;AccountKey={};BlobEndpoint={}",
        KEY.1,
        upstream.url("/named")
    );
    for name in [
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGEBLOB_CONNECTIONSTRING",
    ] {
        poll_object("azblob://container/flags.json", &[(name, &text)])
            .wait_for_variant("a")
            .await;
    }
    let path = upstream.requests().remove(0).path;
    assert_eq!(path, "/named/container/flags.json");
}

#[tokio::test]
async fn missing_container_and_missing_blob_are_distinguished() {
    let upstream = HttpUpstream::start(|_| {
        http_response("404 Not Found", &["x-ms-error-code: ContainerNotFound"], "")
    })
    .await;
    let followed = poll_object(&uri(&upstream), &[ACCOUNT, KEY]);
    followed
        .wait_for_error(0, "the container `container` does not exist")
        .await;
    upstream
        .set_handler(|_| http_response("404 Not Found", &["x-ms-error-code: BlobNotFound"], ""));
    followed
        .wait_for_error(
            0,
            "the container `container` has no object `path/flags.json`",
        )
        .await;
}

#[tokio::test]
async fn missing_account_is_named() {
    let followed = poll_object("azblob://container/flags.json", &[KEY]);
    followed
        .wait_for_error(
            0,
            "the storage account is missing: set AZURE_STORAGE_ACCOUNT",
        )
        .await;
}

#[tokio::test]
async fn managed_identity_is_asked_for_a_token() {
    let upstream = HttpUpstream::start(|request| {
        if request.path.starts_with("/token") {
            let body =
                r#"{"access_token": "hush-1", "expires_on": "4102444800", "token_type": "Bearer"}"#;
            return http_response("200 OK", &[], body);
        }
        document_response("a")
    })
    .await;
    let endpoint = ("IDENTITY_ENDPOINT", &*upstream.url("/token"));
    poll_object(&uri(&upstream), &[ACCOUNT, endpoint])
        .wait_for_variant("a")
        .await;
    let requests = upstream.requests();
    assert_eq!(requests[1].header("authorization"), "Bearer hush-1");
    let body = r#"{"error": "invalid_request", "error_description": "hush"}"#;
    upstream.set_handler(move |_| http_response("400 Bad Request", &[], body));
    let refused = poll_object(&uri(&upstream), &[ACCOUNT, endpoint]);
    let want = "no credentials from 127.0.0.1: 400 Bad Request invalid_request";
    refused.wait_for_error(0, want).await;
}
