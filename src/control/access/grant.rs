//! `Grant`: verbs on flags of an environment.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::access::verb::Verb;

/// The name that means all environments.
const ALL_ENVIRONMENTS: &str = "*";
/// The longest name of an environment, key prefix or owner, in bytes.
const MAX_TEXT: usize = 256;

/// Verbs on flags of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The verbs.
    pub verbs: BTreeSet<Verb>,
    /// The environment.
    pub environment: EnvironmentScope,
    /// The flags.
    pub flags: FlagScope,
}

/// The environments of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentScope {
    /// All, also those that are added later.
    All,
    /// The one of this name.
    Named(String),
}

/// The flags of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagScope {
    /// All flags, and the environment as a whole.
    All,
    /// Flags whose keys begin with this text.
    Prefix(String),
    /// Flags of this owner.
    Owner(String),
}

impl EnvironmentScope {
    /// Returns true if the scope has the environment.
    pub fn has(&self, environment: &str) -> bool {
        match self {
            EnvironmentScope::All => true,
            EnvironmentScope::Named(name) => name == environment,
        }
    }

    /// The name in the API.
    pub fn name(&self) -> &str {
        match self {
            EnvironmentScope::All => ALL_ENVIRONMENTS,
            EnvironmentScope::Named(name) => name,
        }
    }

    /// The scope of this name.
    pub fn parse(name: &str) -> EnvironmentScope {
        match name {
            ALL_ENVIRONMENTS => EnvironmentScope::All,
            name => EnvironmentScope::Named(name.to_owned()),
        }
    }
}

impl FlagScope {
    /// Returns true if the scope has a flag; `key` is `None` for the environment as a whole.
    pub fn has(&self, key: Option<&str>, owner: Option<&str>) -> bool {
        match self {
            FlagScope::All => true,
            FlagScope::Prefix(prefix) => key.is_some_and(|key| key.starts_with(prefix)),
            FlagScope::Owner(name) => key.is_some() && owner == Some(name),
        }
    }
}

impl Grant {
    /// Every verb everywhere.
    pub fn everything() -> Grant {
        Grant {
            verbs: Verb::ALL.into(),
            environment: EnvironmentScope::All,
            flags: FlagScope::All,
        }
    }

    /// Returns true if the grant allows a verb.
    pub fn includes(&self, verb: Verb) -> bool {
        self.verbs.iter().any(|held| held.includes(verb))
    }

    /// Returns true if the grant has every verb on all flags: its holder administers the environment.
    pub fn is_complete(&self) -> bool {
        let has_all = Verb::ALL.into_iter().all(|verb| self.includes(verb));
        has_all && self.flags == FlagScope::All
    }

    /// The grant as the API shows it.
    pub fn to_json(&self) -> Value {
        let verbs: Vec<&str> = self.verbs.iter().map(|verb| verb.name()).collect();
        let mut shown = json!({ "verbs": verbs, "environment": self.environment.name() });
        let scope = match &self.flags {
            FlagScope::All => None,
            FlagScope::Prefix(prefix) => Some(("keyPrefix", prefix)),
            FlagScope::Owner(owner) => Some(("owner", owner)),
        };
        if let (Some(members), Some((name, value))) = (shown.as_object_mut(), scope) {
            members.insert(name.to_owned(), json!(value));
        }
        shown
    }

    /// Parses a grant as the API shows it.
    ///
    /// # Errors
    /// If a member is missing, unknown or invalid.
    pub fn from_json(value: &Value) -> Result<Grant, String> {
        let members = value.as_object().ok_or("must be an object")?;
        let known = ["verbs", "environment", "keyPrefix", "owner"];
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!(
                "has no member `{unknown}`; it has {}",
                known.join(", ")
            ));
        }
        let environment = text(members, "environment")?;
        let environment = environment.ok_or("needs `environment`, a name or \"*\"")?;
        Ok(Grant {
            verbs: verbs(members.get("verbs"))?,
            environment: EnvironmentScope::parse(environment),
            flags: match (text(members, "keyPrefix")?, text(members, "owner")?) {
                (None, None) => FlagScope::All,
                (Some(prefix), None) => FlagScope::Prefix(prefix.to_owned()),
                (None, Some(owner)) => FlagScope::Owner(owner.to_owned()),
                (Some(_), Some(_)) => return Err("has `keyPrefix` or `owner`, not both".to_owned()),
            },
        })
    }
}

fn text<'m>(members: &'m Map<String, Value>, name: &str) -> Result<Option<&'m str>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` must be a text of 1 to {MAX_TEXT} bytes")),
    }
}

fn verbs(value: Option<&Value>) -> Result<BTreeSet<Verb>, String> {
    let known = Verb::ALL.map(Verb::name).join(", ");
    let list = value
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| format!("needs `verbs`, a list of {known}"))?;
    let verb = |value: &Value| value.as_str().and_then(Verb::parse);
    let parsed = list
        .iter()
        .map(|value| verb(value).ok_or_else(|| format!("has no verb {value}; there are {known}")));
    parsed.collect()
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verbs: Vec<&str> = self.verbs.iter().map(|verb| verb.name()).collect();
        write!(f, "{} on ", verbs.join("+"))?;
        match &self.flags {
            FlagScope::All => f.write_str("all flags")?,
            FlagScope::Prefix(prefix) => write!(f, "flags `{prefix}…`")?,
            FlagScope::Owner(owner) => write!(f, "flags of owner `{owner}`")?,
        }
        match &self.environment {
            EnvironmentScope::All => f.write_str(" of all environments"),
            EnvironmentScope::Named(name) => write!(f, " of environment `{name}`"),
        }
    }
}
