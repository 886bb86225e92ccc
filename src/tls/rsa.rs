//! RSA keys with more than 4096 bits, with which ring verifies but does not sign.
//!
//! A signature takes tens of milliseconds. ring verifies each one before it is sent: a fault in the computation would
//! reveal the key.

mod crt;
mod padding;

use std::fmt;
use std::sync::Arc;

use rustls::Error;
use rustls::SignatureAlgorithm;
use rustls::SignatureScheme;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::alg_id;
use rustls::sign::Signer;
use rustls::sign::SigningKey;
use rustls::sign::public_key_to_spki;

use crate::tls::der;
use crate::tls::der::DerReader;
use crate::tls::der::INTEGER;
use crate::tls::der::SEQUENCE;
use crate::tls::private_key;
use crate::tls::rsa::crt::CrtKey;

/// The schemes in the order of preference, as in rustls.
const SCHEMES: [SignatureScheme; 6] = [
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// A private key.
#[derive(Clone)]
pub struct LargeRsaKey(Arc<KeyParts>);

struct KeyParts {
    /// The bits of the modulus.
    bits: usize,
    /// The `RSAPublicKey`.
    public_key: Vec<u8>,
    private_key: CrtKey,
}

/// A key with the scheme of a connection.
#[derive(Debug)]
struct LargeRsaSigner {
    key: LargeRsaKey,
    scheme: SignatureScheme,
}

/// Returns a signing key, if `key` is an RSA key with 4097 to 8192 bits and can sign.
pub fn load_private_key(key: &PrivateKeyDer<'_>) -> Option<LargeRsaKey> {
    let mut fields = DerReader(private_key::rsa_pkcs1(key)?).sequence()?;
    let version = fields.expect(INTEGER)?;
    let modulus = fields.expect(INTEGER)?;
    let exponent = fields.expect(INTEGER)?;
    let _private_exponent = fields.expect(INTEGER)?;
    let bits = der::integer_bits(modulus);
    if version != [0] || !(4097..=8192).contains(&bits) {
        return None;
    }
    let public = [
        der::encode(INTEGER, modulus)?,
        der::encode(INTEGER, exponent)?,
    ];
    let key = LargeRsaKey(Arc::new(KeyParts {
        bits,
        public_key: der::encode(SEQUENCE, &public.concat())?,
        private_key: CrtKey::read(&mut fields)?,
    }));
    // A damaged key is found when it is loaded.
    key.sign(SignatureScheme::RSA_PKCS1_SHA256, b"")
        .map(|_| key)
}

impl LargeRsaKey {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Option<Vec<u8>> {
        let padded = padding::pad(scheme, message, self.0.bits)?;
        let signature = self.0.private_key.sign_padded(&padded)?;
        let algorithms = ring::default_provider().signature_verification_algorithms;
        let (_, verifications) = algorithms.mapping.iter().find(|(of, _)| *of == scheme)?;
        let verification = verifications.first()?;
        let verified = verification.verify_signature(&self.0.public_key, message, &signature);
        verified.is_ok().then_some(signature)
    }
}

impl fmt::Debug for LargeRsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LargeRsaKey").finish_non_exhaustive()
    }
}

impl SigningKey for LargeRsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = SCHEMES
            .into_iter()
            .find(|scheme| offered.contains(scheme))?;
        let key = self.clone();
        Some(Box::new(LargeRsaSigner { key, scheme }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(public_key_to_spki(
            &alg_id::RSA_ENCRYPTION,
            &self.0.public_key,
        ))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for LargeRsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.key.sign(self.scheme, message);
        signature.ok_or_else(|| Error::General("signing failed".to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    const KEY: &[u8] = include_bytes!("../../tests/data/tls/rsa-8192.pem");

    #[test]
    fn every_scheme_has_a_valid_signature() {
        let key = PrivateKeyDer::from_pem_slice(KEY).expect("PEM");
        let key = load_private_key(&key).expect("a key");
        for scheme in SCHEMES {
            let signer = key.choose_scheme(&[SignatureScheme::ED25519, scheme]);
            let signer = signer.expect("a signer");
            assert_eq!(signer.scheme(), scheme);
            // ring has verified it.
            assert_eq!(signer.sign(b"message").expect("a signature").len(), 1024);
        }
        assert!(key.choose_scheme(&[SignatureScheme::ED25519]).is_none());
    }

    #[test]
    fn damaged_key_is_refused() {
        let key = PrivateKeyDer::from_pem_slice(KEY).expect("PEM");
        let mut bytes = key.secret_der().to_vec();
        let last = bytes.last_mut().expect("bytes");
        *last ^= 1;
        let damaged = PrivateKeyDer::try_from(bytes).expect("the same form");
        assert!(load_private_key(&damaged).is_none());
    }
}
