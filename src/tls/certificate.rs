//! Checks a trusted certificate that a peer presents itself.
//!
//! Go accepts such a certificate without a chain (`x509.Certificate.Verify`: the roots contain the leaf), even that of an
//! authority. webpki rejects authorities as peers (`CaUsedAsEndEntity`), so that its check of the chain is replaced by
//! the checks that Go makes: the time, and the extended key usage.

use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::UnixTime;

use crate::document::calendar;
use crate::tls::der::DerReader;
use crate::tls::der::INTEGER;
use crate::tls::der::OBJECT_IDENTIFIER;
use crate::tls::der::OCTET_STRING;

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `id-ce-extKeyUsage`
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// `id-ce-subjectAltName`
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// `anyExtendedKeyUsage`
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// The role of the peer that presents a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRole {
    /// A TLS server.
    Server,
    /// A TLS client.
    Client,
}

impl PeerRole {
    /// The object identifier of the extended key usage.
    fn usage(self) -> &'static [u8] {
        match self {
            PeerRole::Server => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
            PeerRole::Client => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
        }
    }
}

/// The fields of a certificate that the checks need.
struct Fields<'c> {
    /// In seconds since 1970.
    not_before: u64,
    not_after: u64,
    extensions: DerReader<'c>,
}

/// Checks that a trusted certificate is valid at a time, and may be used by a peer in this role.
///
/// # Errors
/// If it is not.
pub fn check_trusted(
    certificate: &CertificateDer<'_>,
    role: PeerRole,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let fields = Fields::parse(certificate).ok_or(CertificateError::BadEncoding)?;
    let instant = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    if now.as_secs() < fields.not_before {
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before: instant(fields.not_before),
        });
    }
    if now.as_secs() > fields.not_after {
        return Err(CertificateError::ExpiredContext {
            time: now,
            not_after: instant(fields.not_after),
        });
    }
    let Some(usages) = find_extension(fields.extensions, EXTENDED_KEY_USAGE) else {
        return Ok(());
    };
    let mut usages = DerReader(usages)
        .sequence()
        .ok_or(CertificateError::BadEncoding)?;
    let mut usages = std::iter::from_fn(|| usages.expect(OBJECT_IDENTIFIER));
    if usages.any(|usage| usage == role.usage() || usage == ANY_USAGE) {
        return Ok(());
    }
    Err(CertificateError::InvalidPurpose)
}

/// Returns true if the certificate has names of servers. Certificates of public authorities have none.
pub fn has_server_names(certificate: &CertificateDer<'_>) -> bool {
    Fields::parse(certificate)
        .and_then(|fields| find_extension(fields.extensions, SUBJECT_ALTERNATIVE_NAME))
        .is_some()
}

/// Returns the time when a certificate expires, in seconds since 1970; `None` if it is malformed.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    i64::try_from(Fields::parse(certificate)?.not_after).ok()
}

impl<'c> Fields<'c> {
    /// Parses a certificate; `None` if it is malformed.
    fn parse(certificate: &'c [u8]) -> Option<Fields<'c>> {
        let mut signed = DerReader(certificate).sequence()?.sequence()?;
        // The version is absent in version 1.
        signed.optional(0xa0);
        signed.expect(INTEGER)?;
        // The algorithm of the signature and the issuer.
        signed.sequence()?;
        signed.sequence()?;
        let mut validity = signed.sequence()?;
        let not_before = parse_time(validity.read()?)?;
        let not_after = parse_time(validity.read()?)?;
        // The subject and its key.
        signed.sequence()?;
        signed.sequence()?;
        // Identifiers of the issuer and of the subject, which nobody uses.
        signed.optional(0x81);
        signed.optional(0x82);
        let extensions = match signed.optional(0xa3) {
            Some(extensions) => DerReader(extensions).sequence()?,
            None => DerReader(&[]),
        };
        Some(Fields {
            not_before,
            not_after,
            extensions,
        })
    }
}

/// Returns the value of an extension.
fn find_extension<'c>(mut extensions: DerReader<'c>, id: &[u8]) -> Option<&'c [u8]> {
    while let Some(mut extension) = extensions.sequence() {
        if extension.expect(OBJECT_IDENTIFIER)? == id {
            // The flag of a critical extension is optional.
            extension.optional(0x01);
            return extension.expect(OCTET_STRING);
        }
    }
    None
}

/// Returns the seconds since 1970 of a time, 0 before that.
fn parse_time((tag, text): (u8, &[u8])) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(text.len().checked_sub(10)?)?;
    let written: i64 = year.parse().ok()?;
    let year = match (tag, year.len()) {
        (GENERALIZED_TIME, 4) => written,
        // RFC 5280, 4.1.2.5.1.
        (UTC_TIME, 2) if written < 50 => 2000 + written,
        (UTC_TIME, 2) => 1900 + written,
        _ => return None,
    };
    let field = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let days = calendar::days_from_civil(year, field(0)?, field(2)?);
    let seconds = ((days * 24 + field(4)?) * 60 + field(6)?) * 60 + field(8)?;
    Some(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::der::SEQUENCE;

    #[test]
    fn expiry_is_read_from_both_forms_of_time() {
        for year in [2030, 2060] {
            let mut params = rcgen::CertificateParams::new(vec!["a".to_owned()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            let key = rcgen::KeyPair::generate().expect("a key");
            let certificate = params.self_signed(&key).expect("a certificate");
            let days = calendar::days_from_civil(i64::from(year), 2, 3);
            assert_eq!(not_after(certificate.der()), Some(days * 86_400), "{year}");
            for length in 0..certificate.der().len() {
                // A truncated certificate is refused or read, without a panic.
                let _ = not_after(certificate.der().get(..length).unwrap_or(&[]));
            }
        }
        assert_eq!(not_after(b""), None);
        assert_eq!(not_after(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
