//! `Denial`: the grant that a caller lacks, and who could give it.

use std::fmt;

use crate::control::access::verb::Verb;

/// The most names of administrators in a denial.
const MAX_NAMES: usize = 10;

/// The grant that a caller lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The name of the caller.
    pub caller: String,
    /// The missing verb.
    pub verb: Verb,
    /// The environment.
    pub environment: String,
    /// The flag; `None` for the environment as a whole.
    pub key: Option<String>,
    /// The names of those who could grant it.
    pub grantable_by: Vec<String>,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (caller, verb, environment) = (&self.caller, self.verb.name(), &self.environment);
        write!(f, "`{caller}` lacks the grant `{verb}` ")?;
        match &self.key {
            Some(key) => write!(f, "for flag `{key}` of environment `{environment}`")?,
            None => write!(f, "for all of environment `{environment}`")?,
        }
        let names = self.grantable_by.iter().take(MAX_NAMES);
        let names: Vec<&str> = names.map(String::as_str).collect();
        write!(f, "; it can be granted by {}", names.join(", "))
    }
}

impl std::error::Error for Denial {}
