//! `FleetEnvironment`: an environment as the sync port serves it, and the tokens that choose it.

use std::sync::Arc;

use http::HeaderMap;
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;

use crate::control::fleet::history::History;
use crate::control::fleet::message_cache::MessageCache;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::revision::Revision;
use crate::serve::http::auth::bearer_token;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// An environment.
#[derive(Debug, Clone)]
pub struct FleetEnvironment {
    /// Its name.
    pub name: String,
    /// Its newest revision.
    pub revision: watch::Receiver<Arc<Revision>>,
    /// Its replicas.
    pub replicas: Arc<ReplicaRegistry>,
    /// Its revisions in the store.
    pub history: History,
}

/// An environment with its encoded messages.
#[derive(Debug)]
pub struct ServedEnvironment {
    /// The environment.
    pub environment: FleetEnvironment,
    /// The messages of its revisions.
    pub messages: MessageCache,
}

impl Revision {
    /// Its identity.
    pub fn id(&self) -> RevisionId {
        RevisionId {
            epoch: self.epoch,
            number: self.number,
            content_hash: self.content_hash,
        }
    }
}

/// The tokens of flag sync: the SHA-256 of each, and the name of its environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetTokens(pub Vec<(ContentHash, String)>);

impl FleetTokens {
    /// The index of the environment of a request, by its bearer token. Without tokens, every request gets the only
    /// environment.
    ///
    /// # Errors
    /// If a token is needed, and the request has no valid one.
    pub fn environment_of(&self, headers: &HeaderMap, names: &[&str]) -> Result<usize, RpcError> {
        if self.0.is_empty() && names.len() == 1 {
            return Ok(0);
        }
        let given = bearer_token::from_headers(headers);
        let given = given.map_err(|why| unauthenticated(why, names.len()))?;
        let given = ContentHash::of(given);
        // All are compared, so that the time does not reveal which one matched.
        let found = self.0.iter().fold(None, |found, (hash, name)| {
            let is_equal: bool = hash.0.ct_eq(&given.0).into();
            if is_equal { Some(name) } else { found }
        });
        let position = found.and_then(|name| names.iter().position(|known| known == name));
        position.ok_or_else(|| unauthenticated("the bearer token is not valid", names.len()))
    }
}

fn unauthenticated(why: &str, environments: usize) -> RpcError {
    let help = if environments == 1 {
        "set `authHeader` of the source to `Bearer TOKEN`"
    } else {
        "the token selects one of several environments; set `authHeader` of the source to `Bearer TOKEN`"
    };
    RpcError::new(RpcCode::Unauthenticated, format!("{why}: {help}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn environment_of(
        tokens: &[(&str, &str)],
        header: &str,
        names: &[&str],
    ) -> Result<usize, String> {
        let mut headers = HeaderMap::new();
        if !header.is_empty() {
            let value = HeaderValue::from_str(header).expect("a header");
            headers.insert("authorization", value);
        }
        let tokens = tokens.iter();
        let tokens =
            tokens.map(|(token, name)| (ContentHash::of(token.as_bytes()), (*name).to_owned()));
        let found = FleetTokens(tokens.collect()).environment_of(&headers, names);
        found.map_err(|error| error.message.to_string())
    }

    #[test]
    fn token_chooses_the_environment() {
        let tokens = [("one", "prod"), ("two", "staging"), ("three", "gone")];
        let names = ["prod", "staging"];
        assert_eq!(environment_of(&tokens, "Bearer one", &names), Ok(0));
        assert_eq!(environment_of(&tokens, "Bearer two", &names), Ok(1));
        for header in ["", "Bearer three", "Bearer other", "Basic one"] {
            let why = environment_of(&tokens, header, &names).expect_err("no token");
            assert!(
                why.contains("selects one of several environments; set `authHeader`"),
                "{why}"
            );
        }
    }

    #[test]
    fn only_environment_without_tokens_needs_none() {
        assert_eq!(environment_of(&[], "", &["default"]), Ok(0));
        assert_eq!(environment_of(&[], "Bearer any", &["default"]), Ok(0));
        assert!(environment_of(&[("one", "default")], "", &["default"]).is_err());
        assert!(environment_of(&[], "", &["prod", "staging"]).is_err());
    }
}
