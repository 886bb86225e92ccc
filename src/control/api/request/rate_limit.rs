//! `RateLimits`: a token bucket for each token. Kills are never limited.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::control::api::problem::Problem;

/// The most buckets. A full one is the same as none, so buckets that are full again are dropped.
const MAX_BUCKETS: usize = 10_000;
/// A bucket holds the requests of so many seconds.
const BURST_SECONDS: u32 = 2;

/// The rates of requests by token.
#[derive(Debug)]
pub struct RateLimits {
    per_second: u32,
    buckets: Mutex<HashMap<Arc<str>, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// The requests that are possible at once.
    available: f64,
    at: Instant,
}

/// What is left of a rate after a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remaining {
    per_second: u32,
    /// The requests that are possible at once.
    pub requests: u32,
    /// The time until one more is possible, if none is.
    pub wait: Option<Duration>,
}

impl RateLimits {
    /// At most this many requests in a second and token, after a burst; 0 for no limit.
    pub fn new(per_second: u32) -> RateLimits {
        RateLimits {
            per_second,
            buckets: Mutex::default(),
        }
    }

    /// Takes a request of a token out of its bucket. `None` if there is no limit.
    pub fn take(&self, token_id: &Arc<str>, now: Instant) -> Option<Remaining> {
        if self.per_second == 0 {
            return None;
        }
        let rate = f64::from(self.per_second);
        let size = f64::from(self.per_second.saturating_mul(BURST_SECONDS));
        let filled = |bucket: &Bucket| {
            let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.available + elapsed * rate).min(size)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(token_id) {
            buckets.retain(|_, bucket| filled(bucket) < size);
            if buckets.len() >= MAX_BUCKETS {
                buckets.clear();
            }
        }
        let full = Bucket {
            available: size,
            at: now,
        };
        let bucket = buckets.entry(token_id.clone()).or_insert(full);
        let available = filled(bucket);
        let is_allowed = available >= 1.0;
        *bucket = Bucket {
            available: if is_allowed {
                available - 1.0
            } else {
                available
            },
            at: now,
        };
        let wait = (!is_allowed).then(|| Duration::from_secs_f64((1.0 - available) / rate));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a bucket holds from 0 to `size` requests"
        )]
        let requests = bucket.available as u32;
        Some(Remaining {
            per_second: self.per_second,
            requests,
            wait,
        })
    }
}

impl Remaining {
    /// Returns the refusal if nothing is left.
    ///
    /// # Errors
    /// If nothing is left.
    pub fn check(&self) -> Result<(), Problem> {
        let Some(wait) = self.wait else {
            return Ok(());
        };
        let why = format!(
            "more than {} requests in a second with this token: wait {} ms",
            self.per_second,
            wait.as_millis() + 1
        );
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            why,
        ))
    }

    /// Adds the fields of <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>, and `Retry-After` to a
    /// refusal.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let quota = self.per_second.saturating_mul(BURST_SECONDS);
        let reset = self.wait.map_or(1, |wait| wait.as_secs() + 1);
        let fields = [
            (
                "ratelimit-policy",
                format!("\"token\";q={quota};w={BURST_SECONDS}"),
            ),
            (
                "ratelimit",
                format!("\"token\";r={};t={reset}", self.requests),
            ),
        ];
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        if self.wait.is_some() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(reset));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_passes_then_the_rate() {
        let limits = RateLimits::new(10);
        let (token, start) = (Arc::from("a"), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        let passes = |token: &Arc<str>, millis| {
            let remaining = limits.take(token, at(millis)).expect("a limit");
            remaining.check().is_ok()
        };
        assert!((0..20).all(|_| passes(&token, 0)));
        assert!(!passes(&token, 0) && !passes(&token, 99));
        assert!(passes(&token, 100) && !passes(&token, 100));
        assert!(passes(&Arc::from("b"), 100));
        // A clock that is set back gives nothing away.
        assert!(!passes(&token, 0));
        assert!((0..20).all(|_| passes(&token, 60_000)) && !passes(&token, 60_000));
    }

    #[test]
    fn number_of_buckets_is_bounded() {
        let limits = RateLimits::new(1);
        let now = Instant::now();
        for number in 0..3 * MAX_BUCKETS {
            limits.take(&number.to_string().into(), now);
        }
        assert!(limits.buckets.lock().expect("no panic").len() <= MAX_BUCKETS);
    }

    #[test]
    fn refusal_says_when_to_try_again() {
        let limits = RateLimits::new(1);
        let (token, now) = (Arc::from("a"), Instant::now());
        let all: Vec<_> = (0..3).filter_map(|_| limits.take(&token, now)).collect();
        let mut headers = HeaderMap::new();
        for remaining in all {
            remaining.add_headers(&mut headers);
        }
        assert_eq!(headers["ratelimit-policy"], "\"token\";q=2;w=2");
        assert_eq!(headers["ratelimit"], "\"token\";r=0;t=2");
        assert_eq!(headers["retry-after"], "2");
    }
}
