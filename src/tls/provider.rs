//! The crypto provider of all TLS connections: ring, and keys that ring does not support: ECDSA on P-521, and RSA with
//! more than 4096 bits.

use std::sync::Arc;
use std::sync::LazyLock;

use rustls::Error;
use rustls::SignatureScheme;
use rustls::crypto::CryptoProvider;
use rustls::crypto::KeyProvider;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

use crate::tls::ecdsa_p521;
use crate::tls::private_key;
use crate::tls::rsa;

/// The algorithms of ring and P-521. rustls takes them as static slices.
static SIGNATURE_ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> = LazyLock::new(|| {
    let ring = ring::default_provider().signature_verification_algorithms;
    let all = [ring.all, ecdsa_p521::ALL].concat();
    let mut mapping = ring.mapping.to_vec();
    for (scheme, algorithms) in &mut mapping {
        // TLS 1.2 does not bind a scheme to a curve. TLS 1.3 does, and uses only the first algorithm.
        let more = match scheme {
            SignatureScheme::ECDSA_NISTP256_SHA256 => ecdsa_p521::WITH_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384 => ecdsa_p521::WITH_SHA384,
            _ => continue,
        };
        *algorithms = [*algorithms, more].concat().leak();
    }
    mapping.push((
        SignatureScheme::ECDSA_NISTP521_SHA512,
        ecdsa_p521::WITH_SHA512,
    ));
    WebPkiSupportedAlgorithms {
        all: all.leak(),
        mapping: mapping.leak(),
    }
});

/// Returns the crypto provider.
pub fn crypto_provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        signature_verification_algorithms: *SIGNATURE_ALGORITHMS,
        key_provider: &Keys,
        ..ring::default_provider()
    })
}

/// Loads private keys.
#[derive(Debug)]
struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        if let Some(key) = ecdsa_p521::load_private_key(&key) {
            return Ok(Arc::new(key));
        }
        if let Some(key) = rsa::load_private_key(&key) {
            return Ok(Arc::new(key));
        }
        ring::sign::any_supported_type(&key)
            .map_err(|_| Error::General(private_key::describe_unsupported(&key)))
    }
}

/// Returns the text of an error of a certificate or key, in one line.
pub fn describe_error(error: Error) -> String {
    match error {
        // rustls puts `unexpected error` before the text.
        Error::General(text) => text,
        error => error.to_string(),
    }
}
