//! Options that set certificates for TLS.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static TLS: &[&OptionSpec] = &[&SERVER_CERT_PATH, &SERVER_KEY_PATH, &CLIENT_CA_PATH];

/// `--server-cert-path`
pub static SERVER_CERT_PATH: OptionSpec = with_default(
    "server-cert-path",
    Some('c'),
    "PATH",
    "",
    "Certificate chain in PEM; evaluation, flag sync and OFREP then accept only TLS. Reloaded when the file changes",
);

/// `--server-key-path`
pub static SERVER_KEY_PATH: OptionSpec = with_default(
    "server-key-path",
    Some('k'),
    "PATH",
    "",
    "Private key of the certificate in PEM",
);

/// `--client-ca-path`
pub static CLIENT_CA_PATH: OptionSpec = with_default(
    "client-ca-path",
    None,
    "PATH",
    "",
    "Certificate authorities of clients in PEM; clients without a certificate signed by one of these authorities are rejected",
);
