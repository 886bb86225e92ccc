//! What lies below the protocols: TLS, Unix sockets, origins, pings, limits of connections and streams.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fanion::selector::Selector;
use fanion::serve::ServeConfig;
use fanion::serve::connection::ping_enforcement::PingPolicy;
use fanion::serve::http::cors::AllowedOrigins;
use fanion::serve::listen::socket::ListenAddr;
use fanion::serve::listen::socket::Listener;
use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::serve::listen::tls::TlsPaths;
use fanion::wire::context::enrichment::ContextEnrichment;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;

use crate::support::daemon::DEADLINE;
use crate::support::server;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::Server;
use crate::support::server::pb::evaluation1::EventStreamRequest;
use crate::support::server::pb::evaluation1::service_client::ServiceClient;
use crate::support::server::pb::sync1::SyncFlagsRequest;
use crate::support::server::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;

const FLAGS: &str =
    r#"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}"#;
const PATH: &str = "/flagd.evaluation.v1.Service/ResolveBoolean";
const JSON: &str = "content-type: application/json";
const BODY: &str = r#"{"flagKey": "f"}"#;

/// An authority, and certificates signed by it.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Authority { pem, issuer }
    }

    /// A certificate and its key, in PEM.
    fn sign(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// A client that trusts this authority.
    fn client(&self, identity: Option<(String, String)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("PEM");
        roots.add(root).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain =
                    vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                builder
                    .with_client_auth_cert(chain, key)
                    .expect("they belong together")
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

fn certify(directory: &Path, authority: &Authority) -> TlsPaths {
    let (certificate, key) = authority.sign("localhost");
    TlsPaths {
        certificate: write(directory, "cert.pem", &certificate),
        key: write(directory, "key.pem", &key),
        client_ca: None,
    }
}

async fn secure(directory: &Path, paths: TlsPaths) -> Server {
    let tls = ReloadableTlsConfig::load(paths).expect("certificates");
    secure_with(directory, Arc::new(tls)).await
}

async fn secure_with(directory: &Path, tls: Arc<ReloadableTlsConfig>) -> Server {
    let flags = write(directory, "flags.json", FLAGS);
    let listeners = server::listeners(Some(tls)).await;
    server::start_on(&flags, ServeConfig::default(), listeners).await
}

/// A client over TLS.
async fn connect(connector: &TlsConnector, port: u16, version: Http) -> std::io::Result<Client> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    Ok(Client::over(connector.connect(name, socket).await?, version).await)
}

#[tokio::test]
async fn tls_is_used_on_evaluation_sync_and_ofrep_ports() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new();
    let paths = certify(directory.path(), &authority);
    let server = secure(directory.path(), paths).await;
    let connector = authority.client(None);
    for version in [Http::One, Http::Two] {
        let mut client = connect(&connector, server.port, version)
            .await
            .expect("TLS");
        assert_eq!(client.post(PATH, &[JSON], BODY).await.json()["value"], true);
        let mut client = connect(&connector, server.ofrep, version)
            .await
            .expect("TLS");
        let answer = client.post("/ofrep/v1/evaluate/flags/f", &[], "").await;
        assert_eq!(answer.json()["value"], true);
    }
    // Probes come from the node, which has no certificates.
    let mut client = Client::connect(server.management, Http::One).await;
    assert_eq!(client.post("/healthz", &[], "").await.status, 200);
    let mut client = connect(&connector, server.sync, Http::Two)
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
    let directory = tempfile::tempdir().expect("a directory");
    let paths = certify(directory.path(), &Authority::new());
    let server = secure(directory.path(), paths).await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .expect("a connection");
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("it takes it");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    let want = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    assert_eq!(answer, want);
}

