//! `Token`: a token as the store keeps it, without its secret.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::control::access::caller::CallerKind;
use crate::control::access::grant::Grant;
use crate::event_log::parse_content_hash;
use crate::wire::content_hash::ContentHash;

/// The bytes of the hash that are the id of a token.
const ID_BYTES: usize = 8;

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The public id: the first bytes of the hash.
    pub id: Arc<str>,
    /// The SHA-256 of the secret.
    pub hash: ContentHash,
    /// The name of the actor in the log.
    pub name: String,
    /// The kind.
    pub kind: CallerKind,
    /// The grants.
    pub grants: Arc<[Grant]>,
    /// Of a publishable key: the origins of pages that may use it.
    pub origins: Arc<[String]>,
    /// The time at which it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The name of the actor who made it.
    pub created_by: String,
    /// The time from which it is invalid.
    pub expires_ms: Option<u64>,
}

impl Token {
    /// The id of the token with this hash.
    pub fn id_of(hash: &ContentHash) -> Arc<str> {
        let mut id = String::with_capacity(2 * ID_BYTES);
        for byte in hash.0.iter().take(ID_BYTES) {
            let _ = write!(id, "{byte:02x}");
        }
        id.into()
    }

    /// Returns true if the token is not valid any more.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_ms.is_some_and(|expires| expires <= now_ms)
    }

    /// The token as the API shows it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": &*self.id,
            "name": self.name,
            "kind": self.kind.name(),
            "grants": self.grants.iter().map(Grant::to_json).collect::<Vec<Value>>(),
            "origins": &*self.origins,
            "createdMs": self.created_ms,
            "createdBy": self.created_by,
            "expiresMs": self.expires_ms,
        })
    }

    /// The token as the store keeps it.
    pub fn to_stored(&self) -> String {
        let mut stored = self.to_json();
        if let Some(members) = stored.as_object_mut() {
            members.insert("hash".to_owned(), json!(self.hash.to_string()));
        }
        stored.to_string()
    }

    /// Parses a token that the store keeps; `None` if it is damaged.
    pub fn from_stored(text: &str) -> Option<Token> {
        let stored: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| stored.get(name)?.as_str();
        let hash = parse_content_hash(text("hash")?)?;
        let grants = stored.get("grants")?.as_array()?.iter();
        let grants: Result<Vec<Grant>, String> = grants.map(Grant::from_json).collect();
        let origins = stored.get("origins")?.as_array()?.iter();
        let origins = origins.map(|origin| origin.as_str().map(ToOwned::to_owned));
        Some(Token {
            id: Token::id_of(&hash),
            hash,
            name: text("name")?.to_owned(),
            kind: CallerKind::parse(text("kind")?)?,
            grants: grants.ok()?.into(),
            origins: origins.collect::<Option<Vec<String>>>()?.into(),
            created_ms: stored.get("createdMs")?.as_u64()?,
            created_by: text("createdBy")?.to_owned(),
            expires_ms: stored.get("expiresMs")?.as_u64(),
        })
    }
}
