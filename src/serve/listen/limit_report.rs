//! Reports of limits that clients reach: each is counted, and logged at most once per interval.

use std::net::IpAddr;

use crate::metric::limit_hits::Limit;
use crate::metric::registry::Metrics;
use crate::serve::listen::port_role::PortRole;

/// Counts a hit of a limit, and logs it if the last line about this limit is old enough.
pub fn report(metrics: &Metrics, limit: Limit, port: Option<PortRole>) {
    report_of(metrics, limit, port, None);
}

/// Counts a connection that is closed because its client has too many, and logs it as [`report`] does.
pub fn report_client(metrics: &Metrics, port: PortRole, client: IpAddr) {
    report_of(metrics, Limit::ClientConnections, Some(port), Some(client));
}

fn report_of(metrics: &Metrics, limit: Limit, port: Option<PortRole>, client: Option<IpAddr>) {
    if let Some(count) = metrics.limits.count(limit) {
        let (limit, effect) = (limit.name(), effect(limit));
        let port = port.map(PortRole::name);
        let client = client.map(tracing::field::display);
        tracing::warn!(limit, port, client, count, "{effect}");
    }
}

/// The effect of a limit on clients.
fn effect(limit: Limit) -> &'static str {
    match limit {
        Limit::UnsentBytes => {
            "a client does not read its responses: further requests of the connection wait until responses are read"
        }
        Limit::WriteTimeout => {
            "a client did not read its responses in time: closing its connection or stream"
        }
        Limit::PortConnections => {
            "all connections of the port are in use: new ones wait (raise --max-connections)"
        }
        Limit::ClientConnections => {
            "a client has too many connections: closing the new connection (raise --max-connections-per-client)"
        }
        Limit::FileDescriptors => {
            "all file descriptors are in use: new connections wait (raise the limit of open files)"
        }
        Limit::Streams => "all streams are in use: refusing a new one (raise --max-streams)",
    }
}