#[tokio::test]
async fn client_certificate_is_required_with_client_ca() {
    let directory = tempfile::tempdir().expect("a directory");
    let (ours, theirs) = (Authority::new(), Authority::new());
    let paths = TlsPaths {
        client_ca: Some(write(directory.path(), "ca.pem", &theirs.pem)),
        ..certify(directory.path(), &ours)
    };
    let server = secure(directory.path(), paths).await;
    let known = ours.client(Some(theirs.sign("app")));
    let mut client = connect(&known, server.port, Http::Two).await.expect("TLS");
    assert_eq!(client.post(PATH, &[JSON], BODY).await.json()["value"], true);
    for identity in [None, Some(ours.sign("app"))] {
        let stranger = ours.client(identity);
        let socket = TcpStream::connect(("127.0.0.1", server.port))
            .await
            .expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let mut refused = String::new();
        // In TLS 1.3 a client learns of it with its first read.
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
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (Authority::new(), Authority::new());
    let paths = certify(directory.path(), &old);
    // Looked at with every connection.
    let tls = Arc::new(
        ReloadableTlsConfig::load_with_interval(paths, Duration::ZERO).expect("certificates"),
    );
    let server = secure_with(directory.path(), tls.clone()).await;
    let connect = async |who: &Authority| {
        connect(&who.client(None), server.port, Http::Two)
            .await
            .ok()
    };
    let mut open = connect(&old).await.expect("TLS");
    let stream = tokio::spawn(async move {
        let path = "/flagd.evaluation.v1.Service/EventStream";
        let content = ["content-type: application/connect+json"];
        open.post(path, &content, &b"\0\0\0\0\x02{}"[..]).await
    });
    // A certificate that does not fit its key changes nothing.
    write(directory.path(), "cert.pem", &new.sign("localhost").0);
    let end = tokio::time::Instant::now() + DEADLINE;
    // Whoever looks while it is being written may have another complaint before.
    let unfit = |trouble: String| trouble.contains("cannot be used together");
    while !tls.last_error().is_some_and(unfit) {
        assert!(connect(&old).await.is_some());
        let (now, seen) = (tokio::time::Instant::now(), tls.last_error());
        assert!(now < end, "nobody looked: {seen:?}");
    }
    assert!(connect(&old).await.is_some());
    certify(directory.path(), &new);
    while connect(&new).await.is_none() {
        assert!(tokio::time::Instant::now() < end, "it was never renewed");
    }
    assert_eq!(tls.last_error(), None);
    assert!(connect(&old).await.is_none());
    assert!(!stream.is_finished());
    server.shutdown.send(true).expect("it runs");
    let body = stream.await.expect("the stream ends well").body;
    assert!(String::from_utf8_lossy(&body).contains("provider_shutdown"));
}

#[test]
fn private_keys_are_not_printed() {
    let directory = tempfile::tempdir().expect("a directory");
    let paths = certify(directory.path(), &Authority::new());
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
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new();
    let good = certify(directory.path(), &authority);
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
    let empty = write(directory.path(), "empty.pem", "");
    check(
        TlsPaths {
            certificate: empty,
            ..good.clone()
        },
        "there is no certificate in it",
    );
    let other = write(
        directory.path(),
        "other.pem",
        &authority.sign("localhost").1,
    );
    check(TlsPaths { key: other, ..good }, "cannot be used together");
}

#[tokio::test]
async fn socket_path_is_accepted_as_http2_authority() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = write(directory.path(), "flags.json", FLAGS);
    let path = directory.path().join("e.sock");
    let mut listeners = server::listeners(None).await;
    let listener = Listener::bind(&ListenAddr::Unix(path.clone())).await;
    listeners.evaluation = listener.expect("a socket");
    let _server = server::start_on(&flags, ServeConfig::default(), listeners).await;
    let mut socket = UnixStream::connect(&path).await.expect("a connection");
    // As gRPC for Java has it: `:method: POST`, `:scheme: http`, `:path`, `:authority`, `content-type`.
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        [&[length], text.as_bytes()].concat()
    };
    let parts = [
        &b"\x83\x86\x44"[..],
        &text(PATH),
        b"\x41",
        &text(path.to_str().expect("a path")),
        b"\x5f",
        &text("application/json"),
    ];
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("a short payload");
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let said = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, b""),
        frame(1, 4, 1, &parts.concat()),
        frame(0, 1, 1, BODY.as_bytes()),
    ];
    socket.write_all(&said.concat()).await.expect("it is read");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(r#""value":true"#) {
        let read = tokio::time::timeout(DEADLINE, socket.read_buf(&mut heard)).await;
        let count = read.expect("in time").expect("the connection holds");
        assert!(count > 0, "{}", String::from_utf8_lossy(&heard));
    }
}

