//! `Version`: a semantic version, parsed and ordered as by Go's `golang.org/x/mod/semver`.

use std::cmp::Ordering;

/// A version; missing parts are 0, build metadata is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<S> {
    pub(super) major: S,
    pub(super) minor: S,
    patch: S,
    prerelease: S,
}

impl<'t> Version<&'t str> {
    /// Parses `1`, `v1.2`, `1.2.3-rc.1+build`; `None` for text that Go rejects.
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
            // Fast path: nearly all versions end here.
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
        let valid = prerelease.is_none_or(|p| are_valid_identifiers(p, true))
            && build.is_none_or(|b| are_valid_identifiers(b, false));
        valid.then_some(Version {
            major,
            minor,
            patch,
            prerelease: prerelease.unwrap_or(""),
        })
    }

    /// The order of precedence; build metadata is ignored.
    pub fn cmp_precedence(&self, other: &Version<&str>) -> Ordering {
        cmp_numeric(self.major, other.major)
            .then_with(|| cmp_numeric(self.minor, other.minor))
            .then_with(|| cmp_numeric(self.patch, other.patch))
            .then_with(|| cmp_prerelease(self.prerelease, other.prerelease))
    }

    /// An owned copy of the version.
    pub fn to_owned(self) -> Version<Box<str>> {
        Version {
            major: self.major.into(),
            minor: self.minor.into(),
            patch: self.patch.into(),
            prerelease: self.prerelease.into(),
        }
    }
}

impl Version<Box<str>> {
    /// The version with borrowed texts.
    pub fn borrow(&self) -> Version<&str> {
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

/// A number without leading zeros, and the rest of the text.
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
}
