//! `SignedIn`: a person with a session.

use crate::control::access::Caller;
use crate::control::page::session::table::Session;

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person, with the grants of the token.
    pub caller: Caller,
    /// The session.
    pub session: Session,
}
