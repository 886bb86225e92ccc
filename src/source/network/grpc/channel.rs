//! Connects a tonic channel to a sync service over TCP or a Unix socket, with or without TLS.

use tonic::transport::Channel;
use tonic::transport::ClientTlsConfig;
use tonic::transport::Endpoint;

use crate::http_client::tls;
use crate::source::Timing;
use crate::source::error::DialError;
use crate::source::network::grpc::connector::TcpConnector;
use crate::source::network::grpc::connector::UnixConnector;
use crate::source::spec::DialAddress;
use crate::source::spec::GrpcSpec;
use crate::source::spec::TlsMode;

/// Returns a new connection to the service: names are resolved and certificate authorities read each time.
///
/// # Errors
/// If the connection cannot be made in time.
pub async fn connect(spec: &GrpcSpec, timing: Timing) -> Result<Channel, DialError> {
    let endpoint = endpoint(spec, timing)?;
    let connected = async {
        match &spec.target.address {
            DialAddress::Tcp { host, port } => {
                let tcp = TcpConnector {
                    host: host.to_string(),
                    port: *port,
                };
                endpoint.connect_with_connector(tcp).await
            }
            DialAddress::Unix(path) => {
                endpoint
                    .connect_with_connector(UnixConnector(path.clone()))
                    .await
            }
        }
    };
    match tokio::time::timeout(timing.connect_timeout, connected).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(DialError::Timeout(timing.connect_timeout)),
    }
}

fn endpoint(spec: &GrpcSpec, timing: Timing) -> Result<Endpoint, DialError> {
    let authority = &spec.target.authority;
    let (scheme, roots) = match &spec.tls {
        TlsMode::Plaintext => ("http", None),
        TlsMode::SystemRoots => ("https", Some(tls::system_roots()?)),
        TlsMode::CaFile(path) => ("https", Some(tls::load_ca_file(path)?)),
    };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{authority}"));
    let mut endpoint = endpoint
        .and_then(|endpoint| endpoint.user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION"))))?;
    if let Some(roots) = roots {
        let host = authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let tls = ClientTlsConfig::new().trust_anchors(roots.roots);
        endpoint = endpoint.tls_config(tls.domain_name(host))?;
    }
    // Without pings, the loss of a peer would be detected only after hours.
    Ok(endpoint
        .http2_keep_alive_interval(timing.keepalive_interval)
        .keep_alive_timeout(timing.keepalive_timeout)
        .keep_alive_while_idle(true))
}
