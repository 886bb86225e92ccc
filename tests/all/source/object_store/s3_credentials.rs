//! Credentials for S3: where they are found, and when they are loaded again.

use std::path::Path;

use serde_json::json;

use crate::support::sources::RunningSources;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::object_source::S3_KEYS;
use crate::support::sources::object_source::poll_object;
use crate::support::sources::object_source::s3_uri;

/// Serves the object only to this access key.
fn for_key(request: &ReceivedRequest, key: &str) -> Reply {
    let credential = format!("Credential={key}/");
    if request.header("authorization").contains(&credential) {
        return document_response("a");
    }
    let body = "<Error><Code>InvalidAccessKeyId</Code></Error>";
    http_response("403 Forbidden", &[], body)
}

fn path_of(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn profile(key: &str) -> String {
    format!(
        "[default]\naws_access_key_id = OTHER\naws_secret_access_key = hush\n[ team ]\n# aws_access_key_id = COMMENT\naws_access_key_id={key}\naws_secret_access_key = hush=1\naws_session_token = hush-token\n"
    )
}

#[tokio::test]
async fn keys_of_the_environment_sign_the_request() {
    let upstream = HttpUpstream::start(|request| for_key(request, "ID-1")).await;
    let token = ("AWS_SESSION_TOKEN", "hush-token");
    let followed = poll_object(&s3_uri(&upstream), &[S3_KEYS[0], S3_KEYS[1], token]);
    followed.wait_for_variant("a").await;
    let request = upstream.requests().remove(0);
    let authorization = request.header("authorization");
    assert!(
        authorization.contains("/eu-west-1/s3/aws4_request"),
        "{authorization}"
    );
    assert_eq!(request.header("x-amz-security-token"), "hush-token");
}

#[tokio::test]
async fn anonymous_request_is_not_signed() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let uri = format!("{}&anonymous=true", s3_uri(&upstream));
    poll_object(&uri, &S3_KEYS).wait_for_variant("a").await;
    assert_eq!(upstream.requests()[0].header("authorization"), "");
}

#[tokio::test]
async fn replaced_keys_of_a_profile_are_used_without_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("credentials");
    std::fs::write(&file, profile("ID-1")).expect("written");
    let upstream = HttpUpstream::start(|request| for_key(request, "ID-1")).await;
    let variables = [
        ("AWS_SHARED_CREDENTIALS_FILE", path_of(&file)),
        ("AWS_PROFILE", "team"),
    ];
    let followed = poll_object(&s3_uri(&upstream), &variables);
    followed.wait_for_variant("a").await;
    let request = upstream.requests().remove(0);
    assert_eq!(request.header("x-amz-security-token"), "hush-token");
    std::fs::write(&file, profile("ID-2")).expect("written");
    upstream.set_handler(|request| for_key(request, "ID-2"));
    upstream.wait_for_requests(4).await;
    let state = followed.state(0);
    assert_eq!((state.failed, state.failing_since), (0, None), "{state:?}");
}

#[tokio::test]
async fn profile_in_the_uri_comes_before_the_environment() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("config");
    let text = profile("ID-2").replace("[ team ]", "[profile team]");
    std::fs::write(&file, text).expect("written");
    let upstream = HttpUpstream::start(|request| for_key(request, "ID-2")).await;
    let variables = [S3_KEYS[0], S3_KEYS[1], ("AWS_CONFIG_FILE", path_of(&file))];
    let uri = format!("{}&profile=team", s3_uri(&upstream));
    poll_object(&uri, &variables).wait_for_variant("a").await;
    let missing = poll_object(&uri.replace("=team", "=nobody"), &variables);
    let want = "the profile `nobody` has no aws_access_key_id with aws_secret_access_key";
    missing.wait_for_error(0, want).await;
}

#[tokio::test]
async fn unsupported_profile_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("config");
    std::fs::write(&file, "[profile sso]\nsso_session = my\n").expect("written");
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let variables = [("AWS_CONFIG_FILE", path_of(&file)), ("AWS_PROFILE", "sso")];
    let followed = poll_object(&s3_uri(&upstream), &variables);
    let want = "the profile `sso` has `sso_session`, which is not supported";
    followed.wait_for_error(0, want).await;
    // It does not matter if there are others.
    let others = [variables[0], variables[1], S3_KEYS[0], S3_KEYS[1]];
    let followed = poll_object(&s3_uri(&upstream), &others);
    followed.wait_for_variant("a").await;
}

