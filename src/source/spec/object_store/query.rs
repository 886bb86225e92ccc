//! `QueryReader`: typed access to the query string of a URI of an object store; collects all mistakes.

use crate::diag;

/// The parameters of a query string, and the mistakes in them.
pub struct QueryReader {
    parameters: Vec<(String, String)>,
    /// The mistakes, one message each. They contain no value: it may be a secret.
    pub mistakes: Vec<String>,
}

impl QueryReader {
    /// Reads the parameters of `query`. A parameter that is neither in `known` nor in `ignored` is a mistake.
    pub fn new(query: &str, known: &[&str], ignored: &[&str]) -> QueryReader {
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned();
        let parameters: Vec<(String, String)> = parameters.collect();
        let is_known = |name: &str| known.contains(&name) || ignored.contains(&name);
        let unknown = parameters.iter().filter(|(name, _)| !is_known(name));
        let mistakes = unknown.map(|(name, _)| {
            let help = diag::suggest_one_of(name, known.iter().copied());
            format!("unknown query parameter `{name}`; {help}")
        });
        QueryReader {
            mistakes: mistakes.collect(),
            parameters,
        }
    }

    /// Returns a text; `None` if the parameter is absent or empty. The first of several wins, as in Go.
    pub fn text(&self, name: &str) -> Option<Box<str>> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        let value = found.map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty()).map(Into::into)
    }

    /// Returns a boolean as Go writes it; false if the parameter is absent or empty.
    pub fn boolean(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("0" | "f" | "F" | "false" | "False" | "FALSE") => false,
            Some("1" | "t" | "T" | "true" | "True" | "TRUE") => true,
            Some(_) => {
                let why = format!("the query parameter `{name}` must be true or false");
                self.mistakes.push(why);
                false
            }
        }
    }
}
