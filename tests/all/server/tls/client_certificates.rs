//! Client certificates that Go accepts with `--client-ca-path`.

use std::io;

use fanion::serve::listen::tls::TlsPaths;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::KeyPair;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::openssl_req_params;
use crate::support::server::certificates::self_signed;
use crate::support::server::certificates::serve_tls;
use crate::support::server::certificates::source_client;
use crate::support::server::certificates::write_certificate;
use crate::support::server::p521::P521Key;
use crate::support::server::p521::SignatureDigest;
use crate::support::temp_dir::TempDir;

/// Sends a request with a client certificate and key to a server with this `--client-ca-path`.
async fn request(client_ca: &str, identity: &(String, String)) -> io::Result<String> {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let server_ca = directory.write("server-ca.pem", &authority.pem);
    let paths = TlsPaths {
        client_ca: Some(directory.write("client-ca.pem", client_ca)),
        ..write_certificate(directory.path(), &authority)
    };
    let server = serve_tls(directory.path(), paths).await;
    let connector = source_client(&server_ca, Some(identity));
    let socket = TcpStream::connect(("127.0.0.1", server.port)).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = connector.connect(name, socket).await?;
    let head = b"GET /unknown HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(head).await?;
    // In TLS 1.3 a client receives the rejection with its first read.
    let mut response = vec![0; 12];
    stream.read_exact(&mut response).await?;
    Ok(String::from_utf8(response).expect("text"))
}

async fn check_accepted(client_ca: &str, identity: &(String, String)) {
    let response = request(client_ca, identity).await.expect("a response");
    assert_eq!(response, "HTTP/1.1 404");
}

async fn check_rejected(client_ca: &str, identity: &(String, String), alert: &str) {
    let error = request(client_ca, identity)
        .await
        .expect_err(alert)
        .to_string();
    assert!(error.contains(alert), "{error}");
}

#[tokio::test]
async fn trusted_certificate_of_an_authority_is_accepted_itself() {
    let params = openssl_req_params();
    let identity = self_signed(&params);
    check_accepted(&identity.0, &identity).await;
    // One of several, without names, as clients have it.
    let mut unnamed = CertificateParams::default();
    unnamed.is_ca = params.is_ca;
    unnamed.distinguished_name.push(DnType::CommonName, "app");
    let client = self_signed(&unnamed);
    check_accepted(&format!("{}{}", identity.0, client.0), &client).await;
    let mut usage = params.clone();
    usage.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    ];
    let client = self_signed(&usage);
    check_accepted(&client.0, &client).await;
    // A certificate that another authority signed is trusted too, if it is configured.
    let client = CertificateAuthority::new().sign("app");
    check_accepted(&client.0, &client).await;
}

#[tokio::test]
async fn trusted_certificate_is_verified_when_presented_itself() {
    let params = openssl_req_params();
    let identity = self_signed(&params);
    // The name is the same, the certificate is not.
    check_rejected(&identity.0, &self_signed(&params), "alert").await;
    // The certificate is public; the key is not.
    let other_key = KeyPair::generate().expect("a key").serialize_pem();
    check_rejected(
        &identity.0,
        &(identity.0.clone(), other_key),
        "DecryptError",
    )
    .await;
    let mut expired = params.clone();
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let client = self_signed(&expired);
    check_rejected(&client.0, &client, "CertificateExpired").await;
    let mut future = params.clone();
    future.not_before = rcgen::date_time_ymd(2090, 1, 1);
    let client = self_signed(&future);
    check_rejected(&client.0, &client, "CertificateExpired").await;
    let mut server_only = params.clone();
    server_only.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let client = self_signed(&server_only);
    check_rejected(&client.0, &client, "UnsupportedCertificate").await;
}

#[tokio::test]
async fn certificates_of_a_p521_authority_are_accepted() {
    let client = CertificateParams::new(vec!["app".to_owned()]).expect("a name");
    for digest in [
        SignatureDigest::Sha256,
        SignatureDigest::Sha384,
        SignatureDigest::Sha512,
    ] {
        let (authority, stranger) = (P521Key::new(7, digest), P521Key::new(8, digest));
        let params = openssl_req_params();
        let ca = authority.self_signed(&params);
        check_accepted(&ca, &authority.sign(&params, &client)).await;
        check_rejected(&ca, &stranger.sign(&params, &client), "alert").await;
        // A client with a key on the curve, which presents its trusted certificate itself.
        check_accepted(&ca, &(ca.clone(), authority.pkcs8_pem())).await;
    }
}
