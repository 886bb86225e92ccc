//! `ShownFlag`: a flag, what was decided about it, and where it is.

use http::StatusCode;

use crate::control::environment::Environment;
use crate::control::environment::EnvironmentStatus;
use crate::control::model::flag_state::FlagState;
use crate::control::page::flag::exposure::FlagExposure;
use crate::control::page::html::response::PageError;
use crate::control::page::html::text;
use crate::ruleset::CompiledFlag;

/// A flag and what was decided about it.
pub struct ShownFlag<'v> {
    /// The flag as it is served.
    pub flag: &'v CompiledFlag,
    /// What was decided about it.
    pub state: FlagState,
    /// How far it has reached.
    pub exposure: FlagExposure,
    /// The path of its page.
    pub path: String,
    /// Its environment.
    pub environment: &'v Environment,
    /// The status of its environment.
    pub status: &'v EnvironmentStatus,
}

impl<'v> ShownFlag<'v> {
    /// The view of a flag.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(
        environment: &'v Environment,
        status: &'v EnvironmentStatus,
        key: &str,
    ) -> Result<ShownFlag<'v>, PageError> {
        let flag = status.revision.snapshot.ruleset.flag(key);
        let flag = flag.ok_or_else(|| {
            let text = format!("There is no flag “{}”.", text::shorten(key, 200));
            PageError::new(StatusCode::NOT_FOUND, text)
        })?;
        let state = status.state.flag(key);
        Ok(ShownFlag {
            flag,
            exposure: FlagExposure::of(flag, &state),
            state,
            path: text::flag_path(&environment.name, key),
            environment,
            status,
        })
    }
}
