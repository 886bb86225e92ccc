//! Detects that a gRPC server closed the connection because of too many keepalive pings (`too_many_pings`).

use std::time::Duration;

/// Returns true if the service may have closed the connection because of too many pings. gRPC in Go allows one ping in
/// 5 minutes by default, and sends GOAWAY at the third one above that. Its reason is often lost with the connection;
/// then the time since the last message indicates it: about four ping intervals.
pub fn may_be_ping_limit(why: &str, silence: Duration, ping_interval: Duration) -> bool {
    let words = ["too_many_pings", "ENHANCE_YOUR_CALM", "excessive load"];
    let pings_were_answered = !why.contains("keep-alive timed out");
    let moment = silence > ping_interval * 3 && silence < ping_interval * 6;
    words.iter().any(|word| why.contains(word)) || (pings_were_answered && moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_rejection_is_recognized_by_message_or_timing() {
        let seconds = Duration::from_secs;
        let minds = |why, silence| may_be_ping_limit(why, seconds(silence), seconds(30));
        assert!(minds("GOAWAY: too_many_pings", 1));
        assert!(minds("stream closed because of a broken pipe", 121));
        assert!(!minds("stream closed because of a broken pipe", 20));
        assert!(!minds("stream closed because of a broken pipe", 2000));
        assert!(!minds("keep-alive timed out", 121));
    }
}