#[tokio::test]
async fn stale_socket_is_replaced_and_removed_at_shutdown() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = write(directory.path(), "flags.json", FLAGS);
    let (evaluation, sync) = (
        directory.path().join("e.sock"),
        directory.path().join("s.sock"),
    );
    // What a killed process leaves behind: a socket that nobody answers on.
    drop(std::os::unix::net::UnixListener::bind(&evaluation).expect("a socket"));
    assert!(evaluation.exists());
    let bind = async |path: &Path| Listener::bind(&ListenAddr::Unix(path.to_owned())).await;
    let mut listeners = server::listeners(None).await;
    listeners.evaluation = bind(&evaluation).await.expect("it is replaced");
    listeners.sync = bind(&sync).await.expect("it is free");
    let server = server::start_on(&flags, ServeConfig::default(), listeners).await;
    for version in [Http::One, Http::Two] {
        let socket = UnixStream::connect(&evaluation)
            .await
            .expect("a connection");
        let mut client = Client::over(socket, version).await;
        assert_eq!(client.post(PATH, &[JSON], BODY).await.json()["value"], true);
    }
    let error = bind(&evaluation).await.map(drop).unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::AddrInUse,
        "a living socket is not replaced"
    );
    let error = bind(&flags).await.map(drop).unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::AddrInUse,
        "a file is not replaced"
    );
    server.shutdown.send(true).expect("it runs");
    server.ended.await.expect("it ends");
    assert!(
        !evaluation.exists() && !sync.exists(),
        "the sockets are removed"
    );
}

#[tokio::test]
async fn cors_allows_only_configured_origins() {
    let names = ["https://app.example.com", "http://*.test"].map(str::to_owned);
    let settings = ServeConfig {
        cors: AllowedOrigins::from_names(&names),
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start_with(&write(directory.path(), "flags.json", FLAGS), settings).await;
    for (origin, allowed) in [
        ("https://app.example.com", true),
        ("HTTPS://APP.example.com", true),
        ("http://a.b.test", true),
        ("http://.test.evil", false),
        ("https://example.com", false),
        ("null", false),
    ] {
        let want = if allowed { origin } else { "" };
        let origin = format!("origin: {origin}");
        for (port, path) in [
            (server.port, PATH),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f"),
        ] {
            let mut client = Client::connect(port, Http::One).await;
            let answer = client.post(path, &[JSON, &origin], BODY).await;
            assert_eq!(answer.status, 200);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                want,
                "{path} {origin}"
            );
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
}

#[tokio::test]
async fn require_selector_rejects_requests_without_one() {
    let settings = ServeConfig {
        require_selector: true,
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(directory.path(), "flags.json", FLAGS);
    let server = server::start_with(&path, settings).await;
    let select = format!("flagd-selector: source={}", path.display());
    let mut client = Client::connect(server.port, Http::One).await;
    assert_eq!(client.post(PATH, &[JSON, &select], BODY).await.status, 200);
    for headers in [vec![JSON], vec![JSON, "flagd-selector: "]] {
        let answer = client.post(PATH, &headers, BODY).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].clone()),
            (400, "invalid_argument".into())
        );
        assert!(answer.text().contains("a selector is required"));
    }
    let mut client = Client::connect(server.ofrep, Http::One).await;
    let bulk = "/ofrep/v1/evaluate/flags";
    assert_eq!(client.post(bulk, &[&select], "").await.status, 200);
    let answer = client.post(bulk, &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["errorCode"].clone()),
        (400, "GENERAL".into())
    );
    let mut client = Client::connect(server.sync, Http::Two).await;
    let fetch = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let grpc = "content-type: application/grpc";
    let message = &b"\0\0\0\0\0"[..];
    assert_eq!(
        client
            .post(fetch, &[grpc], message)
            .await
            .header("grpc-status"),
        "3"
    );
    assert_eq!(
        client
            .post(fetch, &[grpc, &select], message)
            .await
            .header("grpc-status"),
        ""
    );
}

