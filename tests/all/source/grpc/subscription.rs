//! Flags from a flag sync service: one fanion follows another.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use fanion::source::SourceConfig;
use fanion::source::spec;
use fanion::source::spec::SourceSpec;
use http::Request;
use http::Response;
use http_body_util::Full;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixListener;
use tokio_rustls::TlsAcceptor;

use crate::support::server;
use crate::support::server::Server;
use crate::support::sources::Followed;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::follow;
use crate::support::sources::settings;
use crate::support::sources::until;

/// A source, from the fields of an entry of `--sources`.
fn grpc(uri: &str, more: &serde_json::Value) -> SourceSpec {
    let mut entry = json!({"uri": uri, "provider": "grpc"});
    for (key, value) in more.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    spec::parse_list(&json!([entry]).to_string())
        .expect("a source")
        .remove(0)
}

fn subscribe(uri: &str, more: &serde_json::Value) -> Followed {
    follow(&[grpc(uri, more)], &settings())
}

/// Another fanion, and the file that it serves.
struct Upstream {
    server: Server,
    path: PathBuf,
    _directory: tempfile::TempDir,
}

async fn upstream(text: &str) -> Upstream {
    let (server, directory) = server::serve_text("flags.json", text).await;
    let path = directory.path().join("flags.json");
    Upstream {
        server,
        path,
        _directory: directory,
    }
}

impl Upstream {
    fn target(&self) -> String {
        format!("127.0.0.1:{}", self.server.sync)
    }

    fn write(&self, text: &str) {
        let next = self.path.with_extension("next");
        std::fs::write(&next, text).expect("a file");
        std::fs::rename(&next, &self.path).expect("the same directory");
    }
}

/// Passes bytes on between whoever connects and a port, until it is told to be silent or is dropped.
struct Proxy {
    port: u16,
    silent: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    async fn at(port: u16, to: u16) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let silent = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicUsize::new(0));
        let (quiet, count) = (silent.clone(), connections.clone());
        let task = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                all.spawn(pass(socket, to, quiet.clone()));
            }
        });
        Proxy {
            port,
            silent,
            connections,
            task,
        }
    }

    fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Silence is not an end: both sides keep their connection, and nothing goes through, now or later.
async fn pass(mut socket: impl AsyncRead + AsyncWrite + Unpin, to: u16, silent: Arc<AtomicBool>) {
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", to)).await else {
        return;
    };
    let quiet = until(
        || silent.load(Ordering::SeqCst),
        || "never silent".to_owned(),
    );
    let copied = tokio::io::copy_bidirectional(&mut socket, &mut upstream);
    tokio::select! {
        _ = copied => {}
        () = quiet => std::future::pending().await,
    }
}

#[tokio::test]
async fn upstream_edits_are_received() {
    let upstream = upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    followed
        .watch
        .initial_load()
        .await
        .expect("it does not insist");
    assert_eq!(followed.answer("f"), "a");
    for variant in ["b", "c", "d"] {
        upstream.write(&document(variant));
        followed.answers(variant).await;
    }
    let state = followed.state(0);
    assert_eq!(
        (state.accepted, state.failed, state.is_stale()),
        (4, 0, false)
    );
}

#[tokio::test]
async fn updates_pass_through_a_chain_of_three() {
    let first = upstream(&document("a")).await;
    let live = Arc::new(fanion::live::Live::default());
    let loader = fanion::source::updater::loader::Loader::new(
        &[grpc(&first.target(), &json!({}))],
        &settings(),
        live.clone(),
    );
    let middle = server::start_loader(loader, live, fanion::serve::ServeConfig::default()).await;
    let followed = subscribe(&format!("127.0.0.1:{}", middle.sync), &json!({}));
    followed.answers("a").await;
    first.write(&document("b"));
    followed.answers("b").await;
}

