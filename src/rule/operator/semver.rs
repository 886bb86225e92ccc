//! `sem_ver`: versions, read and ordered as Go's `golang.org/x/mod/semver` does.

use std::cmp::Ordering;

use crate::number;
use crate::rule::Rule;
use crate::rule::operator::Args;
use crate::value::Value;

/// How two versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum VersionComparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `^`: the same major version, whatever the direction.
    SameMajor,
    /// `~`: the same major and minor version.
    SameMinor,
}

impl VersionComparison {
    /// The operator written `text`; `==` is none.
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

    /// Whether two versions compare so.
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

/// A version; missing parts are 0, build metadata is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<S> {
    major: S,
    minor: S,
    patch: S,
    prerelease: S,
}

impl<'t> Version<&'t str> {
    /// Reads `1`, `v1.2`, `1.2.3-rc.1+build`; `None` for what Go does not accept.
    pub fn parse(text: &'t str) -> Option<Version<&'t str>> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (major, rest) = parse_numeric(text)?;
        let (minor, rest) = parse_component(rest)?;
        let (patch, rest) = if rest.is_empty() {
            ("0", rest)
        } else {
            parse_component(rest)?
        };
        if rest.is_empty() {
            // As nearly all versions are.
            return Some(Version {
                major,
                minor,
                patch,
                prerelease: "",
            });
        }
        let (core, build) = match rest.split_once('+') {
            Some((core, build)) => (core, Some(build)),
            None => (rest, None),
        };
        let prerelease = match core.strip_prefix('-') {
            Some(prerelease) => Some(prerelease),
            None if core.is_empty() => None,
            None => return None,
        };
        let sound = prerelease.is_none_or(|p| are_valid_identifiers(p, true))
            && build.is_none_or(|b| are_valid_identifiers(b, false));
        sound.then_some(Version {
            major,
            minor,
            patch,
            prerelease: prerelease.unwrap_or(""),
        })
    }

    fn cmp_precedence(&self, other: &Version<&str>) -> Ordering {
        cmp_numeric(self.major, other.major)
            .then_with(|| cmp_numeric(self.minor, other.minor))
            .then_with(|| cmp_numeric(self.patch, other.patch))
            .then_with(|| cmp_prerelease(self.prerelease, other.prerelease))
    }

    fn to_owned(self) -> Version<Box<str>> {
        Version {
            major: self.major.into(),
            minor: self.minor.into(),
            patch: self.patch.into(),
            prerelease: self.prerelease.into(),
        }
    }
}

impl Version<Box<str>> {
    fn borrow(&self) -> Version<&str> {
        Version {
            major: &self.major,
            minor: &self.minor,
            patch: &self.patch,
            prerelease: &self.prerelease,
        }
    }
}

/// `.N`, or `0` where the version ends.
fn parse_component(rest: &str) -> Option<(&str, &str)> {
    if rest.is_empty() {
        return Some(("0", rest));
    }
    parse_numeric(rest.strip_prefix('.')?)
}

/// A number without leading zeros, and what follows it.
fn parse_numeric(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let leading_zero = number.len() > 1 && number.starts_with('0');
    (digits > 0 && !leading_zero).then_some((number, rest))
}

fn are_valid_identifiers(text: &str, numbers_are_plain: bool) -> bool {
    text.split('.').all(|id| {
        let allowed = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let padded =
            numbers_are_plain && is_numeric_identifier(id) && id.len() > 1 && id.starts_with('0');
        !id.is_empty() && allowed && !padded
    })
}

fn is_numeric_identifier(id: &str) -> bool {
    id.bytes().all(|b| b.is_ascii_digit())
}

// Numbers of any length: without leading zeros the longer one is larger.
fn cmp_numeric(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn cmp_prerelease(a: &str, b: &str) -> Ordering {
    // A version without a prerelease comes after all of its prereleases.
    if a.is_empty() || b.is_empty() {
        return a.is_empty().cmp(&b.is_empty());
    }
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match (is_numeric_identifier(a), is_numeric_identifier(b)) {
                (true, true) => cmp_numeric(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// `sem_ver` with an operator and a version that are known when the flag loads.
#[derive(Debug, Clone)]
pub struct VersionTest {
    /// What is tested.
    pub value: Rule,
    comparison: VersionComparison,
    version: Version<Box<str>>,
}

impl VersionTest {
    /// The test, if `order` and `version` are ones.
    pub fn new(value: Rule, order: &str, version: &str) -> Option<VersionTest> {
        Some(VersionTest {
            value,
            comparison: VersionComparison::parse(order)?,
            version: Version::parse(version)?.to_owned(),
        })
    }

    /// The result for a text, if it is a version.
    pub fn test_text(&self, text: &str) -> Option<bool> {
        let version = Version::parse(text)?;
        Some(self.comparison.matches(&version, &self.version.borrow()))
    }

    /// The result for a value; null if it is no version.
    pub fn test_value<'a>(&self, value: Value<'a>) -> Value<'a> {
        map_version(value, |version| {
            Value::Bool(self.comparison.matches(version, &self.version.borrow()))
        })
    }
}

/// `sem_ver` in general: a value, an operator and a version, or null.
pub fn apply<'a>(given: Args<'_, 'a>) -> Value<'a> {
    let Args::List([a, Value::Text(order), b]) = given else {
        return Value::Null;
    };
    let Some(order) = VersionComparison::parse(order) else {
        return Value::Null;
    };
    map_version(*a, |a| {
        map_version(*b, |b| Value::Bool(order.matches(a, b)))
    })
}

/// What `test` says of the version that a value spells; null if it spells none. Numbers are spelled as Go's `%v` does.
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
    fn versions_are_parsed_as_in_go() {
        for good in [
            "1",
            "v1.2",
            "V1.2.3",
            "1.2.3-rc.1",
            "1.2.3+b.01",
            "0.0.0",
            "1.0.0--.-",
        ] {
            assert!(Version::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "v",
            "vv1",
            "01",
            "1.02",
            "1.2.3.4",
            "1.2-alpha",
            "1-rc",
            "1+b",
            "1.2+b",
            "1.2.3-",
            "1.2.3+",
            "1.2.3-01",
            "1.2.3-a..b",
            " 1",
            "1.2.3 ",
            "1.",
            "1.2.",
        ] {
            assert!(Version::parse(bad).is_none(), "{bad}");
        }
    }

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
            let less = apply(Args::List(&[
                Value::Text(a),
                Value::Text("<"),
                Value::Text(b),
            ]));
            assert_eq!(less, Value::Bool(true), "{a} < {b}");
        }
    }
}
