//! Connections to flag sync services: over TCP or a socket in the file system, encrypted or not.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tonic::transport::Channel;
use tonic::transport::ClientTlsConfig;
use tonic::transport::Endpoint;
use tower_service::Service;

use crate::source::Timing;
use crate::source::network::error_chain;
use crate::source::network::tls;
use crate::source::spec::DialAddress;
use crate::source::spec::GrpcSpec;
use crate::source::spec::TlsMode;

/// A connection to the service, made now: names are resolved and authorities read anew each time.
///
/// # Errors
/// Why there is none, in one line.
pub async fn connect(spec: &GrpcSpec, timing: Timing) -> Result<Channel, String> {
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
        Ok(connected) => connected.map_err(|error| error_chain::format_chain(&error)),
        Err(_) => Err(format!("no connection within {:?}", timing.connect_timeout)),
    }
}

fn endpoint(spec: &GrpcSpec, timing: Timing) -> Result<Endpoint, String> {
    let authority = &spec.target.authority;
    let (scheme, roots) = match &spec.tls {
        TlsMode::Plaintext => ("http", None),
        TlsMode::SystemRoots => ("https", Some(tls::system_roots()?)),
        TlsMode::CaFile(path) => ("https", Some(tls::load_ca_file(path)?)),
    };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{authority}"));
    let mut endpoint = endpoint
        .and_then(|endpoint| endpoint.user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION"))))
        .map_err(|error| error_chain::format_chain(&error))?;
    if let Some(roots) = roots {
        let host = authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let tls = ClientTlsConfig::new().trust_anchors(roots.roots);
        let secured = endpoint.tls_config(tls.domain_name(host));
        endpoint = secured.map_err(|error| error_chain::format_chain(&error))?;
    }
    // A peer that is gone without a word would otherwise be believed for hours.
    Ok(endpoint
        .http2_keep_alive_interval(timing.keepalive_interval)
        .keep_alive_timeout(timing.keepalive_timeout)
        .keep_alive_while_idle(true))
}

/// Connects to a host, whatever address it is asked for: `:authority` may be another name.
struct TcpConnector {
    host: String,
    port: u16,
}

/// Connects to a socket in the file system.
struct UnixConnector(PathBuf);

type ConnectFuture<S> = Pin<Box<dyn Future<Output = io::Result<TokioIo<S>>> + Send>>;

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = ConnectFuture<TcpStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (host, port) = (self.host.clone(), self.port);
        Box::pin(async move {
            let socket = TcpStream::connect((host, port)).await?;
            socket.set_nodelay(true)?;
            Ok(TokioIo::new(socket))
        })
    }
}

impl Service<Uri> for UnixConnector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = ConnectFuture<UnixStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}
