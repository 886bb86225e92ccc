//! `Sessions`: who is signed in, in a bounded table. A cookie has a random id; the table has its hash.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use subtle::ConstantTimeEq as _;

use crate::control::access::secret;
use crate::wire::content_hash::ContentHash;

/// The most sessions. Beyond them, the oldest one ends.
pub const MAX_SESSIONS: usize = 1000;
/// The time after which a session ends, however busy it is.
pub const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// The time after which a session without requests ends.
pub const IDLE: Duration = Duration::from_secs(2 * 3600);

/// The sessions.
pub struct Sessions {
    sessions: Mutex<HashMap<ContentHash, Session>>,
    clock: fn() -> Instant,
}

/// One session.
#[derive(Clone)]
pub struct Session {
    /// The token that it began with. Each request is authenticated by it.
    pub token: Vec<u8>,
    /// The secret in each form: another site cannot read it, so it cannot send a form.
    pub csrf: String,
    began: Instant,
    last_used: Instant,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(…)")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    /// Returns true if a form has the secret of this session.
    pub fn is_own_form(&self, given: &str) -> bool {
        self.csrf.as_bytes().ct_eq(given.as_bytes()).into()
    }

    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.began) >= LIFETIME || now.duration_since(self.last_used) >= IDLE
    }
}

impl Sessions {
    /// An empty table.
    pub fn new(clock: fn() -> Instant) -> Sessions {
        Sessions {
            sessions: Mutex::default(),
            clock,
        }
    }

    /// Begins a session with a valid token, and returns its id. `None` if the system has no random bytes.
    pub fn begin(&self, token: &[u8]) -> Option<String> {
        self.begin_at(token, (self.clock)())
    }

    fn begin_at(&self, token: &[u8], now: Instant) -> Option<String> {
        let (id, csrf) = (secret::generate("").ok()?, secret::generate("").ok()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| !session.is_over(now));
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.last_used);
            let oldest = oldest.map(|(hash, _)| *hash);
            oldest.map(|hash| sessions.remove(&hash));
        }
        let session = Session {
            token: token.to_vec(),
            csrf,
            began: now,
            last_used: now,
        };
        sessions.insert(ContentHash::of(id.as_bytes()), session);
        Some(id)
    }

    /// Returns the session with this id, unless it is over.
    pub fn find(&self, id: &str) -> Option<Session> {
        self.find_at(id, (self.clock)())
    }

    fn find_at(&self, id: &str, now: Instant) -> Option<Session> {
        let hash = ContentHash::of(id.as_bytes());
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash)?;
        if session.is_over(now) {
            sessions.remove(&hash);
            return None;
        }
        session.last_used = now;
        Some(session.clone())
    }

    /// Ends a session.
    pub fn end(&self, id: &str) {
        self.lock().remove(&ContentHash::of(id.as_bytes()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ContentHash, Session>> {
        // A panic cannot leave the table inconsistent.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Sessions, Instant) {
        (Sessions::new(Instant::now), Instant::now())
    }

    #[test]
    fn session_is_found_by_its_id_until_it_ends() {
        let (sessions, now) = sessions();
        let id = sessions.begin_at(b"token", now).expect("random bytes");
        let session = sessions.find_at(&id, now).expect("a session");
        assert_eq!(session.token, b"token");
        assert!(session.is_own_form(&session.csrf) && !session.is_own_form(&id));
        assert!(sessions.find_at(&format!("{id}x"), now).is_none());
        assert_eq!(
            format!("{sessions:?} {session:?}"),
            "Sessions(…) Session(…)"
        );
        sessions.end(&id);
        assert!(sessions.find_at(&id, now).is_none());
    }

    #[test]
    fn session_is_over_when_idle_or_after_its_lifetime() {
        let (sessions, now) = sessions();
        let idle = sessions.begin_at(b"token", now).expect("random bytes");
        assert!(sessions.find_at(&idle, now + IDLE).is_none());
        let busy = sessions.begin_at(b"token", now).expect("random bytes");
        let mut at = now;
        while at + IDLE / 2 < now + LIFETIME {
            at += IDLE / 2;
            assert!(sessions.find_at(&busy, at).is_some());
        }
        assert!(sessions.find_at(&busy, now + LIFETIME).is_none());
    }

    #[test]
    fn full_table_ends_the_session_that_is_idle_longest() {
        let (sessions, now) = sessions();
        let begin = |i: u64| {
            let at = now + Duration::from_secs(i);
            sessions.begin_at(b"token", at).expect("random bytes")
        };
        let ids: Vec<String> = (0..=MAX_SESSIONS as u64).map(begin).collect();
        let at = now + Duration::from_secs(2000);
        let found = |id: &String| sessions.find_at(id, at).is_some();
        let found: Vec<bool> = ids.iter().map(found).collect();
        assert!(!found[0] && found[1..].iter().all(|found| *found));
    }
}
