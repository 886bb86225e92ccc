//! The validity of fanion's own certificate, and the metric of its expiry.
//!
//! rustls checks the times of a peer's certificate and accepts any certificate of its own.

use std::time::SystemTime;

use crate::limits;
use crate::metric::family::MetricFamily;

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
