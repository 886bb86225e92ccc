//! Options that set ports, the bind address and Unix sockets.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static PORTS: &[&OptionSpec] = &[
    &PORT,
    &MANAGEMENT_PORT,
    &SYNC_PORT,
    &OFREP_PORT,
    &BIND_ADDRESS,
    &SOCKET_PATH,
    &SYNC_SOCKET_PATH,
];

/// `--port`
pub static PORT: OptionSpec = with_default(
    "port",
    Some('p'),
    "PORT",
    "8013",
    "Port for evaluation: gRPC, gRPC-Web and Connect",
);

/// `--management-port`
pub static MANAGEMENT_PORT: OptionSpec = with_default(
    "management-port",
    Some('m'),
    "PORT",
    "8014",
    "Port for probes, metrics and gRPC health; never TLS",
);

/// `--sync-port`
pub static SYNC_PORT: OptionSpec =
    with_default("sync-port", Some('g'), "PORT", "8015", "Port for flag sync");

/// `--ofrep-port`
pub static OFREP_PORT: OptionSpec =
    with_default("ofrep-port", Some('r'), "PORT", "8016", "Port for OFREP");

/// `--bind-address`
pub static BIND_ADDRESS: OptionSpec = with_default(
    "bind-address",
    None,
    "IP",
    "",
    "Listen on this address, for instance 127.0.0.1 [default: all interfaces]",
);

/// `--socket-path`
pub static SOCKET_PATH: OptionSpec = with_default(
    "socket-path",
    Some('d'),
    "PATH",
    "",
    "Serve evaluation on this Unix socket instead of its port; on Linux, `@NAME` is an abstract socket",
);

/// `--sync-socket-path`
pub static SYNC_SOCKET_PATH: OptionSpec = with_default(
    "sync-socket-path",
    Some('e'),
    "PATH",
    "",
    "Serve flag sync on this Unix socket instead of its port; on Linux, `@NAME` is an abstract socket",
);
