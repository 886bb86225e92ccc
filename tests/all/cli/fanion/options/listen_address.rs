//! Options that set listen addresses: bind address, ports and Unix sockets.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use ::fanion::serve::listen::addr::ListenAddr;

use crate::support::options::option_errors;
use crate::support::options::resolve_options;

#[test]
fn bind_address_and_socket_paths_set_listeners() {
    let config = resolve_options(
        &[
            "-f",
            "file:x",
            "--bind-address",
            "127.0.0.1",
            "-d",
            "/run/f.sock",
            "-e",
            "/run/s.sock",
        ],
        &[],
    );
    let config = config.expect("right");
    let local = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    assert_eq!(config.management_addr, ListenAddr::Tcp(local, 8014));
    assert_eq!(config.ofrep_addr, ListenAddr::Tcp(local, 8016));
    assert_eq!(
        config.evaluation_addr,
        ListenAddr::Unix("/run/f.sock".into())
    );
    assert_eq!(config.sync_addr, ListenAddr::Unix("/run/s.sock".into()));
}

#[test]
fn kubernetes_service_link_port_gets_a_hint() {
    let env = [
        ("FLAGD_PORT", "tcp://10.0.0.1:8013"),
        ("FLAGD_SYNC_PORT", "tcp://10.0.0.1:8015"),
        ("FLAGD_OFREP_PORT", "http"),
    ];
    let found = option_errors(&[], &env);
    let about = |part: &str| found.iter().find(|m| m.contains(part)).expect(part);
    let hint = "for the Service `flagd`: set `enableServiceLinks: false` in the Pod, or rename the Service";
    assert!(about("FLAGD_PORT").contains(hint), "{found:?}");
    assert!(about("FLAGD_SYNC_PORT").contains("for the Service `flagd-sync`"));
    assert!(!about("FLAGD_OFREP_PORT").contains("Kubernetes"));
}
