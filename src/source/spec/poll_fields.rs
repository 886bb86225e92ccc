//! The fields of sources that are polled: the interval and the time limit.

use std::time::Duration;

use crate::limits;
use crate::source::spec::field_reader::SpecFieldReader;

/// The longest interval, in seconds, as in flagd.
const MAX_INTERVAL_SECONDS: u32 = 86_400;
/// The interval of a source that sets none, in seconds, as in flagd.
const DEFAULT_INTERVAL_SECONDS: u32 = 5;

/// Returns the time between two polls.
pub fn interval(fields: &mut SpecFieldReader<'_>) -> Duration {
    let interval = fields
        .positive_integer("interval", u32::MAX)
        .unwrap_or(DEFAULT_INTERVAL_SECONDS);
    if interval > MAX_INTERVAL_SECONDS {
        let why = format!("polling interval {interval}s exceeds maximum {MAX_INTERVAL_SECONDS}s");
        fields.add_mistake("interval", &why);
    }
    Duration::from_secs(interval.into())
}

/// Returns the time limit of a request and its response.
pub fn timeout(fields: &mut SpecFieldReader<'_>) -> Duration {
    let seconds = fields.positive_integer("timeoutS", MAX_INTERVAL_SECONDS);
    seconds.map_or(limits::FETCH_TIMEOUT, |seconds| {
        Duration::from_secs(seconds.into())
    })
}
