//! `TokenRegistry`: the valid tokens of the process, by the hash of their secret.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwap;

use crate::control::access::caller::Administrators;
use crate::control::access::caller::Caller;
use crate::control::access::caller::CallerKind;
use crate::control::access::grant::EnvironmentScope;
use crate::control::access::grant::Grant;
use crate::control::access::token::Token;
use crate::wire::content_hash::ContentHash;

/// The name of the actor who has the bootstrap token, and the id under which its requests are counted.
pub const BOOTSTRAP: &str = "bootstrap";
/// The most tokens.
pub const MAX_TOKENS: usize = 10_000;

/// A token in use.
#[derive(Debug)]
pub struct LiveToken {
    /// The token.
    pub token: Token,
    /// The time of its last request in milliseconds since 1970; 0 if there was none.
    pub last_used_ms: AtomicU64,
}

/// The tokens at one time.
#[derive(Debug, Default)]
struct TokenSet {
    by_hash: HashMap<ContentHash, Arc<LiveToken>>,
    administrators: Arc<Administrators>,
}

/// Why a secret is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedSecret {
    /// No token has it.
    Unknown,
    /// Its token has expired; with its name.
    Expired(String),
}

impl fmt::Display for RefusedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefusedSecret::Unknown => f.write_str("the bearer token is not valid"),
            RefusedSecret::Expired(name) => {
                write!(f, "the token `{name}` has expired: ask for a new one")
            }
        }
    }
}

/// The valid tokens. Readers see each change as a whole.
#[derive(Debug, Default)]
pub struct TokenRegistry {
    tokens: ArcSwap<TokenSet>,
    changes: Mutex<()>,
}

impl TokenRegistry {
    /// A registry with these tokens, each with the time of its last request.
    pub fn new(tokens: impl IntoIterator<Item = (Token, u64)>) -> TokenRegistry {
        let live = tokens.into_iter().map(|(token, last_used_ms)| {
            let last_used_ms = AtomicU64::new(last_used_ms);
            (
                token.hash,
                Arc::new(LiveToken {
                    token,
                    last_used_ms,
                }),
            )
        });
        let registry = TokenRegistry::default();
        registry
            .tokens
            .store(Arc::new(TokenSet::new(live.collect())));
        registry
    }

    /// Returns the caller who has a secret, and its token. Notes the time.
    ///
    /// # Errors
    /// If no valid token has this secret.
    pub fn authenticate(
        &self,
        secret: &[u8],
        now_ms: u64,
    ) -> Result<(Caller, Arc<LiveToken>), RefusedSecret> {
        let tokens = self.tokens.load();
        // The lookup is by hash: its time depends on nothing that a caller could use to find a secret byte by byte.
        let live = tokens.by_hash.get(&ContentHash::of(secret));
        let live = live.ok_or(RefusedSecret::Unknown)?;
        let token = &live.token;
        if token.is_expired(now_ms) {
            return Err(RefusedSecret::Expired(token.name.clone()));
        }
        live.last_used_ms.fetch_max(now_ms, Ordering::Relaxed);
        let caller = Caller::new(
            &token.name,
            token.kind,
            token.id.clone(),
            token.grants.clone(),
            tokens.administrators.clone(),
        );
        Ok((caller, live.clone()))
    }

    /// The caller who has the bootstrap token: every grant.
    pub fn bootstrap(&self) -> Caller {
        Caller::new(
            BOOTSTRAP,
            CallerKind::Person,
            BOOTSTRAP.into(),
            [Grant::everything()].into(),
            self.tokens.load().administrators.clone(),
        )
    }

    /// Returns all tokens, sorted by name and id.
    pub fn list(&self) -> Vec<Arc<LiveToken>> {
        let tokens = self.tokens.load();
        let mut all: Vec<_> = tokens.by_hash.values().cloned().collect();
        all.sort_by(|a, b| {
            let key = |live: &LiveToken| format!("{} {}", live.token.name, live.token.id);
            key(a).cmp(&key(b))
        });
        all
    }

    /// Returns the token with this id.
    pub fn find(&self, id: &str) -> Option<Arc<LiveToken>> {
        let tokens = self.tokens.load();
        let mut all = tokens.by_hash.values();
        all.find(|live| *live.token.id == *id).cloned()
    }

    /// Returns true if no more tokens fit.
    pub fn is_full(&self) -> bool {
        self.tokens.load().by_hash.len() >= MAX_TOKENS
    }

    /// Adds a token.
    pub fn insert(&self, token: Token) {
        self.change(|by_hash| {
            let last_used_ms = AtomicU64::new(0);
            by_hash.insert(
                token.hash,
                Arc::new(LiveToken {
                    token,
                    last_used_ms,
                }),
            );
        });
    }

    /// Adds a token whose revocation was not recorded, so that it can be found and revoked again. It is not valid.
    pub fn insert_revoked(&self, live: &LiveToken) {
        let mut token = live.token.clone();
        token.expires_ms = Some(0);
        self.insert(token);
    }

    /// Removes the token with this id.
    pub fn remove(&self, id: &str) {
        self.change(|by_hash| by_hash.retain(|_, live| *live.token.id != *id));
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<ContentHash, Arc<LiveToken>>)) {
        let _one_at_a_time = self.lock();
        let mut by_hash = self.tokens.load().by_hash.clone();
        change(&mut by_hash);
        self.tokens.store(Arc::new(TokenSet::new(by_hash)));
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenSet {
    fn new(by_hash: HashMap<ContentHash, Arc<LiveToken>>) -> TokenSet {
        let mut administrators: Administrators =
            vec![(BOOTSTRAP.to_owned(), EnvironmentScope::All)];
        for live in by_hash.values() {
            let complete = live.token.grants.iter().filter(|grant| grant.is_complete());
            let complete =
                complete.map(|grant| (live.token.name.clone(), grant.environment.clone()));
            administrators.extend(complete);
        }
        administrators
            .get_mut(1..)
            .unwrap_or_default()
            .sort_by(|(a, _), (b, _)| a.cmp(b));
        TokenSet {
            by_hash,
            administrators: Arc::new(administrators),
        }
    }
}
