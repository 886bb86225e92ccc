//! Parameters of a URL: each must be known, and given at most once.

use std::collections::BTreeMap;

use crate::control::api::problem::Problem;

/// The parameters of a request.
#[derive(Debug, Clone)]
pub struct QueryParameters(BTreeMap<String, String>);

impl QueryParameters {
    /// Parses a query, which may have the parameters `known`.
    ///
    /// # Errors
    /// If a parameter is unknown, or given twice.
    pub fn parse(query: Option<&str>, known: &[&str]) -> Result<QueryParameters, Problem> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                let known = match known {
                    [] => "it has none".to_owned(),
                    known => format!("it has {}", known.join(", ")),
                };
                return Err(Problem::bad_request(format!(
                    "this path has no parameter `{name}`; {known}"
                )));
            }
            if parameters
                .insert(name.to_string(), value.into_owned())
                .is_some()
            {
                return Err(Problem::bad_request(format!("`{name}` is given twice")));
            }
        }
        Ok(QueryParameters(parameters))
    }

    /// Returns the value of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the value of a parameter that is a number.
    ///
    /// # Errors
    /// If it is no number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = |text: &str| {
            text.parse().map_err(|_| {
                Problem::bad_request(format!("`{name}` is `{text}`: write a whole number"))
            })
        };
        self.text(name).map(number).transpose()
    }

    /// Returns true if a parameter is `true`.
    ///
    /// # Errors
    /// If it is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Problem::bad_request(format!(
                "`{name}` is `{other}`: write true or false"
            ))),
        }
    }
}
