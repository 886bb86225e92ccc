//! TLS on the ports: certificates, client certificates and their renewal.

pub mod client_certificates;
pub mod collector;
pub mod keys;

use std::sync::Arc;
use std::time::Duration;

use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::serve::listen::tls::TlsPaths;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::connect_tls;
use crate::support::server::certificates::serve_tls;
use crate::support::server::certificates::serve_tls_config;
use crate::support::server::certificates::write_certificate;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::write_file;
use crate::support::wait::DEADLINE;

#[tokio::test]
async fn tls_is_used_on_evaluation_sync_and_ofrep_ports() {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let paths = write_certificate(directory.path(), &authority);
    let server = serve_tls(directory.path(), paths).await;
    let connector = authority.client(None);
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = connect_tls(&connector, server.port, version)
            .await
            .expect("TLS");
        assert_eq!(
            client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await.json()["value"],
            true
        );
        let mut client = connect_tls(&connector, server.ofrep, version)
            .await
            .expect("TLS");
        let answer = client.post("/ofrep/v1/evaluate/flags/f", &[], "").await;
        assert_eq!(answer.json()["value"], true);
    }
    // The management port has no TLS: the kubelet's probes have no certificates.
    let mut client = HttpClient::connect(server.management, HttpVersion::Http1).await;
    assert_eq!(client.post("/healthz", &[], "").await.status, 200);
    let mut client = connect_tls(&connector, server.sync, HttpVersion::Http2)
        .await
        .expect("TLS");
    let path = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let answer = client
        .post(
            path,
            &["content-type: application/grpc"],
            &b"\0\0\0\0\0"[..],
        )
        .await;
    assert!(String::from_utf8_lossy(&answer.body).contains(r#"{"flags":{"f":"#));
}

#[tokio::test]
async fn plain_http_request_to_tls_port_gets_400() {
    let directory = TempDir::new();
    let paths = write_certificate(directory.path(), &CertificateAuthority::new());
    let server = serve_tls(directory.path(), paths).await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .expect("a connection");
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    let want = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    assert_eq!(answer, want);
}

#[tokio::test]
async fn client_certificate_is_required_with_client_ca() {
    let directory = TempDir::new();
    let (ours, theirs) = (CertificateAuthority::new(), CertificateAuthority::new());
    let paths = TlsPaths {
        client_ca: Some(directory.write("ca.pem", &theirs.pem)),
        ..write_certificate(directory.path(), &ours)
    };
    let server = serve_tls(directory.path(), paths).await;
    let known = ours.client(Some(theirs.sign("app")));
    let mut client = connect_tls(&known, server.port, HttpVersion::Http2)
        .await
        .expect("TLS");
    assert_eq!(
        client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await.json()["value"],
        true
    );
    for identity in [None, Some(ours.sign("app"))] {
        let stranger = ours.client(identity);
        let socket = TcpStream::connect(("127.0.0.1", server.port))
            .await
            .expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let mut refused = String::new();
        // In TLS 1.3 a client receives the rejection with its first read.
        let read = match stranger.connect(name, socket).await {
            Ok(mut stream) => stream.read_to_string(&mut refused).await,
            Err(error) => Err(error),
        };
        let error = read.expect_err("no answer").to_string();
        assert!(
            error.contains("alert") && refused.is_empty(),
            "{error} {refused}"
        );
    }
}

#[tokio::test]
async fn renewed_certificate_applies_to_new_connections_only() {
    let directory = TempDir::new();
    let (old, new) = (CertificateAuthority::new(), CertificateAuthority::new());
    let paths = write_certificate(directory.path(), &old);
    // Certificates are reloaded with every connection.
    let tls = Arc::new(
        ReloadableTlsConfig::load_with_interval(paths, Duration::ZERO).expect("certificates"),
    );
    let server = serve_tls_config(directory.path(), tls.clone()).await;
    let connect_as = async |who: &CertificateAuthority| {
        connect_tls(&who.client(None), server.port, HttpVersion::Http2)
            .await
            .ok()
    };
    let mut open = connect_as(&old).await.expect("TLS");
    let stream = tokio::spawn(async move {
        let path = "/flagd.evaluation.v1.Service/EventStream";
        let content = ["content-type: application/connect+json"];
        open.post(path, &content, &b"\0\0\0\0\x02{}"[..]).await
    });
    // A certificate that does not match the key is not used.
    directory.write("cert.pem", &new.sign("localhost").0);
    let end = tokio::time::Instant::now() + DEADLINE;
    // A read during the write may fail with another error first.
    let unfit = |trouble: String| trouble.contains("cannot use certificate");
    while !tls.last_error().is_some_and(unfit) {
        assert!(connect_as(&old).await.is_some());
        let (now, seen) = (tokio::time::Instant::now(), tls.last_error());
        assert!(now < end, "the certificate was never reloaded: {seen:?}");
    }
    assert!(connect_as(&old).await.is_some());
    write_certificate(directory.path(), &new);
    while connect_as(&new).await.is_none() {
        assert!(
            tokio::time::Instant::now() < end,
            "the new certificate was never used"
        );
    }
    assert_eq!(tls.last_error(), None);
    assert!(connect_as(&old).await.is_none());
    assert!(!stream.is_finished());
    server.shutdown.send(true).expect("the server runs");
    let body = stream.await.expect("no panic").body;
    assert!(String::from_utf8_lossy(&body).contains("provider_shutdown"));
}

#[test]
fn private_keys_are_not_printed() {
    let directory = TempDir::new();
    let paths = write_certificate(directory.path(), &CertificateAuthority::new());
    let key = std::fs::read_to_string(&paths.key).expect("a key");
    let shown = format!(
        "{:?}",
        ReloadableTlsConfig::load(paths).expect("certificates")
    );
    let secret = key.lines().nth(1).expect("a line of the key");
    let bytes = format!("{:?}", &key.as_bytes()[..32]);
    assert!(!shown.contains(secret) && !shown.contains(bytes.trim_matches(['[', ']'])));
}

#[test]
fn invalid_certificate_errors_name_the_path() {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let good = write_certificate(directory.path(), &authority);
    let check = |paths: TlsPaths, part: &str| {
        let error = ReloadableTlsConfig::load(paths).map(drop).unwrap_err();
        assert!(error.contains(part), "{error}");
    };
    let missing = || directory.path().join("missing.pem");
    check(
        TlsPaths {
            certificate: missing(),
            ..good.clone()
        },
        "missing.pem: No such file",
    );
    check(
        TlsPaths {
            key: missing(),
            ..good.clone()
        },
        "missing.pem: No such file",
    );
    let empty = directory.write("empty.pem", "");
    check(
        TlsPaths {
            certificate: empty,
            ..good.clone()
        },
        "no certificate found",
    );
    let other = write_file(
        directory.path(),
        "other.pem",
        &authority.sign("localhost").1,
    );
    check(TlsPaths { key: other, ..good }, "cannot use certificate");
}

#[tokio::test]
async fn expired_certificate_is_logged_and_its_time_is_a_metric() {
    let directory = TempDir::new();
    let (certificate, key) = CertificateAuthority::new().sign_expired("localhost");
    directory.write("cert.pem", certificate);
    directory.write("key.pem", key);
    directory.write("flags.json", ONE_FLAG);
    let options = [
        "--uri",
        "file:flags.json",
        "--server-cert-path",
        "cert.pem",
        "--server-key-path",
        "key.pem",
    ];
    let daemon = Daemon::spawn_without_ports(daemon::command(directory.path(), &options));
    let line = daemon.wait_for_log(|line| line["level"] == "ERROR");
    assert_eq!(
        (&line["message"], &line["certificate"]),
        (
            &"the TLS certificate has expired; clients refuse it".into(),
            &"cert.pem".into()
        )
    );
    // 2020-01-01.
    assert_eq!(line["expiry_timestamp"], 1_577_836_800);
    let management = daemon.listening_port("management");
    daemon.wait_for_reload();
    let scrape = prometheus::scrape_port(management).await;
    let expiry = scrape.sum("fanion_tls_certificate_expiry_timestamp_seconds", &[]);
    assert!((expiry - 1_577_836_800.0).abs() < 0.5, "{expiry}");
}
