//! The kinds of private keys of the server.

use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::serve::listen::tls::TlsPaths;
use rcgen::CertificateParams;
use rcgen::KeyPair;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::server::certificates::connect_tls;
use crate::support::server::certificates::openssl_req_params;
use crate::support::server::certificates::self_signed;
use crate::support::server::certificates::serve_tls;
use crate::support::server::certificates::source_client;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::p521::P521Key;
use crate::support::server::p521::SignatureDigest;
use crate::support::server::p521::der;
use crate::support::server::p521::pem;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::temp_dir::TempDir;

const RSA_2048: &str = include_str!("../../../data/tls/rsa-2048.pem");
const RSA_8192: &str = include_str!("../../../data/tls/rsa-8192.pem");
/// Self-signed for a hundred years: rcgen cannot sign with this key.
const RSA_8192_CERTIFICATE: &str = include_str!("../../../data/tls/rsa-8192-certificate.pem");
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const SECP256K1: &[u8] = b"\x06\x05\x2b\x81\x04\x00\x0a";
const P224: &[u8] = b"\x06\x05\x2b\x81\x04\x00\x21";

/// Serves with a key, whose certificate is self-signed with `CA:TRUE`, and sends a request as a source would.
async fn check_served((certificate, key): &(String, String)) {
    let directory = TempDir::new();
    let certificate = directory.write("cert.pem", certificate);
    let paths = TlsPaths {
        key: directory.write("key.pem", key),
        certificate: certificate.clone(),
        client_ca: None,
    };
    let server = serve_tls(directory.path(), paths).await;
    let connector = source_client(&certificate, None);
    let client = connect_tls(&connector, server.port, HttpVersion::Http2).await;
    let mut client = client.unwrap_or_else(|error| panic!("{error}: {key}"));
    let answer = client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await;
    assert_eq!(answer.json()["value"], true);
}

fn pem_bytes(key: &str) -> Vec<u8> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    key.secret_der().to_vec()
}

/// The private key inside PKCS#8, which is its last `length` bytes.
fn inner_key(pkcs8: &str, label: &str, length: usize) -> String {
    let bytes = pem_bytes(pkcs8);
    pem(label, &bytes[bytes.len() - length..])
}

#[tokio::test]
async fn keys_are_read_as_pkcs8_pkcs1_and_sec1() {
    let params = openssl_req_params();
    let (certificate, p256) = self_signed(&params);
    // ring writes 109 bytes of SEC1.
    let sec1 = inner_key(&p256, "EC PRIVATE KEY", 109);
    check_served(&(certificate.clone(), p256)).await;
    check_served(&(certificate, sec1)).await;
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        check_served(&(certificate.pem(), key.serialize_pem())).await;
    }
    let rsa = KeyPair::from_pem(RSA_2048).expect("a key");
    let certificate = params.self_signed(&rsa).expect("a certificate").pem();
    let length = rsa.serialized_der().len() - 26;
    let pkcs1 = inner_key(RSA_2048, "RSA PRIVATE KEY", length);
    check_served(&(certificate.clone(), RSA_2048.to_owned())).await;
    check_served(&(certificate, pkcs1)).await;
}

#[tokio::test]
async fn rsa_keys_with_8192_bits_are_served() {
    let certificate = RSA_8192_CERTIFICATE.to_owned();
    let length = pem_bytes(RSA_8192).len() - 26;
    let pkcs1 = inner_key(RSA_8192, "RSA PRIVATE KEY", length);
    check_served(&(certificate.clone(), pkcs1)).await;
    check_served(&(certificate, RSA_8192.to_owned())).await;
}

#[tokio::test]
async fn p521_keys_are_served() {
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    for (params, digest) in [
        (openssl_req_params(), SignatureDigest::Sha256),
        (leaf, SignatureDigest::Sha512),
    ] {
        let key = P521Key::new(7, digest);
        let certificate = key.self_signed(&params);
        check_served(&(certificate.clone(), key.pkcs8_pem())).await;
        check_served(&(certificate, key.sec1_pem())).await;
    }
}

