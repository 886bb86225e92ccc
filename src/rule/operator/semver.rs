//! The operator `sem_ver`: compares two semantic versions.

mod version;

use crate::number;
pub use crate::rule::operator::semver::version::Version;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// A comparison operator of `sem_ver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum VersionComparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `^`: the same major version, lower or higher.
    SameMajor,
    /// `~`: the same major and minor version.
    SameMinor,
}

impl VersionComparison {
    /// The operator written as `text`; `==` is not an operator.
    pub fn parse(text: &str) -> Option<VersionComparison> {
        Some(match text {
            "=" => VersionComparison::Equal,
            "!=" => VersionComparison::NotEqual,
            "<" => VersionComparison::Less,
            "<=" => VersionComparison::LessOrEqual,
            ">" => VersionComparison::Greater,
            ">=" => VersionComparison::GreaterOrEqual,
            "^" => VersionComparison::SameMajor,
            "~" => VersionComparison::SameMinor,
            _ => return None,
        })
    }

    /// Returns true if the comparison of `a` with `b` holds.
    pub fn matches(self, a: &Version<&str>, b: &Version<&str>) -> bool {
        match self {
            VersionComparison::Equal => a.cmp_precedence(b).is_eq(),
            VersionComparison::NotEqual => a.cmp_precedence(b).is_ne(),
            VersionComparison::Less => a.cmp_precedence(b).is_lt(),
            VersionComparison::LessOrEqual => a.cmp_precedence(b).is_le(),
            VersionComparison::Greater => a.cmp_precedence(b).is_gt(),
            VersionComparison::GreaterOrEqual => a.cmp_precedence(b).is_ge(),
            VersionComparison::SameMajor => a.major == b.major,
            VersionComparison::SameMinor => a.major == b.major && a.minor == b.minor,
        }
    }
}

/// A comparison with a version, both known when the flag loads.
#[derive(Debug, Clone)]
pub struct VersionPredicate {
    comparison: VersionComparison,
    version: Version<Box<str>>,
}

impl VersionPredicate {
    /// The predicate, if `order` is a comparison operator and `version` is a version.
    pub fn new(order: &str, version: &str) -> Option<VersionPredicate> {
        Some(VersionPredicate {
            comparison: VersionComparison::parse(order)?,
            version: Version::parse(version)?.to_owned(),
        })
    }

    /// The result for a text, if it is a version.
    pub fn test_text(&self, text: &str) -> Option<bool> {
        let version = Version::parse(text)?;
        Some(self.comparison.matches(&version, &self.version.borrow()))
    }

    /// The result for a value; null if it is not a version.
    pub fn test_value<'a>(&self, value: Value<'a>) -> Value<'a> {
        map_version(value, |version| {
            Value::Bool(self.comparison.matches(version, &self.version.borrow()))
        })
    }
}

/// `sem_ver` in general: compares two versions; null if an argument is invalid.
pub fn apply<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let Args::List([a, Value::Text(order), b]) = args else {
        return Ok(Value::Null);
    };
    scope.spend_for_number(*a)?;
    scope.spend_for_number(*b)?;
    Ok(compare_versions(*a, order, *b))
}

fn compare_versions<'a>(a: Value<'_>, order: &str, b: Value<'_>) -> Value<'a> {
    let Some(order) = VersionComparison::parse(order) else {
        return Value::Null;
    };
    map_version(a, |a| map_version(b, |b| Value::Bool(order.matches(a, b))))
}

/// The result of `test` for the version that a value spells; null if it is not a version. Numbers are spelled as with
/// Go's `%v`.
fn map_version<'a>(value: Value<'_>, test: impl FnOnce(&Version<&str>) -> Value<'a>) -> Value<'a> {
    let mut spelled = String::new();
    let text = match value {
        Value::Text(text) => text,
        Value::Number(n) => {
            number::write_general(&mut spelled, n);
            &spelled
        }
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => return Value::Null,
    };
    Version::parse(text).map_or(Value::Null, |version| test(&version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_prereleases_as_the_specification_does() {
        let order = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10.0",
            "2",
        ];
        for pair in order.windows(2) {
            let [a, b] = pair else { continue };
            let less = compare_versions(Value::Text(a), "<", Value::Text(b));
            assert_eq!(less, Value::Bool(true), "{a} < {b}");
        }
    }
}
