//! The time when a certificate expires, read from its DER encoding, and the metric and the warning about it.
//!
//! rustls checks the times of a peer's certificate and accepts any certificate of its own.
//! The structure is that of <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>.

use std::time::SystemTime;

use crate::document::calendar::days_from_civil;
use crate::limits;
use crate::metric::family::MetricFamily;

const SEQUENCE: u8 = 0x30;
/// The tag of the version of a certificate, which is optional.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The state of a certificate's validity, from good to bad.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// It is valid for some time.
    #[default]
    Valid,
    /// It expires within [`limits::CERTIFICATE_WARNING`].
    ExpiresSoon,
    /// It has expired.
    Expired,
}

/// Returns the validity at `now` of a certificate that expires at `expiry`, in seconds since the epoch.
pub fn validity(expiry: i64, now: SystemTime) -> Validity {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let soon = i64::try_from(limits::CERTIFICATE_WARNING.as_secs()).unwrap_or(i64::MAX);
    if expiry <= now {
        Validity::Expired
    } else if expiry.saturating_sub(now) <= soon {
        Validity::ExpiresSoon
    } else {
        Validity::Valid
    }
}

/// Returns the gauge of the time of expiry, in seconds since the epoch.
pub fn expiry_family(expiry: i64) -> MetricFamily {
    let name = "fanion.tls.certificate_expiry_timestamp";
    let help =
        "Time when the first certificate of the active chain expires, in seconds since the epoch.";
    MetricFamily::gauge(name, "s", help, expiry as f64)
}

/// Returns the time when a certificate expires, in seconds since the epoch; `None` if it is malformed.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    let mut certificate = Elements(certificate).enter()?;
    let mut fields = certificate.enter()?;
    if fields.0.first() == Some(&VERSION) {
        fields.next()?;
    }
    for _serial_algorithm_and_issuer in 0..3 {
        fields.next()?;
    }
    let mut validity = fields.enter()?;
    let _not_before = validity.next()?;
    let (tag, text) = validity.next()?;
    parse_time(tag, std::str::from_utf8(text).ok()?)
}

/// Parses `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn parse_time(tag: u8, text: &str) -> Option<i64> {
    let number = |text: Option<&str>| text?.parse::<i64>().ok();
    let (year, rest) = match tag {
        UTC_TIME => {
            let year = number(text.get(..2))?;
            (year + if year < 50 { 2000 } else { 1900 }, text.get(2..)?)
        }
        GENERALIZED_TIME => (number(text.get(..4))?, text.get(4..)?),
        _ => return None,
    };
    let pair = |at: usize| number(rest.get(2 * at..2 * at + 2));
    let days = days_from_civil(year, pair(0)?, pair(1)?);
    Some(days * 86_400 + pair(2)? * 3600 + pair(3)? * 60 + pair(4)?)
}

/// A sequence of DER elements.
struct Elements<'b>(&'b [u8]);

impl<'b> Elements<'b> {
    /// Returns the tag and the content of the next element.
    fn next(&mut self) -> Option<(u8, &'b [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits
                    .iter()
                    .fold(0, |length, digit| length << 8 | usize::from(*digit));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// Returns the elements in the next element, which is a sequence.
    fn enter(&mut self) -> Option<Elements<'b>> {
        let (tag, content) = self.next()?;
        (tag == SEQUENCE).then_some(Elements(content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn expiry_is_read_from_both_forms_of_time() {
        for year in [2030, 2060] {
            let mut params = rcgen::CertificateParams::new(vec!["a".to_owned()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            let key = rcgen::KeyPair::generate().expect("a key");
            let certificate = params.self_signed(&key).expect("a certificate");
            let days = days_from_civil(i64::from(year), 2, 3);
            assert_eq!(not_after(certificate.der()), Some(days * 86_400), "{year}");
            for length in 0..certificate.der().len() {
                // A truncated certificate is refused or read, without a panic.
                let _ = not_after(certificate.der().get(..length).unwrap_or(&[]));
            }
        }
        assert_eq!(not_after(b""), None);
        assert_eq!(not_after(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn warning_begins_a_week_before_expiry() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let week = 7 * 86_400;
        let found = [0, 1_000_000, 1_000_001, 1_000_000 + week, 1_000_001 + week]
            .map(|expiry| validity(expiry, now));
        let expected = [
            Validity::Expired,
            Validity::Expired,
            Validity::ExpiresSoon,
            Validity::ExpiresSoon,
            Validity::Valid,
        ];
        assert_eq!(found, expected);
    }
}
