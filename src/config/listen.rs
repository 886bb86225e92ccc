//! Resolves the bind address and the Unix sockets.

use std::net::IpAddr;

use crate::config::option::resolver::OptionResolver;
use crate::config::option::spec::OptionSpec;
use crate::config::option::table;
use crate::serve::listen::addr::ListenAddr;

/// Returns the address to listen on; `None` for all interfaces.
pub fn bind_address<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<IpAddr> {
    options.parsed(
        &table::ports::BIND_ADDRESS,
        "must be an IP address such as 127.0.0.1 or ::1",
        |text| {
            if text.is_empty() {
                return Some(None);
            }
            text.parse().ok().map(Some)
        },
    )
}

/// Returns the Unix socket that replaces a port, if one is set.
pub fn unix_socket<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
    option: &'static OptionSpec,
) -> Option<ListenAddr> {
    options
        .optional_string(option)
        .map(|path| ListenAddr::Unix(path.into()))
}
