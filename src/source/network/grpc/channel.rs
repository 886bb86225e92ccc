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
use crate::source::network::file_reader::FileReader;
use crate::source::network::grpc::connector::Connector;
use crate::source::network::grpc::connector::TlsSettings;
use crate::source::spec::DialAddress;
use crate::source::spec::GrpcSpec;
use crate::source::spec::TlsMode;
use crate::tls::trust_store::TrustStore;

/// Returns a new connection to the service: names are resolved and certificate authorities read each time.
///
/// # Errors
/// If the connection cannot be made in time.
pub async fn connect(
    spec: &GrpcSpec,
    timing: Timing,
    files: &FileReader,
) -> Result<Channel, DialError> {
    let connected = tokio::time::timeout(timing.connect_timeout, dial(spec, timing, files));
    let connected = connected.await;
    connected.unwrap_or(Err(DialError::Timeout(timing.connect_timeout)))
}

async fn dial(spec: &GrpcSpec, timing: Timing, files: &FileReader) -> Result<Channel, DialError> {
    let endpoint = endpoint(spec, timing)?;
    let tls = spec.tls.clone();
    let trust = files.read(move || read_roots(&tls)).await?;
    let proxy = match &spec.target.address {
        DialAddress::Tcp { host, port } => {
            ProxySettings::from_env().of_address(host, *port)?.cloned()
        }
        DialAddress::Unix(_) => None,
    };
    let connector = Connector {
        address: spec.target.address.clone(),
        proxy,
        tls: trust.map(|trust| tls_settings(trust, spec)).transpose()?,
    };
    Ok(endpoint.connect_with_connector(connector).await?)
}

/// Reads the trusted certificate authorities; `None` without TLS.
fn read_roots(tls: &TlsMode) -> Result<Option<TrustStore>, TlsError> {
    match tls {
        TlsMode::Plaintext => Ok(None),
        TlsMode::SystemRoots => tls::system_roots().map(Some),
        TlsMode::CaFile(path) => tls::load_ca_file(path).map(Some),
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

fn tls_settings(trust: TrustStore, spec: &GrpcSpec) -> Result<TlsSettings, DialError> {
    let mut config = tls::client_config(trust)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let host = spec.target.authority.host();
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let server_name = ServerName::try_from(host.clone()).map_err(|_| TlsError::ServerName(host))?;
    Ok(TlsSettings {
        connector: TlsConnector::from(Arc::new(config)),
        server_name,
    })
}