#[tokio::test]
async fn stream_limit_is_enforced_and_slots_are_released() {
    let settings = ServeConfig {
        max_streams: 1,
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start_with(&write(directory.path(), "flags.json", FLAGS), settings).await;
    let mut events = ServiceClient::new(server::channel(&server).await);
    let first = events
        .event_stream(EventStreamRequest {})
        .await
        .expect("a place");
    let refused = events
        .event_stream(EventStreamRequest {})
        .await
        .expect_err("one too many");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let mut sync = FlagSyncServiceClient::new(server::channel_to(server.sync).await);
    let refused = sync
        .sync_flags(SyncFlagsRequest::default())
        .await
        .expect_err("one too many");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    drop(first);
    let end = tokio::time::Instant::now() + DEADLINE;
    while sync.sync_flags(SyncFlagsRequest::default()).await.is_err() {
        assert!(
            tokio::time::Instant::now() < end,
            "the place is never given back"
        );
    }
}

/// A call of `SyncFlags` in frames of HTTP/2.
fn sync_flags() -> Vec<u8> {
    let frame = |kind: u8, flags: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("short");
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    };
    // POST and http stand in HPACK's static table, as do the names of :path and content-type.
    let mut headers = vec![0x83, 0x86];
    for (name, value) in [
        (0x44, "/flagd.sync.v1.FlagSyncService/SyncFlags"),
        (0x5f, "application/grpc"),
    ] {
        headers.extend_from_slice(&[name, u8::try_from(value.len()).expect("short")]);
        headers.extend_from_slice(value.as_bytes());
    }
    [frame(1, 4, &headers), frame(0, 1, b"\0\0\0\0\0")].concat()
}

/// A client of flag sync that sends raw HTTP/2: what comes back after `pings` pings, a stream open or not.
async fn pinged(policy: PingPolicy, pings: usize, stream: bool) -> Vec<u8> {
    let settings = ServeConfig {
        ping_policy: policy,
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start_with(&write(directory.path(), "flags.json", FLAGS), settings).await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.sync))
        .await
        .expect("a connection");
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    if stream {
        hello.extend_from_slice(&sync_flags());
    }
    socket.write_all(&hello).await.expect("it takes it");
    for _ in 0..pings {
        socket
            .write_all(b"\0\0\x08\x06\0\0\0\0\0fanion!!")
            .await
            .expect("it takes it");
    }
    let mut answer = Vec::new();
    let pongs = |answer: &[u8]| answer.windows(8).filter(|w| w == b"fanion!!").count();
    let mut buffer = [0; 1024];
    while pongs(&answer) < pings {
        match tokio::time::timeout(DEADLINE, socket.read(&mut buffer))
            .await
            .expect("in time")
        {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend_from_slice(buffer.get(..count).expect("read")),
        }
    }
    answer
}

#[tokio::test]
async fn excessive_http2_pings_get_goaway() {
    let calm = b"\x0btoo_many_pings";
    let told = |answer: &[u8]| answer.windows(calm.len()).any(|w| w == calm);
    let strict = PingPolicy {
        min_time: Duration::from_secs(30),
        permit_without_stream: true,
    };
    assert!(
        told(&pinged(strict, 5, false).await),
        "the fourth ping is one too many"
    );
    assert!(!told(&pinged(strict, 3, false).await), "two are forgiven");
    let lenient = PingPolicy {
        min_time: Duration::ZERO,
        ..strict
    };
    assert!(!told(&pinged(lenient, 20, false).await));
    let with_stream = PingPolicy {
        permit_without_stream: false,
        ..lenient
    };
    assert!(
        told(&pinged(with_stream, 5, false).await),
        "no stream is open"
    );
    assert!(
        !told(&pinged(with_stream, 20, true).await),
        "a stream is open"
    );
}

