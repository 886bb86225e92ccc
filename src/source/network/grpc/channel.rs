//! Connects a tonic channel to a sync service over TCP, a proxy or a Unix socket, with or without TLS.

use std::sync::Arc;

use http::Uri;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tonic::transport::Channel;
use tonic::transport::Endpoint;

use crate::http_client::proxy::ProxySettings;
use crate::http_client::tls;
use crate::http_client::tls::TlsError;
use crate::source::Timing;
use crate::source::error::DialError;
use crate::source::network::grpc::connector::Connector;
use crate::source::network::grpc::connector::TlsSettings;
use crate::source::spec::DialAddress;
use crate::source::spec::GrpcSpec;
use crate::source::spec::TlsMode;

/// Returns a new connection to the service: names are resolved and certificate authorities read each time.
///
/// # Errors
/// If the connection cannot be made in time.
pub async fn connect(spec: &GrpcSpec, timing: Timing) -> Result<Channel, DialError> {
    let endpoint = endpoint(spec, timing)?;
    let proxy = match &spec.target.address {
        DialAddress::Tcp { host, port } => {
            ProxySettings::from_env().of_address(host, *port)?.cloned()
        }
        DialAddress::Unix(_) => None,
    };
    let connector = Connector {
        address: spec.target.address.clone(),
        proxy,
        tls: tls_settings(spec)?,
    };
    let connected = endpoint.connect_with_connector(connector);
    match tokio::time::timeout(timing.connect_timeout, connected).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(DialError::Timeout(timing.connect_timeout)),
    }
}

fn endpoint(spec: &GrpcSpec, timing: Timing) -> Result<Endpoint, DialError> {
    let authority = &spec.target.authority;
    // The connector does TLS; tonic refuses `https` then, except as the origin of requests.
    let endpoint = Endpoint::from_shared(format!("http://{authority}"));
    let mut endpoint = endpoint
        .and_then(|endpoint| endpoint.user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION"))))?;
    if spec.tls != TlsMode::Plaintext
        && let Ok(origin) = Uri::try_from(format!("https://{authority}"))
    {
        endpoint = endpoint.origin(origin);
    }
    // Without pings, the loss of a peer would be detected only after hours.
    Ok(endpoint
        .http2_keep_alive_interval(timing.keepalive_interval)
        .keep_alive_timeout(timing.keepalive_timeout)
        .keep_alive_while_idle(true))
}

fn tls_settings(spec: &GrpcSpec) -> Result<Option<TlsSettings>, DialError> {
    let trust = match &spec.tls {
        TlsMode::Plaintext => return Ok(None),
        TlsMode::SystemRoots => tls::system_roots()?,
        TlsMode::CaFile(path) => tls::load_ca_file(path)?,
    };
    let mut config = tls::client_config(trust)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let host = spec.target.authority.host();
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let server_name = ServerName::try_from(host.clone()).map_err(|_| TlsError::ServerName(host))?;
    Ok(Some(TlsSettings {
        connector: TlsConnector::from(Arc::new(config)),
        server_name,
    }))
}
