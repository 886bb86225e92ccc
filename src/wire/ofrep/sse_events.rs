//! OFREP's change stream: its member in bulk responses, and its server-sent events.
//! <https://github.com/open-feature/protocol/blob/main/service/openapi.yaml>

use std::fmt::Write as _;

use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::json;
use crate::selector::Selector;

/// The path of the stream of all flags; a selector may follow after a slash.
pub const PATH: &str = "/ofrep/v1/sse";
/// The comment that keeps an idle connection open.
pub const KEEP_ALIVE: &str = ":keep-alive\n\n";
const SELECTOR_ESCAPE_SET: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'=')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The stream as bulk responses advertise it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEndpoint {
    /// Scheme, host and port, if they differ from those that clients send evaluations to.
    pub origin: Option<String>,
    /// The number of seconds in the background after which a client should close the stream.
    pub inactivity_delay_secs: u64,
}

impl StreamEndpoint {
    /// The last member of a bulk response for `selector`, with the comma before it. The member must not depend on the
    /// flags, because clients open a new stream each time it changes.
    pub fn event_streams_member(&self, selector: &Selector) -> String {
        let mut out = String::from(",\"eventStreams\":[{\"type\":\"sse\",\"endpoint\":{");
        if let Some(origin) = &self.origin {
            out.push_str("\"origin\":");
            json::write_string(&mut out, origin);
            out.push(',');
        }
        out.push_str("\"requestUri\":");
        json::write_string(&mut out, &request_uri(selector));
        let _ = write!(
            out,
            "}},\"inactivityDelaySec\":{}}}]",
            self.inactivity_delay_secs
        );
        out
    }
}

fn request_uri(selector: &Selector) -> String {
    let text = match selector {
        Selector::All => return PATH.to_owned(),
        Selector::NoFlagSet => "flagSetId=".to_owned(),
        Selector::FlagSet(id) => format!("flagSetId={id}"),
        Selector::Source(name) => format!("source={name}"),
    };
    format!("{PATH}/{}", utf8_percent_encode(&text, SELECTOR_ESCAPE_SET))
}

/// The first bytes of a stream: the retry delay and the tag of the current flags, without an event.
pub fn initial_retry_and_id(tag: &str) -> String {
    format!("retry: 1000\nid: {tag}\n\n")
}

/// The event that makes a client evaluate again.
pub fn refetch_event(tag: &str) -> String {
    format!(
        "id: {tag}\nevent: message\ndata: {{\"type\":\"refetchEvaluation\",\"etag\":\"{tag}\"}}\n\n"
    )
}