#[tokio::test]
async fn connections_above_the_limit_wait() {
    let settings = ServeConfig {
        max_connections: 1,
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start_with(&write(directory.path(), "flags.json", FLAGS), settings).await;
    let mut first = Client::connect(server.port, Http::One).await;
    assert_eq!(first.post(PATH, &[JSON], BODY).await.status, 200);
    let mut second = Client::connect(server.port, Http::One).await;
    let mut waiting = tokio::spawn(async move { second.post(PATH, &[JSON], BODY).await });
    // Ten answers to the first are ten chances for the second to be let in by mistake.
    for _ in 0..10 {
        assert_eq!(first.post(PATH, &[JSON], BODY).await.status, 200);
        let soon = tokio::time::timeout(Duration::from_millis(5), &mut waiting).await;
        assert!(soon.is_err(), "it did not wait");
    }
    drop(first);
    let answer = tokio::time::timeout(DEADLINE, waiting)
        .await
        .expect("its turn comes");
    assert_eq!(answer.expect("an answer").status, 200);
}

#[tokio::test]
async fn unfinished_request_is_closed_after_read_timeout() {
    let settings = ServeConfig {
        read_timeout: Duration::from_millis(50),
        ..ServeConfig::default()
    };
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start_with(&write(directory.path(), "flags.json", FLAGS), settings).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // The last begins a request with a third of its HEADERS frame.
    let half = format!("{preface}\0\0\x06\x01\x04\0\0\0\x01ab");
    for begun in ["", "PRI * HT", "POST / HTTP/1.1\r\nhost", preface, &half] {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port))
            .await
            .expect("a connection");
        socket
            .write_all(begun.as_bytes())
            .await
            .expect("it takes it");
        let mut rest = Vec::new();
        let read = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
        read.expect("it is let go").ok();
    }
}

#[tokio::test]
async fn selector_length_is_bounded() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(directory.path(), "flags.json", FLAGS);
    let server = server::start(&path).await;
    let mut client = Client::connect(server.port, Http::One).await;
    let select = format!("flagd-selector: source={}", "x".repeat(2000));
    let answer = client.post(PATH, &[JSON, &select], BODY).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["message"],
        "the selector is longer than 1024 bytes"
    );
}

#[tokio::test]
async fn sync_messages_are_cached_per_selector() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server::start(&write(directory.path(), "flags.json", FLAGS)).await;
    let snapshot = server.live.load_full();
    let extra = ContextEnrichment::default();
    for selector in [Selector::All, Selector::NoFlagSet] {
        let one = snapshot.sync_message(&selector, &extra).frame;
        assert_eq!(
            one.as_ptr(),
            snapshot.sync_message(&selector, &extra).frame.as_ptr()
        );
        let one = snapshot.fetch_all_response(&selector);
        assert_eq!(
            one.as_ptr(),
            snapshot.fetch_all_response(&selector).as_ptr()
        );
        assert!(Arc::ptr_eq(
            &snapshot.fingerprints(&selector),
            &snapshot.fingerprints(&selector)
        ));
    }
    // What selects nothing is as long as it is short-lived: nothing of it is kept.
    for junk in 0..1000 {
        let junk = Selector::FlagSet(junk.to_string().into());
        assert!(
            snapshot
                .fetch_all_response(&junk)
                .ends_with(br#"{"flags":{}}"#)
        );
        assert_ne!(
            snapshot.fetch_all_response(&junk).as_ptr(),
            snapshot.fetch_all_response(&junk).as_ptr()
        );
    }
}