#[tokio::test]
async fn lost_upstream_keeps_flags_and_is_reconnected() {
    let upstream = upstream(&document("a")).await;
    let proxy = Proxy::at(0, upstream.server.sync).await;
    let port = proxy.port;
    let followed = subscribe(&proxy.target(), &json!({}));
    followed.answers("a").await;
    drop(proxy);
    followed.fails(0, "error receiving flags").await;
    followed.does(0, |state| state.failed >= 3).await;
    assert_eq!(followed.answer("f"), "a");
    upstream.write(&document("b"));
    let _proxy = Proxy::at(port, upstream.server.sync).await;
    followed.answers("b").await;
    followed.does(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn half_open_connection_is_detected_by_pings() {
    let upstream = upstream(&document("a")).await;
    let proxy = Proxy::at(0, upstream.server.sync).await;
    let followed = subscribe(&proxy.target(), &json!({}));
    followed.answers("a").await;
    proxy.silent.store(true, Ordering::SeqCst);
    upstream.write(&document("b"));
    followed
        .does(0, |state| state.failing_since.is_some())
        .await;
    assert_eq!(followed.answer("f"), "a");
    proxy.silent.store(false, Ordering::SeqCst);
    followed.answers("b").await;
    assert!(proxy.connections.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn upstream_without_a_first_message_times_out() {
    // It takes connections, and that is all.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let mut settings = settings();
    settings.timing.first_message_timeout = Duration::from_millis(200);
    settings.timing.keepalive_interval = crate::support::daemon::DEADLINE;
    settings.fail_fast = true;
    let specs = [grpc(&format!("127.0.0.1:{port}"), &json!({}))];
    let followed = follow(&specs, &settings);
    let told = followed
        .watch
        .initial_load()
        .await
        .expect_err("there are no flags");
    assert!(told.contains("no flags came within 200ms"), "{told}");
}

#[tokio::test]
async fn selector_limits_received_flags() {
    let text = json!({"flags": {
        "f": {"variants": {"a": 1}, "defaultVariant": "a", "metadata": {"flagSetId": "one"}},
        "g": {"variants": {"a": 1}, "defaultVariant": "a", "metadata": {"flagSetId": "two"}},
    }});
    let upstream = upstream(&text.to_string()).await;
    let followed = subscribe(&upstream.target(), &json!({"selector": "flagSetId=one"}));
    followed.answers("a").await;
    assert_eq!(followed.answer("g"), "");
    // The header wins over the body at the other side.
    let headers = json!({"headers": {"Flagd-Selector": "flagSetId=two"}});
    let followed = subscribe(&upstream.target(), &headers);
    until(|| followed.answer("g") == "a", || "no flags".to_owned()).await;
    assert_eq!(followed.answer("f"), "");
}

#[tokio::test]
async fn message_above_max_msg_size_is_rejected() {
    let large = flag("f", &"x".repeat(5000));
    let upstream = upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({"maxMsgSize": 4000}));
    followed.answers("a").await;
    upstream.write(&large);
    followed.fails(0, "4000 bytes").await;
    assert_eq!(followed.answer("f"), "a");
    upstream.write(&document("b"));
    followed.answers("b").await;
}

/// A certificate for `localhost`, the authority that vouches for it as a file, and a server's settings.
fn certificate(directory: &std::path::Path) -> (PathBuf, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let path = directory.join("ca.pem");
    std::fs::write(&path, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (path, TlsAcceptor::from(Arc::new(config)))
}

/// Ends TLS in front of a port.
pub async fn tls_proxy(to: u16, acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let never = Arc::new(AtomicBool::new(false));
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, never) = (acceptor.clone(), never.clone());
            tokio::spawn(async move {
                if let Ok(socket) = acceptor.accept(socket).await {
                    pass(socket, to, never).await;
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn only_the_configured_ca_is_trusted() {
    let directory = tempfile::tempdir().expect("a directory");
    let (ca, acceptor) = certificate(directory.path());
    let upstream = upstream(&document("a")).await;
    let port = tls_proxy(upstream.server.sync, acceptor).await;
    let secured = json!({"tls": true, "certPath": ca});
    let followed = subscribe(&format!("localhost:{port}"), &secured);
    followed.answers("a").await;
    upstream.write(&document("b"));
    followed.answers("b").await;

    // The name does not fit, and the system does not know the authority.
    let followed = subscribe(&format!("127.0.0.1:{port}"), &secured);
    followed.fails(0, "certificate").await;
    let other = tempfile::tempdir().expect("a directory");
    let (unrelated, _) = certificate(other.path());
    let followed = subscribe(
        &format!("localhost:{port}"),
        &json!({"tls": true, "certPath": unrelated}),
    );
    followed.fails(0, "certificate").await;
    let missing = json!({"tls": true, "certPath": "/nowhere/ca.pem"});
    let followed = subscribe(&format!("localhost:{port}"), &missing);
    followed
        .fails(0, "unable to read file /nowhere/ca.pem")
        .await;
}

#[tokio::test]
async fn https_requires_a_certificate_trusted_by_the_system() {
    let directory = tempfile::tempdir().expect("a directory");
    let (ca, acceptor) = certificate(directory.path());
    let plain =
        crate::support::sources::Upstream::start(|_| crate::support::sources::good("a")).await;
    let port = tls_proxy(plain.port, acceptor).await;
    let uri = format!("https://localhost:{port}/flags.json");
    let mut command = crate::support::daemon::command(directory.path(), &["--uri", &uri]);
    command.env("SSL_CERT_FILE", &ca);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = crate::support::daemon::Daemon::spawn(command);
        daemon.in_force();
        daemon
    });
    drop(daemon.await.expect("its flags are in force"));
    let mut command =
        crate::support::daemon::command(directory.path(), &["--uri", &uri, "--fail-fast"]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    let (other, _) = certificate(elsewhere.path());
    command.env("SSL_CERT_FILE", &other);
    let output = tokio::task::spawn_blocking(move || command.output().expect("it runs"));
    let output = output.await.expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("certificate"), "{told}");
}

#[tokio::test]
async fn unix_socket_targets_are_connected() {
    let upstream = upstream(&document("a")).await;
    let path = upstream.path.with_file_name("sync.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    let to = upstream.server.sync;
    let task = tokio::spawn(async move {
        let never = Arc::new(AtomicBool::new(false));
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(pass(socket, to, never.clone()));
        }
    });
    for uri in [
        format!("unix:{}", path.display()),
        format!("unix://{}", path.display()),
        format!("uds://{}", path.display()),
    ] {
        let followed = subscribe(&uri, &json!({}));
        followed.answers("a").await;
    }
    task.abort();
}

/// A gRPC server that notes what it is asked with, and refuses.
async fn noting() -> (
    SocketAddr,
    tokio::sync::mpsc::UnboundedReceiver<http::request::Parts>,
) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let sender = sender.clone();
            let service =
                hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let _ = sender.send(request.into_parts().0);
                    let response = Response::builder()
                        .header("content-type", "application/grpc")
                        .header("grpc-status", "16")
                        .header("grpc-message", "who are you")
                        .body(Full::<Bytes>::default());
                    std::future::ready(response)
                });
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(socket), service));
        }
    });
    (address, receiver)
}

