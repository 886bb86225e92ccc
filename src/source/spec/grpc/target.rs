//! Parses the target of a gRPC source: `host:port`, and the schemes of gRPC's name resolvers.

use std::path::PathBuf;

use http::uri::Authority;

use crate::source::spec::redact_url::redact_url;

/// The address of a connection, and the name of the server on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcTarget {
    /// The address to connect to.
    pub address: DialAddress,
    /// The `:authority` of calls; its host is also the name that the server's certificate must have.
    pub authority: Authority,
}

/// The address to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialAddress {
    /// To a host.
    Tcp {
        /// Its name or address.
        host: Box<str>,
        /// The port.
        port: u16,
    },
    /// To a socket in the file system.
    Unix(PathBuf),
}

/// The port of a target without a port, as in gRPC.
const DEFAULT_PORT: u16 = 443;

impl GrpcTarget {
    /// Parses a target.
    ///
    /// # Errors
    /// A message for the operator, if the target is invalid or unsupported.
    pub fn parse(text: &str) -> Result<GrpcTarget, String> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let shown = &redact_url(text);
        match scheme.to_ascii_lowercase().as_str() {
            "dns" => parse_dns(shown, rest),
            "envoy" => parse_envoy(shown, rest),
            // flagd documents `uds`, but hands it to the DNS resolver.
            "unix" | "uds" => parse_unix(shown, rest),
            "xds" => Err(format!(
                "invalid target `{shown}`: xDS is not supported; use dns:///HOST:PORT for a host, or \
                 envoy://HOST:PORT/SERVICE for a local proxy"
            )),
            "unix-abstract" => Err(format!(
                "invalid target `{shown}`: abstract sockets are not supported; use unix:/PATH"
            )),
            _ => parse_host(shown, text),
        }
    }
}

fn parse_dns(shown: &str, rest: &str) -> Result<GrpcTarget, String> {
    match rest.strip_prefix("//") {
        None => parse_host(shown, rest),
        Some(rest) => match rest.strip_prefix('/') {
            Some(name) => parse_host(shown, name),
            None => Err(format!(
                "invalid target `{shown}`: a DNS server cannot be set; write dns:///HOST:PORT, with three slashes"
            )),
        },
    }
}

fn parse_host(shown: &str, name: &str) -> Result<GrpcTarget, String> {
    let authority = parse_authority(shown, name)?;
    Ok(GrpcTarget {
        address: tcp_address(shown, &authority)?,
        authority,
    })
}

fn parse_unix(shown: &str, rest: &str) -> Result<GrpcTarget, String> {
    let path = match rest.strip_prefix("//") {
        Some(path) if !path.starts_with('/') => "",
        Some(path) => path,
        None => rest,
    };
    if path.is_empty() {
        return Err(format!(
            "invalid target `{shown}`: write unix:PATH or unix:///PATH"
        ));
    }
    Ok(GrpcTarget {
        address: DialAddress::Unix(path.into()),
        authority: Authority::from_static("localhost"),
    })
}

fn parse_envoy(shown: &str, rest: &str) -> Result<GrpcTarget, String> {
    let parts = rest
        .strip_prefix("//")
        .and_then(|rest| rest.split_once('/'));
    let Some((address, service)) = parts.filter(|(_, s)| !s.is_empty() && !s.contains('/')) else {
        return Err(format!(
            "invalid target `{shown}`: write envoy://HOST:PORT/SERVICE"
        ));
    };
    let address = parse_authority(shown, address)?;
    if address.port().is_none() {
        return Err(format!(
            "invalid target `{shown}`: the port is missing; write envoy://HOST:PORT/SERVICE"
        ));
    }
    Ok(GrpcTarget {
        address: tcp_address(shown, &address)?,
        authority: parse_authority(shown, service)?,
    })
}

fn parse_authority(shown: &str, name: &str) -> Result<Authority, String> {
    let parsed = name.parse::<Authority>().ok();
    let sound = |a: &Authority| !a.host().is_empty() && !a.as_str().contains('@');
    parsed.filter(sound).ok_or_else(|| {
        format!(
            "invalid target `{shown}`: `{}` is not HOST:PORT",
            redact_url(name)
        )
    })
}

fn tcp_address(shown: &str, authority: &Authority) -> Result<DialAddress, String> {
    let host = authority.host();
    let named = authority.as_str().len() > host.len();
    let port = match authority.port_u16() {
        Some(port) => port,
        None if named => return Err(format!("invalid target `{shown}`: invalid port")),
        None => DEFAULT_PORT,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').into();
    Ok(DialAddress::Tcp { host, port })
}