/// Starts a source whose credentials come from `upstream`, and checks the key of its first request.
async fn check_service(variables: &[(&str, &str)], upstream: &HttpUpstream) -> RunningSources {
    let followed = poll_object(&s3_uri(upstream), variables);
    followed.wait_for_variant("a").await;
    followed
}

fn service_credentials(request: &ReceivedRequest) -> Reply {
    let keys = json!({"AccessKeyId": "ID-1", "SecretAccessKey": "hush", "Token": "hush-token", "Expiration": "2099-01-01T00:00:00Z", "Code": "Success", "LastUpdated": "2026-01-01T00:00:00Z", "Type": "AWS-HMAC"});
    match request.path.as_str() {
        "/latest/api/token" => http_response("200 OK", &[], "hush-session"),
        "/latest/meta-data/iam/security-credentials/" => http_response("200 OK", &[], "role"),
        "/latest/meta-data/iam/security-credentials/role" | "/container" => {
            http_response("200 OK", &[], &keys.to_string())
        }
        path if path.starts_with("/?Action=AssumeRoleWithWebIdentity") => {
            let body = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><SessionToken>hush</SessionToken><SecretAccessKey>hush</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration><AccessKeyId>ID-1</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
            http_response("200 OK", &[], body)
        }
        _ => for_key(request, "ID-1"),
    }
}

#[tokio::test]
async fn container_gives_credentials_for_a_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, "hush-pod").expect("written");
    let upstream = HttpUpstream::start(service_credentials).await;
    let variables = [
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &*upstream.url("/container"),
        ),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path_of(&file)),
    ];
    check_service(&variables, &upstream).await;
    assert_eq!(upstream.requests()[0].header("authorization"), "hush-pod");
}

#[tokio::test]
async fn web_identity_is_exchanged_and_its_token_read_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, "hush-jwt-1").expect("written");
    let upstream = HttpUpstream::start(service_credentials).await;
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", path_of(&file)),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_ENDPOINT_URL_STS", &*upstream.url("")),
    ];
    let followed = check_service(&variables, &upstream).await;
    assert!(
        upstream.requests()[0]
            .path
            .contains("WebIdentityToken=hush-jwt-1")
    );
    std::fs::write(&file, "hush-jwt-2").expect("written");
    upstream.set_handler(|request| {
        if request.path.contains("hush-jwt-2") {
            service_credentials(request)
        } else {
            for_key(request, "NEVER")
        }
    });
    followed.wait_for_error(0, "(403 InvalidAccessKeyId)").await;
    let requests = upstream.requests();
    assert!(
        requests
            .iter()
            .any(|request| request.path.contains("hush-jwt-2"))
    );
}

#[tokio::test]
async fn expired_web_identity_is_named_by_its_code() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, "hush-jwt").expect("written");
    let body = "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>hush</Message></Error></ErrorResponse>";
    let upstream = HttpUpstream::start(move |_| http_response("400 Bad Request", &[], body)).await;
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", path_of(&file)),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_ENDPOINT_URL_STS", &*upstream.url("")),
    ];
    let followed = poll_object(&s3_uri(&upstream), &variables);
    let want = "no credentials from 127.0.0.1: 400 Bad Request ExpiredTokenException";
    followed.wait_for_error(0, want).await;
}

#[tokio::test]
async fn instance_gives_credentials_for_a_session() {
    let upstream = HttpUpstream::start(service_credentials).await;
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*upstream.url(""))];
    check_service(&variables, &upstream).await;
    assert_eq!(upstream.requests()[0].path, "/latest/api/token");
}

#[tokio::test]
async fn missing_credentials_are_reported_with_the_service() {
    let upstream = HttpUpstream::start(|_| http_response("404 Not Found", &[], "")).await;
    let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*upstream.url(""))];
    let followed = poll_object(&s3_uri(&upstream), &variables);
    let want = "no credentials from 127.0.0.1: 404 Not Found";
    followed.wait_for_error(0, want).await;
    let disabled = [("AWS_EC2_METADATA_DISABLED", "true")];
    let followed = poll_object(&s3_uri(&upstream), &disabled);
    let want = "there are no credentials: set AWS_ACCESS_KEY_ID";
    followed.wait_for_error(0, want).await;
}