#[tokio::test]
async fn envoy_target_sets_authority_and_headers_are_metadata() {
    let (address, mut asked) = noting().await;
    let uri = format!("envoy://{address}/flags.example");
    let followed = subscribe(&uri, &json!({"headers": {"X-Api-Key": "hush"}}));
    let parts = asked.recv().await.expect("a call");
    assert_eq!(parts.uri.authority().expect("one"), "flags.example");
    assert_eq!(parts.uri.path(), "/flagd.sync.v1.FlagSyncService/SyncFlags");
    assert_eq!(parts.headers["x-api-key"], "hush");
    followed.fails(0, "who are you").await;
    let told = format!("{:?}", followed.watch);
    assert!(!told.contains("hush"), "{told}");
}

#[tokio::test]
async fn source_order_is_priority_and_shadowed_flag_returns() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("flags.json");
    std::fs::write(&file, document("file")).expect("a file");
    let web =
        crate::support::sources::Upstream::start(|_| crate::support::sources::good("web")).await;
    let service = upstream(&document("sync")).await;
    let specs = [
        SourceSpec::from_path(&file),
        crate::support::sources::http(&web.url("/flags.json"), &json!({})),
        grpc(&service.target(), &json!({})),
    ];
    let followed = follow(&specs, &SourceConfig::clone(&settings()));
    followed.answers("sync").await;
    followed.does(1, |state| state.accepted == 1).await;
    service.write(&flag("other", "x"));
    followed.answers("web").await;
    web.now(|_| crate::support::sources::reply("200 OK", &[], "{\"flags\": {}}"));
    followed.answers("file").await;
    service.write(&document("again"));
    followed.answers("again").await;
    // The weakest changes, and nobody notices; when the others let go, it is there.
    std::fs::write(&file, document("late")).expect("a file");
    followed.does(0, |state| state.accepted == 2).await;
    assert_eq!(followed.answer("f"), "again");
    service.write("{\"flags\": {}}");
    followed.answers("late").await;
}

#[tokio::test]
async fn too_many_pings_goaway_leads_to_reconnect() {
    let upstream = upstream(&document("a")).await;
    // Says GOAWAY with ENHANCE_YOUR_CALM to its first two clients, and lets the third through.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let to = upstream.server.sync;
    let task = tokio::spawn(async move {
        let mut goaway = vec![
            0, 0, 0, 4, 0, 0, 0, 0, 0, // SETTINGS
            0, 0, 22, 7, 0, 0, 0, 0, 0, // GOAWAY
            0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 11,
        ];
        goaway.extend_from_slice(b"too_many_pings");
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 24];
            socket.read_exact(&mut head).await.expect("a preface");
            assert!(head.starts_with(b"PRI"));
            socket.write_all(&goaway).await.expect("it listens");
            socket.shutdown().await.expect("it listens");
            // Until the client hangs up.
            let mut rest = Vec::new();
            let _ = socket.read_to_end(&mut rest).await;
        }
        let (socket, _) = listener.accept().await.expect("a connection");
        pass(socket, to, Arc::new(AtomicBool::new(false))).await;
    });
    let followed = subscribe(&format!("127.0.0.1:{port}"), &json!({}));
    followed.answers("a").await;
    assert_eq!(followed.state(0).failed, 2);
    task.abort();
}

#[tokio::test]
async fn incremental_updates_option_still_replaces_the_document() {
    let upstream = upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({"incrementalUpdates": true}));
    followed.answers("a").await;
    upstream.write(&flag("g", "b"));
    until(|| followed.answer("g") == "b", || "no flags".to_owned()).await;
    assert_eq!(followed.answer("f"), "");
}
