//! TLS of clients and servers: the cryptography, the certificates that are trusted, and how peers are verified.
//!
//! Chains are verified by webpki. Go accepts more than webpki does, and flagd is used with such certificates; this module
//! accepts them too: a trusted certificate that a peer presents itself, ECDSA on the curve P-521, and RSA keys with up to
//! 8192 bits.

mod der;
mod ecdsa_p521;
pub mod certificate;
pub mod client_verifier;
pub mod private_key;
pub mod provider;
mod rsa;
pub mod server_verifier;
pub mod trust_store;
