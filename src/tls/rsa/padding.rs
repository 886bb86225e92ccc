//! The paddings of RSA signatures (RFC 8017, section 9).

use rustls::SignatureScheme;
use rustls::crypto::ring;
use sha2::Digest as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;

/// A digest of RSA signatures.
#[derive(Debug, Clone, Copy)]
enum SignedDigest {
    Sha256,
    Sha384,
    Sha512,
}

impl SignedDigest {
    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        let message = parts.concat();
        match self {
            SignedDigest::Sha256 => Sha256::digest(message).to_vec(),
            SignedDigest::Sha384 => Sha384::digest(message).to_vec(),
            SignedDigest::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The DER of `DigestInfo` before the digest.
    fn digest_info(self) -> [u8; 19] {
        let (total, algorithm, length) = match self {
            SignedDigest::Sha256 => (0x31, 1, 0x20),
            SignedDigest::Sha384 => (0x41, 2, 0x30),
            SignedDigest::Sha512 => (0x51, 3, 0x40),
        };
        [
            0x30, total, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            algorithm, 0x05, 0x00, 0x04, length,
        ]
    }
}

/// Pads a message for a signature of this scheme, to the length of a modulus with `bits` bits. `None` if the scheme is
/// not one of RSA, or there are no random numbers.
pub fn pad(scheme: SignatureScheme, message: &[u8], bits: usize) -> Option<Vec<u8>> {
    match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => pad_pkcs1(SignedDigest::Sha256, message, bits),
        SignatureScheme::RSA_PKCS1_SHA384 => pad_pkcs1(SignedDigest::Sha384, message, bits),
        SignatureScheme::RSA_PKCS1_SHA512 => pad_pkcs1(SignedDigest::Sha512, message, bits),
        SignatureScheme::RSA_PSS_SHA256 => pad_pss(SignedDigest::Sha256, message, bits),
        SignatureScheme::RSA_PSS_SHA384 => pad_pss(SignedDigest::Sha384, message, bits),
        SignatureScheme::RSA_PSS_SHA512 => pad_pss(SignedDigest::Sha512, message, bits),
        _ => None,
    }
}

/// EMSA-PKCS1-v1_5.
fn pad_pkcs1(digest: SignedDigest, message: &[u8], bits: usize) -> Option<Vec<u8>> {
    let end = [&digest.digest_info()[..], &digest.of(&[message])].concat();
    let filler = bits.div_ceil(8).checked_sub(end.len() + 3)?;
    Some([&[0, 1][..], &vec![0xff; filler], &[0], &end].concat())
}

/// EMSA-PSS with a salt as long as the digest.
fn pad_pss(digest: SignedDigest, message: &[u8], bits: usize) -> Option<Vec<u8>> {
    let hashed = digest.of(&[message]);
    let mut salt = vec![0; hashed.len()];
    let random = ring::default_provider().secure_random;
    random.fill(&mut salt).ok()?;
    let hash = digest.of(&[&[0; 8], &hashed, &salt]);
    let length = (bits - 1).div_ceil(8);
    let filler = length.checked_sub(hash.len() + salt.len() + 2)?;
    let mut block = [&vec![0; filler][..], &[1], &salt].concat();
    for (byte, mask) in block.iter_mut().zip(mask(digest, &hash, length)) {
        *byte ^= mask;
    }
    if let Some(first) = block.first_mut() {
        *first &= 0xff >> (8 * length - (bits - 1));
    }
    // One bit more than bytes: the signature is one byte longer than the padded message.
    let zeros = vec![0; bits.div_ceil(8) - length];
    Some([&zeros[..], &block, &hash, &[0xbc]].concat())
}

/// MGF1: at least `length` bytes.
fn mask(digest: SignedDigest, seed: &[u8], length: usize) -> Vec<u8> {
    let blocks = (0_u32..).map(|counter| digest.of(&[seed, &counter.to_be_bytes()]));
    blocks.take(length.div_ceil(seed.len())).flatten().collect()
}
