//! What a gRPC source is connected to: `host:port`, and the schemes of gRPC's name resolvers.

use std::path::PathBuf;

use http::uri::Authority;

use crate::source::spec::render::veiled;

/// Where a connection goes, and what the server is called on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where the connection goes.
    pub dial: Dial,
    /// The `:authority` of calls; its host is also the name that the server's certificate must have.
    pub authority: Authority,
}

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dial {
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

/// The port of a target that names none, as in gRPC.
const DEFAULT_PORT: u16 = 443;

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Target, String> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let shown = &veiled(text);
        match scheme.to_ascii_lowercase().as_str() {
            "dns" => dns(shown, rest),
            "envoy" => envoy(shown, rest),
            // flagd documents `uds`, but hands it to the DNS resolver.
            "unix" | "uds" => unix(shown, rest),
            "xds" => Err(format!(
                "invalid target `{shown}`: there is no xDS client here; name the host with dns:///HOST:PORT, or the \
                 local proxy with envoy://HOST:PORT/SERVICE"
            )),
            "unix-abstract" => Err(format!(
                "invalid target `{shown}`: abstract sockets are not supported; use unix:/PATH"
            )),
            _ => host(shown, text),
        }
    }
}

fn dns(shown: &str, rest: &str) -> Result<Target, String> {
    match rest.strip_prefix("//") {
        None => host(shown, rest),
        Some(rest) => match rest.strip_prefix('/') {
            Some(name) => host(shown, name),
            None => Err(format!(
                "invalid target `{shown}`: the system resolves names; write dns:///HOST:PORT, with three slashes"
            )),
        },
    }
}

fn host(shown: &str, name: &str) -> Result<Target, String> {
    let authority = authority(shown, name)?;
    Ok(Target {
        dial: tcp(shown, &authority)?,
        authority,
    })
}

fn unix(shown: &str, rest: &str) -> Result<Target, String> {
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
    Ok(Target {
        dial: Dial::Unix(path.into()),
        authority: Authority::from_static("localhost"),
    })
}

fn envoy(shown: &str, rest: &str) -> Result<Target, String> {
    let parts = rest
        .strip_prefix("//")
        .and_then(|rest| rest.split_once('/'));
    let Some((address, service)) = parts.filter(|(_, s)| !s.is_empty() && !s.contains('/')) else {
        return Err(format!(
            "invalid target `{shown}`: write envoy://HOST:PORT/SERVICE"
        ));
    };
    let address = authority(shown, address)?;
    if address.port().is_none() {
        return Err(format!(
            "invalid target `{shown}`: the port is missing; write envoy://HOST:PORT/SERVICE"
        ));
    }
    Ok(Target {
        dial: tcp(shown, &address)?,
        authority: authority(shown, service)?,
    })
}

fn authority(shown: &str, name: &str) -> Result<Authority, String> {
    let parsed = name.parse::<Authority>().ok();
    let sound = |a: &Authority| !a.host().is_empty() && !a.as_str().contains('@');
    parsed.filter(sound).ok_or_else(|| {
        format!(
            "invalid target `{shown}`: `{}` is not HOST:PORT",
            veiled(name)
        )
    })
}

fn tcp(shown: &str, authority: &Authority) -> Result<Dial, String> {
    let host = authority.host();
    let named = authority.as_str().len() > host.len();
    let port = match authority.port_u16() {
        Some(port) => port,
        None if named => return Err(format!("invalid target `{shown}`: not a port")),
        None => DEFAULT_PORT,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').into();
    Ok(Dial::Tcp { host, port })
}
