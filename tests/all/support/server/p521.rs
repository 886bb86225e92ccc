//! Certificates with keys on the curve P-521, which rcgen can write only with another library than ring.
//!
//! rcgen writes a key on P-384. Both identifiers of the curves differ in one byte, which is replaced before the certificate
//! is signed, and in the result.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use p521::ecdsa;
use p521::ecdsa::signature::hazmat::PrehashSigner as _;
use rcgen::CertificateParams;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::PKCS_ECDSA_P384_SHA384;
use rcgen::PublicKeyData;
use rcgen::SignatureAlgorithm;
use rcgen::SigningKey;
use sha2::Digest as _;

/// A digest of signatures: the last byte of its identifier.
#[derive(Debug, Clone, Copy)]
pub enum SignatureDigest {
    Sha256 = 2,
    Sha384 = 3,
    Sha512 = 4,
}

/// A key on the curve P-521.
pub struct P521Key {
    secret: Vec<u8>,
    point: Vec<u8>,
    key: ecdsa::SigningKey,
    digest: SignatureDigest,
}

impl P521Key {
    /// The key with this secret number, which is small, but as good as any other here.
    pub fn new(secret: u8, digest: SignatureDigest) -> P521Key {
        let mut number = vec![0; 66];
        number[65] = secret;
        let key = ecdsa::SigningKey::from_slice(&number).expect("a key");
        let point = ecdsa::VerifyingKey::from(&key).to_encoded_point(false);
        P521Key {
            secret: number,
            point: point.as_bytes().to_vec(),
            key,
            digest,
        }
    }

    /// The key in PEM, as `openssl ecparam -genkey` writes it.
    pub fn sec1_pem(&self) -> String {
        pem("EC PRIVATE KEY", &self.sec1())
    }

    /// The key in PEM, as `openssl genpkey` writes it.
    pub fn pkcs8_pem(&self) -> String {
        let algorithm = [&b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"[..], &P521_ID].concat();
        let fields = [
            b"\x02\x01\x00".to_vec(),
            der(0x30, &algorithm),
            der(4, &self.sec1()),
        ];
        pem("PRIVATE KEY", &der(0x30, &fields.concat()))
    }

    fn sec1(&self) -> Vec<u8> {
        let point = [&b"\0"[..], &self.point].concat();
        let fields = [
            b"\x02\x01\x01".to_vec(),
            der(4, &self.secret),
            der(0xa0, &P521_ID),
            der(0xa1, &der(3, &point)),
        ];
        der(0x30, &fields.concat())
    }

    /// A certificate of this key that is signed by itself, in PEM.
    pub fn self_signed(&self, params: &CertificateParams) -> String {
        let made = params.self_signed(self).expect("a certificate");
        pem("CERTIFICATE", &correct(made.der(), self.digest))
    }

    /// A certificate for a new key that is signed by this key, and the new key, in PEM.
    pub fn sign(&self, own: &CertificateParams, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let issuer = Issuer::from_params(own, self);
        let made = params.signed_by(&key, &issuer).expect("a certificate");
        let certificate = pem("CERTIFICATE", &correct(made.der(), self.digest));
        (certificate, key.serialize_pem())
    }
}

impl PublicKeyData for P521Key {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P384_SHA384
    }
}

impl SigningKey for P521Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let message = correct(message, self.digest);
        let digest = match self.digest {
            SignatureDigest::Sha256 => sha2::Sha256::digest(message).to_vec(),
            SignatureDigest::Sha384 => sha2::Sha384::digest(message).to_vec(),
            SignatureDigest::Sha512 => sha2::Sha512::digest(message).to_vec(),
        };
        let padded = [vec![0; 66 - digest.len()], digest].concat();
        let signature: ecdsa::Signature = self.key.sign_prehash(&padded).expect("a signature");
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

const P384_ID: [u8; 7] = *b"\x06\x05\x2b\x81\x04\x00\x22";
const P521_ID: [u8; 7] = *b"\x06\x05\x2b\x81\x04\x00\x23";
const ECDSA_WITH_SHA384: [u8; 10] = *b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";

/// Replaces the identifiers of P-384 and of its signatures.
fn correct(der: &[u8], digest: SignatureDigest) -> Vec<u8> {
    let mut signature_id = ECDSA_WITH_SHA384;
    signature_id[9] = digest as u8;
    let corrected = replace(der, &P384_ID, &P521_ID);
    replace(&corrected, &ECDSA_WITH_SHA384, &signature_id)
}

/// Replaces bytes by as many others.
fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut result = bytes.to_vec();
    for at in 0..bytes.len().saturating_sub(old.len()) {
        if bytes[at..].starts_with(old) {
            result[at..at + new.len()].copy_from_slice(new);
        }
    }
    result
}

/// A value in DER with less than 64 KiB.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len())
        .expect("a short value")
        .to_be_bytes();
    let head = match content.len() {
        0..128 => vec![tag, low],
        128..256 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

/// Bytes as PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("text"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