#[test]
fn p521_key_must_match_the_certificate() {
    let directory = TempDir::new();
    let (key, other) = (
        P521Key::new(7, SignatureDigest::Sha512),
        P521Key::new(8, SignatureDigest::Sha512),
    );
    let paths = TlsPaths {
        certificate: directory.write("cert.pem", key.self_signed(&openssl_req_params())),
        key: directory.write("key.pem", other.pkcs8_pem()),
        client_ca: None,
    };
    let error = ReloadableTlsConfig::load(paths).expect_err("another key");
    assert!(error.contains("KeyMismatch"), "{error}");
}

/// An RSA key in PKCS#1 of which only the size is right.
fn rsa(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let modulus = [vec![0], vec![0xff; bits / 8]].concat();
    let fields = [der(2, &[0]), der(2, &modulus), der(2, exponent)];
    der(0x30, &fields.concat())
}

fn pkcs8(algorithm: &[u8], key: &[u8]) -> String {
    let fields = [der(2, &[0]), der(0x30, algorithm), der(4, key)];
    pem("PRIVATE KEY", &der(0x30, &fields.concat()))
}

fn sec1(curve: &[u8]) -> String {
    let fields = [der(2, &[1]), der(4, &[7; 32]), der(0xa0, curve)];
    pem("EC PRIVATE KEY", &der(0x30, &fields.concat()))
}

#[test]
fn unsupported_keys_are_named_with_the_supported_kinds() {
    let directory = TempDir::new();
    let certificate = directory.write("cert.pem", self_signed(&openssl_req_params()).0);
    let check = |key: String, part: &str, names_supported: bool| {
        let paths = TlsPaths {
            certificate: certificate.clone(),
            key: directory.write("key.pem", key),
            client_ca: None,
        };
        let error = ReloadableTlsConfig::load(paths).expect_err(part);
        assert!(error.contains(part) && error.contains("key.pem"), "{error}");
        assert!(!error.contains("unexpected error"), "{error}");
        let supported =
            "supported are RSA keys with 2048 to 8192 bits, ECDSA keys on P-256, P-384 and P-521";
        assert_eq!(error.contains(supported), names_supported, "{error}");
    };
    let usual = &[1, 0, 1];
    let pkcs1 = |bits, exponent: &[u8]| pem("RSA PRIVATE KEY", &rsa(bits, exponent));
    check(pkcs1(1024, usual), ": an RSA key with 1024 bits;", true);
    check(pkcs1(9216, usual), ": an RSA key with 9216 bits;", true);
    check(
        pkcs8(RSA_ENCRYPTION, &rsa(8192, usual)),
        ": a damaged RSA key with 8192 bits;",
        true,
    );
    check(
        pkcs1(2048, &[3]),
        "an RSA key with 2048 bits and an exponent below 65537",
        true,
    );
    check(pkcs1(2048, usual), "a damaged RSA key with 2048 bits", true);
    check(sec1(SECP256K1), "an ECDSA key on secp256k1", true);
    check(
        pkcs8(&[EC_PUBLIC_KEY, P224].concat(), b""),
        "an ECDSA key on P-224",
        true,
    );
    check(pkcs8(b"\x06\x03\x2b\x65\x71", b""), "an Ed448 key", true);
    check(
        pkcs8(b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01", b""),
        "a DSA key",
        true,
    );
    check(
        pem("PRIVATE KEY", b"0\0"),
        "an unknown kind of key, or a damaged one",
        true,
    );
    check(
        pem("EC PRIVATE KEY", b""),
        "an unknown kind of key, or a damaged one",
        true,
    );
    check(
        pem("ENCRYPTED PRIVATE KEY", b"0\0"),
        "the private key is encrypted: decrypt it",
        false,
    );
    check(pem("CERTIFICATE", b"0\0"), "no private key found", false);
}
