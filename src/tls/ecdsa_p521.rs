//! ECDSA on the curve P-521: algorithms that verify signatures, and keys that sign.

use std::fmt;
use std::sync::Arc;

use p521::ecdsa;
use p521::ecdsa::signature::hazmat::PrehashSigner as _;
use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls::Error;
use rustls::SignatureAlgorithm;
use rustls::SignatureScheme;
use rustls::pki_types::AlgorithmIdentifier;
use rustls::pki_types::InvalidSignature;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::alg_id;
use rustls::sign::Signer;
use rustls::sign::SigningKey;
use rustls::sign::public_key_to_spki;
use sha2::Digest as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;

use crate::tls::der::left_pad;
use crate::tls::private_key;

/// The bytes of a number of the curve.
const NUMBER_BYTES: usize = 66;

/// The algorithms with every digest. OpenSSL signs certificates with SHA-256 unless another is chosen.
pub const ALL: &[&dyn SignatureVerificationAlgorithm] = &[&SHA256, &SHA384, &SHA512];
/// The algorithm with SHA-256.
pub const WITH_SHA256: &[&dyn SignatureVerificationAlgorithm] = &[&SHA256];
/// The algorithm with SHA-384.
pub const WITH_SHA384: &[&dyn SignatureVerificationAlgorithm] = &[&SHA384];
/// The algorithm with SHA-512.
pub const WITH_SHA512: &[&dyn SignatureVerificationAlgorithm] = &[&SHA512];

static SHA256: Verification = Verification {
    signature_id: alg_id::ECDSA_SHA256,
    digest: |message| left_pad(&Sha256::digest(message)),
};
static SHA384: Verification = Verification {
    signature_id: alg_id::ECDSA_SHA384,
    digest: |message| left_pad(&Sha384::digest(message)),
};
static SHA512: Verification = Verification {
    signature_id: alg_id::ECDSA_SHA512,
    digest: |message| left_pad(&Sha512::digest(message)),
};

/// A number of the curve; `None` if its bytes are too many. Digests are shorter than the curve's order, so that a digest
/// is this number.
type Number = Option<[u8; NUMBER_BYTES]>;

/// The algorithm with one digest.
struct Verification {
    signature_id: AlgorithmIdentifier,
    digest: fn(&[u8]) -> Number,
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("signature_id", &self.signature_id)
            .finish_non_exhaustive()
    }
}

impl SignatureVerificationAlgorithm for Verification {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = ecdsa::VerifyingKey::from_sec1_bytes(public_key);
        let signature = ecdsa::Signature::from_der(signature);
        let digest = (self.digest)(message).ok_or(InvalidSignature)?;
        let verified = key.and_then(|key| key.verify_prehash(&digest, &signature?));
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature_id
    }
}

/// Returns a signing key, if `key` is one on this curve.
pub fn load_private_key(key: &PrivateKeyDer<'_>) -> Option<P521SigningKey> {
    let secret = left_pad::<NUMBER_BYTES>(private_key::p521_secret(key)?)?;
    let key = ecdsa::SigningKey::from_slice(&secret).ok()?;
    Some(P521SigningKey(Arc::new(key)))
}

/// A private key on this curve.
pub struct P521SigningKey(Arc<ecdsa::SigningKey>);

impl fmt::Debug for P521SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("P521SigningKey").finish_non_exhaustive()
    }
}

impl SigningKey for P521SigningKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let signer: Box<dyn Signer> = Box::new(P521SigningKey(self.0.clone()));
        offered
            .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
            .then_some(signer)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        let point = ecdsa::VerifyingKey::from(&*self.0).to_encoded_point(false);
        Some(public_key_to_spki(&alg_id::ECDSA_P521, point))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for P521SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = || Error::General("signing failed".to_owned());
        let digest = left_pad::<NUMBER_BYTES>(&Sha512::digest(message)).ok_or_else(failed)?;
        let signature: ecdsa::Signature = self.0.sign_prehash(&digest).map_err(|_| failed())?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}
