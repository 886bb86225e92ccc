//! `Term`: a rule, or a value, of the oracle.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::oracle::RuleFailure;
use crate::support::oracle::go_number;

/// A rule or a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Term>),
    Map(BTreeMap<String, Term>),
    /// A value that was written into a rule in the place of a variable. It is not evaluated.
    Quoted(Box<Term>),
    /// The place of a variable that could not be read. Its evaluation fails.
    Unreadable,
}

impl Term {
    pub fn from_json(value: &Value) -> Term {
        match value {
            Value::Null => Term::Null,
            Value::Bool(b) => Term::Bool(*b),
            Value::Number(n) => Term::Number(n.as_f64().expect("a float")),
            Value::String(s) => Term::Text(s.clone()),
            Value::Array(items) => Term::List(items.iter().map(Term::from_json).collect()),
            Value::Object(members) => {
                let members = members.iter();
                Term::Map(
                    members
                        .map(|(k, v)| (k.clone(), Term::from_json(v)))
                        .collect(),
                )
            }
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Term::Null
    }

    pub fn is_true(&self) -> bool {
        match self {
            Term::Null | Term::Unreadable => false,
            Term::Bool(b) => *b,
            Term::Number(n) => *n != 0.0,
            Term::Text(s) => !s.is_empty(),
            Term::List(items) => !items.is_empty(),
            Term::Map(members) => !members.is_empty(),
            Term::Quoted(value) => value.is_true(),
        }
    }

    /// The term as a value, without marks.
    pub fn to_plain(&self) -> Term {
        match self {
            Term::Quoted(value) => (**value).clone(),
            Term::List(items) => Term::List(items.iter().map(Term::to_plain).collect()),
            Term::Map(members) => {
                let members = members.iter();
                Term::Map(members.map(|(k, v)| (k.clone(), v.to_plain())).collect())
            }
            other => other.clone(),
        }
    }

    /// Arguments that must be written as a list; each is still to be evaluated.
    pub fn unevaluated_list(&self) -> Result<Vec<Term>, RuleFailure> {
        match self {
            Term::List(items) => Ok(items.clone()),
            Term::Quoted(value) => {
                let items = (**value).clone().into_list()?.into_iter();
                Ok(items.map(|item| Term::Quoted(Box::new(item))).collect())
            }
            _ => Err(RuleFailure),
        }
    }

    pub fn into_list(self) -> Result<Vec<Term>, RuleFailure> {
        match self {
            Term::List(items) => Ok(items),
            _ => Err(RuleFailure),
        }
    }

    pub fn as_text(&self) -> Result<&str, RuleFailure> {
        match self {
            Term::Text(text) => Ok(text),
            _ => Err(RuleFailure),
        }
    }

    /// Arithmetic operands: a text without a number counts as 0, other types are errors.
    pub fn to_number(&self) -> Result<f64, RuleFailure> {
        match self {
            Term::Number(n) => Ok(*n),
            Term::Text(text) => Ok(go_number::parse_float(text).map_or(0.0, |parsed| parsed.value)),
            _ => Err(RuleFailure),
        }
    }

    /// Parts of a text: numbers without an exponent, null as nothing.
    pub fn to_text(&self) -> Result<String, RuleFailure> {
        match self {
            Term::Null => Ok(String::new()),
            Term::Number(n) => Ok(go_number::format_plain(*n)),
            Term::Text(text) => Ok(text.clone()),
            _ => Err(RuleFailure),
        }
    }

    /// The result of a rule as flagd looks it up among the variants: JSON without quotation marks. `None` if a number is
    /// not finite.
    pub fn variant_name(&self) -> Option<String> {
        let list =
            |items: &[String], ends: [&str; 2]| ends[0].to_owned() + &items.join(",") + ends[1];
        Some(match self {
            Term::Null => "null".to_owned(),
            Term::Bool(b) => b.to_string(),
            Term::Number(n) => n.is_finite().then(|| go_number::format_json(*n))?,
            Term::Text(text) => text.replace('"', ""),
            Term::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(Term::variant_name).collect();
                list(&items?, ["[", "]"])
            }
            Term::Map(members) => {
                let members = members.iter();
                let named = members.map(|(k, v)| Some(format!("{k}:{}", v.variant_name()?)));
                list(&named.collect::<Option<Vec<_>>>()?, ["{", "}"])
            }
            Term::Quoted(value) => value.variant_name()?,
            Term::Unreadable => return None,
        })
    }
}
