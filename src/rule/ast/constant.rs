//! Constant rules: conversions between a `Rule` and its constant value.

use crate::rule::ast::Rule;
use crate::value::OwnedValue;

impl Rule {
    /// The rule that yields `literal`.
    pub fn from_literal(literal: OwnedValue) -> Rule {
        match literal {
            OwnedValue::Null => Rule::Null,
            OwnedValue::Bool(b) => Rule::Bool(b),
            OwnedValue::Number(n) => Rule::Number(n),
            OwnedValue::Text(s) => Rule::Text(s),
            OwnedValue::List(_) | OwnedValue::Map(_) => Rule::Literal(literal),
        }
    }

    /// The value of a rule that is a constant.
    pub fn as_constant(&self) -> Option<OwnedValue> {
        match self {
            Rule::Null => Some(OwnedValue::Null),
            Rule::Bool(b) => Some(OwnedValue::Bool(*b)),
            Rule::Number(n) => Some(OwnedValue::Number(*n)),
            Rule::Text(s) => Some(OwnedValue::Text(s.clone())),
            Rule::Literal(literal) => Some(literal.clone()),
            _ => None,
        }
    }

    /// Returns true if this is a constant.
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Rule::Null | Rule::Bool(_) | Rule::Number(_) | Rule::Text(_) | Rule::Literal(_)
        )
    }

    /// The value, if this is a constant.
    ///
    /// # Errors
    /// The rule itself, if it is not a constant.
    pub fn into_constant(self) -> Result<OwnedValue, Rule> {
        match self {
            Rule::Null => Ok(OwnedValue::Null),
            Rule::Bool(b) => Ok(OwnedValue::Bool(b)),
            Rule::Number(n) => Ok(OwnedValue::Number(n)),
            Rule::Text(s) => Ok(OwnedValue::Text(s)),
            Rule::Literal(literal) => Ok(literal),
            other => Err(other),
        }
    }

    /// Returns true if the evaluation of this rule cannot fail.
    pub fn is_infallible(&self) -> bool {
        matches!(self, Rule::Slot(_) | Rule::Timestamp) || self.is_constant()
    }
}
