//! Proxies of an HTTP source, from the environment.

use crate::support::program::daemon::command_with_env;
use crate::support::program::daemon::is_loaded;
use crate::support::program::daemon::run_until;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::acceptor;
use crate::support::sources::connect_proxy::ConnectProxy;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn http_proxy_gets_the_absolute_url_and_credentials() {
    let directory = TempDir::new();
    let proxy = HttpUpstream::start(|request: &ReceivedRequest| {
        // `user:p@ss`
        let known = request.header("proxy-authorization") == "Basic dXNlcjpwQHNz";
        match request.path.as_str() {
            "http://flags.example/flags.json" if known => document_response("a"),
            _ => http_response("407 Proxy Authentication Required", &[], ""),
        }
    })
    .await;
    for variable in ["HTTP_PROXY", "http_proxy"] {
        let address = format!("http://user:p%40ss@127.0.0.1:{}", proxy.port);
        let run = command_with_env(
            directory.path(),
            "http://flags.example/flags.json",
            &[(variable, address)],
        );
        let (_, log) = run_until(run, is_loaded).await;
        assert!(
            !log.contains("p@ss") && !log.contains("p%40ss") && !log.contains("dXNlcj"),
            "{log}"
        );
        assert_eq!(
            proxy.requests().last().expect("one").header("host"),
            "flags.example"
        );
    }
}

#[tokio::test]
async fn https_proxy_opens_a_tunnel() {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let store = directory.write("ca.pem", &authority.pem);
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let tls_port = tls_proxy(upstream.port, acceptor(&authority.sign("flags.example"))).await;
    let proxy = ConnectProxy::start(tls_port, "200 OK").await;
    let variables = [
        (
            "HTTPS_PROXY",
            format!("http://user:p%40ss@127.0.0.1:{}", proxy.port),
        ),
        ("SSL_CERT_FILE", store.to_str().expect("text").to_owned()),
    ];
    let run = command_with_env(
        directory.path(),
        "https://flags.example/flags.json",
        &variables,
    );
    let (_, log) = run_until(run, is_loaded).await;
    let head = proxy.heads().remove(0);
    assert!(
        head.starts_with("CONNECT flags.example:443 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_ascii_lowercase()
            .contains("proxy-authorization: basic dxnlcjpwqhnz\r\n"),
        "{head}"
    );
    assert_eq!(upstream.requests()[0].header("proxy-authorization"), "");
    assert!(
        !log.contains("p@ss") && !log.contains("p%40ss") && !log.contains("dXNlcj"),
        "{log}"
    );
}

#[tokio::test]
async fn no_proxy_and_this_host_are_requested_directly() {
    let directory = TempDir::new();
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let proxy = HttpUpstream::start(|_| document_response("a")).await;
    let address = format!("127.0.0.1:{}", proxy.port);
    for host in ["127.0.0.1", "localhost"] {
        let uri = format!("http://{host}:{}/flags.json", upstream.port);
        let run = command_with_env(directory.path(), &uri, &[("HTTP_PROXY", address.clone())]);
        run_until(run, is_loaded).await;
    }
    let uri = "http://flags.invalid/flags.json";
    for (excluded, name) in [
        ("no_proxy", "flags.invalid"),
        ("NO_PROXY", "*"),
        ("NO_PROXY", ".invalid:80"),
    ] {
        let variables = [("HTTP_PROXY", address.clone()), (excluded, name.to_owned())];
        let run = command_with_env(directory.path(), uri, &variables);
        run_until(run, |line| line["error_kind"] == "dns").await;
    }
    assert!(proxy.requests().is_empty(), "{:?}", proxy.requests());
    let variables = [
        ("HTTP_PROXY", address.clone()),
        ("NO_PROXY", "flags.invalid:8080".to_owned()),
    ];
    run_until(
        command_with_env(directory.path(), uri, &variables),
        is_loaded,
    )
    .await;
    // A proxy of another scheme does not apply.
    let run = command_with_env(directory.path(), uri, &[("HTTPS_PROXY", address)]);
    run_until(run, |line| line["error_kind"] == "dns").await;
}

#[tokio::test]
async fn unusable_proxies_are_errors_without_the_password() {
    let directory = TempDir::new();
    for (proxy, reason) in [
        (
            "socks5://user:hush@127.0.0.1:1080",
            "cannot use the proxy of HTTP_PROXY: SOCKS is not supported",
        ),
        (
            "http://user:hush@a b",
            "cannot use the proxy of HTTP_PROXY: its value is not a URL or HOST:PORT",
        ),
    ] {
        let run = command_with_env(
            directory.path(),
            "http://flags.example/flags.json",
            &[("HTTP_PROXY", proxy.to_owned())],
        );
        let (line, log) = run_until(run, |line| line["error_kind"] == "connect").await;
        let error = line["error"].as_str().expect("text");
        assert!(error.contains(reason), "{error}");
        assert!(!log.contains("hush"), "{log}");
    }
}
