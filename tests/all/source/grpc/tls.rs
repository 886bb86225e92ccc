//! TLS of the connection to a flag sync service.

use rcgen::CertificateParams;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::KeyPair;
use serde_json::json;

use crate::source::error_kinds::assert_error_kind;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::acceptor;
use crate::support::server::certificates::acceptor_without_alpn;
use crate::support::server::certificates::openssl_req_params;
use crate::support::server::certificates::self_signed;
use crate::support::server::certificates::write_ca_and_acceptor;
use crate::support::server::p521::P521Key;
use crate::support::server::p521::SignatureDigest;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn only_the_configured_ca_is_trusted() {
    let directory = TempDir::new();
    let (ca, acceptor) = write_ca_and_acceptor(directory.path());
    let upstream = start_grpc_upstream(&document("a")).await;
    let port = tls_proxy(upstream.server.sync, acceptor).await;
    let secured = json!({"tls": true, "certPath": ca});
    let followed = subscribe(&format!("localhost:{port}"), &secured);
    followed.wait_for_variant("a").await;
    upstream.write(&document("b"));
    followed.wait_for_variant("b").await;

    // The certificate is for another name, and its authority is not trusted by the system.
    let followed = subscribe(&format!("127.0.0.1:{port}"), &secured);
    followed.wait_for_error(0, "certificate").await;
    let other = TempDir::new();
    let (unrelated, _) = write_ca_and_acceptor(other.path());
    let followed = subscribe(
        &format!("localhost:{port}"),
        &json!({"tls": true, "certPath": unrelated}),
    );
    followed.wait_for_error(0, "certificate").await;
    let missing = json!({"tls": true, "certPath": "/nowhere/ca.pem"});
    let followed = subscribe(&format!("localhost:{port}"), &missing);
    followed
        .wait_for_error(0, "unable to read file /nowhere/ca.pem")
        .await;
}

#[tokio::test]
async fn server_certificates_that_go_accepts_are_trusted() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let check = async |ca: &str, identity: &(String, String)| {
        let directory = TempDir::new();
        let ca = directory.write("ca.pem", ca);
        let port = tls_proxy(upstream.server.sync, acceptor(identity)).await;
        let secured = json!({"tls": true, "certPath": ca});
        let followed = subscribe(&format!("localhost:{port}"), &secured);
        followed.wait_for_variant("a").await;
    };
    let params = openssl_req_params();
    let identity = self_signed(&params);
    check(&identity.0, &identity).await;
    // Among others, and with a usage.
    let mut usage = params.clone();
    usage.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let other = self_signed(&usage);
    check(&format!("{}{}", identity.0, other.0), &other).await;
    // The server's certificate is trusted; the authority that signed it is not.
    let leaf = CertificateAuthority::new().sign("localhost");
    check(&leaf.0, &leaf).await;
    let names = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    for digest in [
        SignatureDigest::Sha256,
        SignatureDigest::Sha384,
        SignatureDigest::Sha512,
    ] {
        let authority = P521Key::new(7, digest);
        let ca = authority.self_signed(&params);
        check(&ca, &authority.sign(&params, &names)).await;
        check(&ca, &(ca.clone(), authority.sec1_pem())).await;
    }
}

#[tokio::test]
async fn trusted_server_certificate_is_verified_when_presented() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let check = async |ca: &str, identity: &(String, String), why: &str| {
        let directory = TempDir::new();
        let ca = directory.write("ca.pem", ca);
        let port = tls_proxy(upstream.server.sync, acceptor(identity)).await;
        let secured = json!({"tls": true, "certPath": ca});
        let followed = subscribe(&format!("localhost:{port}"), &secured);
        followed.wait_for_error(0, why).await;
        assert_error_kind(
            grpc_source_spec(&format!("localhost:{port}"), &secured),
            "tls",
        )
        .await;
    };
    let params = openssl_req_params();
    let identity = self_signed(&params);
    // The name is the same, the certificate is not.
    check(&identity.0, &self_signed(&params), "certificate").await;
    // The certificate is public; the key is not.
    let other_key = KeyPair::generate().expect("a key").serialize_pem();
    check(
        &identity.0,
        &(identity.0.clone(), other_key),
        "BadSignature",
    )
    .await;
    let mut expired = params.clone();
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let server = self_signed(&expired);
    check(&server.0, &server, "expired").await;
    let mut future = params.clone();
    future.not_before = rcgen::date_time_ymd(2090, 1, 1);
    let server = self_signed(&future);
    check(&server.0, &server, "not valid yet").await;
    let mut client_only = params.clone();
    client_only.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let server = self_signed(&client_only);
    check(&server.0, &server, "InvalidPurpose").await;
    let mut elsewhere = params.clone();
    elsewhere.subject_alt_names = CertificateParams::new(vec!["flags.example".to_owned()])
        .expect("a name")
        .subject_alt_names;
    let server = self_signed(&elsewhere);
    check(&server.0, &server, "not valid for name").await;
}

#[tokio::test]
async fn server_without_http2_over_tls_is_an_error() {
    let directory = TempDir::new();
    let identity = self_signed(&openssl_req_params());
    let ca = directory.write("ca.pem", &identity.0);
    let upstream = start_grpc_upstream(&document("a")).await;
    let port = tls_proxy(upstream.server.sync, acceptor_without_alpn(&identity)).await;
    let secured = json!({"tls": true, "certPath": ca});
    let followed = subscribe(&format!("localhost:{port}"), &secured);
    followed
        .wait_for_error(0, "does not offer HTTP/2 over TLS")
        .await;
}

#[tokio::test]
async fn certificate_of_an_untrusted_authority_is_rejected() {
    // A server with `CA:TRUE` that a trusted authority signed.
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let ca = directory.write("ca.pem", &authority.pem);
    let key = KeyPair::generate().expect("a key");
    let made = openssl_req_params().signed_by(&key, &authority.issuer);
    let identity = (made.expect("a certificate").pem(), key.serialize_pem());
    let upstream = start_grpc_upstream(&document("a")).await;
    let port = tls_proxy(upstream.server.sync, acceptor(&identity)).await;
    let secured = json!({"tls": true, "certPath": ca});
    let followed = subscribe(&format!("localhost:{port}"), &secured);
    followed.wait_for_error(0, "CaUsedAsEndEntity").await;
}
