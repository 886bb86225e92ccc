//! `WebhookMessage`: an event as it is sent to an endpoint.

use serde_json::json;

use crate::document::rollout::timestamp::format_rfc3339;
use crate::event_log::SealedEvent;

/// The hexadecimal digits of an event's hash that are its id.
const ID_DIGITS: usize = 32;

/// An event as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// The id, which is the same for every attempt and every endpoint: a receiver drops those that it has seen.
    pub id: String,
    /// The body in JSON.
    pub body: String,
}

impl WebhookMessage {
    /// Returns the message of an event.
    pub fn of(sealed: &SealedEvent) -> WebhookMessage {
        let event = sealed.event();
        let hash = sealed.hash().to_string();
        let hash = hash.strip_prefix("sha256:").unwrap_or(&hash);
        let seconds = i64::try_from(event.at_ms / 1000).unwrap_or(0);
        let body = json!({
            "type": event.kind.name(),
            "timestamp": format_rfc3339(seconds),
            "data": {
                "environment": event.environment,
                "revision": event.seq,
                "flag": event.flag,
                "actor": { "kind": event.actor.kind.name(), "name": event.actor.name },
                "reason": event.reason,
                "change": event.change,
                "contentHash": event.document.to_string(),
            },
        });
        WebhookMessage {
            id: format!("evt_{}", hash.get(..ID_DIGITS).unwrap_or(hash)),
            body: body.to_string(),
        }
    }
}
