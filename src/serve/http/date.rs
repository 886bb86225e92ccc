//! The `Date` header of responses.
//!
//! hyper keeps its text until the clock has passed the next second: after the clock is set back, the text would stay the
//! same until the clock reaches the old time again.

use std::cell::RefCell;
use std::time::Duration;
use std::time::SystemTime;

use http::HeaderMap;
use http::HeaderValue;
use http::header;

thread_local! {
    /// The last value on this thread, and its time in seconds since the epoch.
    static LAST: RefCell<(u64, HeaderValue)> = const { RefCell::new((u64::MAX, HeaderValue::from_static(""))) };
}

/// The current value.
pub fn header_value() -> HeaderValue {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    value_at(now.map_or(0, |now| now.as_secs()))
}

/// Adds the header to a response.
pub fn add(headers: &mut HeaderMap) {
    headers.insert(header::DATE, header_value());
}

/// The value at this time, in seconds since the epoch.
fn value_at(second: u64) -> HeaderValue {
    LAST.with_borrow_mut(|(last, value)| {
        if *last != second {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            let text = httpdate::fmt_http_date(time);
            *value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
            *last = second;
        }
        value.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_follows_a_clock_that_is_set_back() {
        assert_eq!(value_at(86_400), "Fri, 02 Jan 1970 00:00:00 GMT");
        assert_eq!(value_at(1), "Thu, 01 Jan 1970 00:00:01 GMT");
    }
}
