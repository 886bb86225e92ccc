//! `StoreEnvironment`: the environment variables with credentials and endpoints of object stores.

use crate::source::spec::ObjectStoreSpec;

/// Environment variables. A variable that is empty counts as absent.
#[derive(Default)]
pub struct StoreEnvironment(Vec<(String, String)>);

impl StoreEnvironment {
    /// Returns these variables.
    #[cfg(test)]
    pub fn new(variables: &[(&str, &str)]) -> StoreEnvironment {
        let variables = variables.iter();
        let owned = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        StoreEnvironment(owned.collect())
    }

    /// Returns the variables of a source, or else those of the process.
    pub fn of(spec: &ObjectStoreSpec) -> StoreEnvironment {
        let process = || {
            let texts = std::env::vars_os().map(|(k, v)| (k.into_string(), v.into_string()));
            texts.filter_map(|(name, value)| Some((name.ok()?, value.ok()?)))
        };
        StoreEnvironment(match &spec.variables {
            Some(variables) => variables.clone(),
            None => process().collect(),
        })
    }

    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        let value = found.map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Returns the value of the first of these variables that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns true if the variable has a value that Go reads as true.
    pub fn is_true(&self, name: &str) -> bool {
        let value = self.get(name);
        matches!(value, Some("1" | "t" | "T" | "true" | "True" | "TRUE"))
    }
}
