//! Proxies of a gRPC source, from the environment.

use std::path::Path;

use crate::support::program::daemon::command_with_env;
use crate::support::program::daemon::is_loaded;
use crate::support::program::daemon::run_until;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::acceptor;
use crate::support::sources::connect_proxy::ConnectProxy;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn https_proxy_tunnels_plain_and_tls_connections() {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let ca = directory.write("ca.pem", &authority.pem);
    let upstream = start_grpc_upstream(&document("a")).await;
    let tls = acceptor(&authority.sign("flags.example"));
    let tls_port = tls_proxy(upstream.server.sync, tls).await;
    for (variable, uri, host, to) in [
        (
            "HTTPS_PROXY",
            "grpc://flags.example:8015",
            "flags.example:8015",
            upstream.server.sync,
        ),
        (
            "https_proxy",
            "grpcs://flags.example",
            "flags.example:443",
            tls_port,
        ),
        (
            "HTTPS_PROXY",
            "grpc://[2001:db8::1]:8015",
            "[2001:db8::1]:8015",
            upstream.server.sync,
        ),
    ] {
        let proxy = ConnectProxy::start(to, "200 OK").await;
        let address = format!("http://user:p%40ss@127.0.0.1:{}", proxy.port);
        let store = ca.to_str().expect("text").to_owned();
        let variables = [(variable, address), ("SSL_CERT_FILE", store)];
        let run = command_with_env(directory.path(), uri, &variables);
        let (_, log) = run_until(run, is_loaded).await;
        let head = proxy.heads().remove(0);
        assert!(
            head.starts_with(&format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n")),
            "{head}"
        );
        // `user:p@ss`
        assert!(
            head.contains("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"),
            "{head}"
        );
        assert!(
            !log.contains("p@ss") && !log.contains("p%40ss") && !log.contains("dXNlcj"),
            "{log}"
        );
    }
}

#[tokio::test]
async fn no_proxy_and_this_host_are_connected_directly() {
    let directory = TempDir::new();
    let upstream = start_grpc_upstream(&document("a")).await;
    let proxy = ConnectProxy::start(upstream.server.sync, "200 OK").await;
    // HOST:PORT without a scheme and a user.
    let address = format!("127.0.0.1:{}", proxy.port);
    let (loopback, localhost) = (
        upstream.target(),
        format!("localhost:{}", upstream.server.sync),
    );
    for target in [loopback, localhost] {
        let variables = [("HTTPS_PROXY", address.clone())];
        let run = command_with_env(directory.path(), &format!("grpc://{target}"), &variables);
        run_until(run, is_loaded).await;
    }
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
    // `HTTP_PROXY` is for `http:` URLs only.
    let variables = [("HTTP_PROXY", address.clone())];
    let failed = command_with_env(directory.path(), "grpc://flags.invalid:8015", &variables);
    run_until(failed, |line| line["error_kind"] == "dns").await;
    let variables = [
        ("HTTPS_PROXY", address),
        ("no_proxy", "a.example,.invalid".to_owned()),
    ];
    let failed = command_with_env(directory.path(), "grpc://flags.invalid:8015", &variables);
    run_until(failed, |line| line["error_kind"] == "dns").await;
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
}

#[tokio::test]
async fn proxy_errors_name_the_reason_without_the_password() {
    let directory = TempDir::new();
    for (status, reason) in [
        (
            "407 Proxy Authentication Required",
            "proxy authorization required",
        ),
        ("403 Forbidden", "unsuccessful"),
    ] {
        let proxy = ConnectProxy::start(1, status).await;
        let address = format!("http://user:hush@127.0.0.1:{}", proxy.port);
        check_failure(directory.path(), address, reason).await;
    }
    check_failure(
        directory.path(),
        "socks5://user:hush@127.0.0.1:1080".to_owned(),
        "SOCKS is not supported",
    )
    .await;
    check_failure(
        directory.path(),
        "http://user:hush@a b".to_owned(),
        "is not a URL or HOST:PORT",
    )
    .await;
}

/// Checks the error of a source behind a proxy, in which the password is `hush`.
async fn check_failure(directory: &Path, proxy: String, reason: &str) {
    let variables = [("HTTPS_PROXY", proxy)];
    let run = command_with_env(directory, "grpc://flags.example:8015", &variables);
    let (line, log) = run_until(run, |line| line["error_kind"] == "connect").await;
    let error = line["error"].as_str().expect("text");
    assert!(error.contains(reason), "{error}");
    assert!(!log.contains("hush") && !log.contains("dXNlcj"), "{log}");
}
