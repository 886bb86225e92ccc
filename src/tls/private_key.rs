//! Private keys in PEM files, and the kinds of keys that are not supported.

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem;
use rustls::pki_types::pem::PemObject as _;

use crate::tls::der::DerReader;
use crate::tls::der::INTEGER;
use crate::tls::der::OBJECT_IDENTIFIER;
use crate::tls::der::OCTET_STRING;
use crate::tls::der::integer_bits;

/// The supported keys, for error messages.
const SUPPORTED: &str = "supported are RSA keys with 2048 to 8192 bits, ECDSA keys on P-256, P-384 and P-521, and \
                         Ed25519 keys, in PKCS#8, PKCS#1 or SEC1";

/// `rsaEncryption`
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-ecPublicKey`
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `secp521r1`
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// Parses the first private key in PEM.
///
/// # Errors
/// If there is none, with the reason for the operator.
pub fn parse(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        let encrypted = pem.windows(9).any(|window| window == b"ENCRYPTED");
        match error {
            _ if encrypted => "the private key is encrypted: decrypt it, for instance with `openssl pkey`".to_owned(),
            pem::Error::NoItemsFound => {
                "no private key found: PEM with `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY` is expected".to_owned()
            }
            error => error.to_string(),
        }
    })
}

/// Returns an error message for a key that is not supported. It names the kind of the key and the supported kinds.
pub fn describe_unsupported(key: &PrivateKeyDer<'_>) -> String {
    let kind = match key {
        PrivateKeyDer::Pkcs1(key) => describe_rsa(key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => describe_ec(sec1_curve(key.secret_sec1_der())),
        PrivateKeyDer::Pkcs8(key) => describe_pkcs8(key.secret_pkcs8_der()),
        _ => None,
    };
    let kind = kind.unwrap_or_else(|| "an unknown kind of key, or a damaged one".to_owned());
    format!("unsupported private key: {kind}; {SUPPORTED}")
}

/// Returns the secret number of a key on the curve P-521, if the key is one.
pub fn p521_secret<'k>(key: &'k PrivateKeyDer<'_>) -> Option<&'k [u8]> {
    let sec1 = match key {
        PrivateKeyDer::Sec1(key) => {
            let sec1 = key.secret_sec1_der();
            sec1_curve(sec1)
                .filter(|curve| *curve == P521)
                .map(|_| sec1)?
        }
        PrivateKeyDer::Pkcs8(key) => {
            let parts = Pkcs8::parse(key.secret_pkcs8_der())?;
            let is_p521 = parts.algorithm == EC_PUBLIC_KEY && parts.curve == Some(P521);
            Some(parts.key).filter(|_| is_p521)?
        }
        _ => return None,
    };
    let mut fields = DerReader(sec1).sequence()?;
    fields.expect(INTEGER)?;
    fields.expect(OCTET_STRING)
}

/// Returns the `RSAPrivateKey`, if the key is one of RSA.
pub fn rsa_pkcs1<'k>(key: &'k PrivateKeyDer<'_>) -> Option<&'k [u8]> {
    match key {
        PrivateKeyDer::Pkcs1(key) => Some(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => {
            let parts = Pkcs8::parse(key.secret_pkcs8_der())?;
            (parts.algorithm == RSA_ENCRYPTION).then_some(parts.key)
        }
        _ => None,
    }
}

/// The parts of a key in PKCS#8.
struct Pkcs8<'k> {
    algorithm: &'k [u8],
    curve: Option<&'k [u8]>,
    /// The key, encoded as its algorithm requires.
    key: &'k [u8],
}

impl<'k> Pkcs8<'k> {
    fn parse(der: &'k [u8]) -> Option<Pkcs8<'k>> {
        let mut fields = DerReader(der).sequence()?;
        fields.expect(INTEGER)?;
        let mut algorithm = fields.sequence()?;
        Some(Pkcs8 {
            algorithm: algorithm.expect(OBJECT_IDENTIFIER)?,
            curve: algorithm.optional(OBJECT_IDENTIFIER),
            key: fields.expect(OCTET_STRING)?,
        })
    }
}

/// Returns the curve of a key in SEC1.
fn sec1_curve(der: &[u8]) -> Option<&[u8]> {
    let mut fields = DerReader(der).sequence()?;
    fields.expect(INTEGER)?;
    fields.expect(OCTET_STRING)?;
    DerReader(fields.optional(0xa0)?).expect(OBJECT_IDENTIFIER)
}

fn describe_pkcs8(der: &[u8]) -> Option<String> {
    let Pkcs8 {
        algorithm,
        curve,
        key,
    } = Pkcs8::parse(der)?;
    match algorithm {
        EC_PUBLIC_KEY => describe_ec(curve),
        RSA_ENCRYPTION => describe_rsa(key),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => {
            Some("an RSA key that is restricted to PSS".to_owned())
        }
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => Some("a DSA key".to_owned()),
        [0x2b, 0x65, 0x6e] => Some("an X25519 key".to_owned()),
        [0x2b, 0x65, 0x70] => Some("a damaged Ed25519 key".to_owned()),
        [0x2b, 0x65, 0x71] => Some("an Ed448 key".to_owned()),
        _ => None,
    }
}

fn describe_rsa(der: &[u8]) -> Option<String> {
    let mut fields = DerReader(der).sequence()?;
    let version = fields.expect(INTEGER)?;
    let modulus = integer_bits(fields.expect(INTEGER)?);
    let exponent = integer_bits(fields.expect(INTEGER)?);
    Some(match modulus {
        2048..=8192 if version != [0] => {
            format!("an RSA key with {modulus} bits and more than two primes")
        }
        // ring requires 65537 or more for keys that sign.
        2048..=4096 if exponent < 17 => {
            format!("an RSA key with {modulus} bits and an exponent below 65537")
        }
        2048..=8192 => format!("a damaged RSA key with {modulus} bits"),
        _ => format!("an RSA key with {modulus} bits"),
    })
}

fn describe_ec(curve: Option<&[u8]>) -> Option<String> {
    let known = match curve? {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => "P-256",
        [0x2b, 0x81, 0x04, 0x00, 0x22] => "P-384",
        P521 => return Some("a damaged ECDSA key on P-521".to_owned()),
        [0x2b, 0x81, 0x04, 0x00, 0x21] => return Some("an ECDSA key on P-224".to_owned()),
        [0x2b, 0x81, 0x04, 0x00, 0x0a] => return Some("an ECDSA key on secp256k1".to_owned()),
        _ => return Some("an ECDSA key on another curve".to_owned()),
    };
    Some(format!(
        "an ECDSA key on {known} that lacks its public key or is damaged"
    ))
}
