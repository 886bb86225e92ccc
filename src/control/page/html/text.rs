//! Text of pages: paths, times, durations and shortened texts.

use std::time::Duration;

use maud::Markup;
use maud::html;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::document::rollout::timestamp::format_rfc3339;

/// A text for one segment or parameter of a URL.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The path of the flags of an environment.
pub fn environment_path(environment: &str) -> String {
    format!("/environments/{}", encode(environment))
}

/// The path of a flag.
pub fn flag_path(environment: &str, key: &str) -> String {
    format!("{}/flags/{}", environment_path(environment), encode(key))
}

/// The beginning of a text, with an ellipsis if more follows.
pub fn shorten(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// A point in time and how long ago it was, both in words.
pub fn time(at_ms: u64, now_ms: u64) -> Markup {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(0);
    let exact = format_rfc3339(seconds);
    let shown = exact.replace('T', " ").replace('Z', " UTC");
    let ago = ago(Duration::from_millis(now_ms.saturating_sub(at_ms)));
    html! { time datetime=(exact) title=(shown) { (ago) } }
}

/// The same, with the exact time in front.
pub fn exact_time(at_ms: u64, now_ms: u64) -> Markup {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(0);
    let exact = format_rfc3339(seconds);
    let shown = exact.replace('T', " ").replace('Z', " UTC");
    let ago = ago(Duration::from_millis(now_ms.saturating_sub(at_ms)));
    html! { time datetime=(exact) { (shown) } " (" (ago) ")" }
}

fn ago(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0..2 => "just now".to_owned(),
        _ => format!("{} ago", duration(elapsed)),
    }
}

/// A duration in its largest unit.
pub fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    counted(count, unit)
}

/// A number and its noun.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit() {
        for (seconds, text) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7200, "2 hours"),
            (172_800, "2 days"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
        assert_eq!(ago(Duration::from_millis(1500)), "just now");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äö ü", 3), "äö…");
    }

    #[test]
    fn keys_are_one_segment_of_a_path() {
        assert_eq!(
            flag_path("prod", "a/b?c"),
            "/environments/prod/flags/a%2Fb%3Fc"
        );
    }
}
