//! `PageContext`: what all pages share.

use std::sync::Arc;

use http::StatusCode;

use crate::control::access::Verb;
use crate::control::api::ApiContext;
use crate::control::api::authorization;
use crate::control::environment::Environment;
use crate::control::page::html::response::PageError;
use crate::control::page::session::signed_in::SignedIn;
use crate::control::page::session::table::Sessions;

/// The context that all pages share.
#[derive(Clone)]
pub struct PageContext {
    /// The context of the API.
    pub api: ApiContext,
    /// The sessions.
    pub sessions: Arc<Sessions>,
}

impl PageContext {
    /// Returns the environment of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn environment(&self, name: &str) -> Result<&Arc<Environment>, PageError> {
        self.api.environments.get(name).ok_or_else(|| {
            let text = format!("There is no environment “{name}”.");
            PageError::new(StatusCode::NOT_FOUND, text)
        })
    }

    /// Returns the environment of this name, in which the person may do what `verb` names to a flag.
    ///
    /// # Errors
    /// If there is none, or the grant is missing.
    pub fn environment_of_flag(
        &self,
        signed_in: &SignedIn,
        verb: Verb,
        (environment, key): (&str, &str),
    ) -> Result<&Arc<Environment>, PageError> {
        let found = self.environment(environment)?;
        let owner = authorization::owner_of(&found.revision(), key);
        let caller = &signed_in.caller;
        caller.require(verb, environment, Some(key), owner.as_deref())?;
        Ok(found)
    }
}
