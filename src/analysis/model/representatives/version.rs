//! Representative semantic versions: those that a rule names, and their neighbors in the order of versions.

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives::set::Representatives;
use crate::rule::operator::semver::Version;
use crate::value::OwnedValue;

/// Adds versions.
///
/// The successor of a release is the lowest prerelease of the next patch; the successor of a prerelease is the same
/// version with `.0` appended. There is no version between two versions if and only if one is the successor of the
/// other. The ranges of `^` and `~` begin and end at the lowest prerelease of a release. The compared versions, these
/// bounds, and the successor of each therefore include a version of every interval.
pub fn add_versions(uses: &Comparisons, pool: &mut Representatives) {
    for text in &uses.versions {
        if Version::parse(text).is_none() {
            continue;
        }
        let Some((core, prerelease)) = parse_core(text) else {
            pool.mark_incomplete("compared with a version that has very large numbers");
            continue;
        };
        add_neighbor_versions(core, prerelease, uses, pool);
        add_versions_as_numbers(core, pool);
    }
    if !uses.versions.is_empty() {
        add_version("0.0.0-0".to_owned(), uses, pool);
    }
}

/// The numbers of a version, and its prerelease.
fn parse_core(text: &str) -> Option<([u64; 3], &str)> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let text = text.split('+').next().unwrap_or(text);
    let (core, prerelease) = text.split_once('-').unwrap_or((text, ""));
    let mut parts = core.split('.').map(|part| part.parse::<u64>().ok());
    let mut next = || {
        parts
            .next()
            .unwrap_or(Some(0))
            .filter(|n| *n < u64::MAX / 2)
    };
    Some(([next()?, next()?, next()?], prerelease))
}

fn add_neighbor_versions(
    [major, minor, patch]: [u64; 3],
    prerelease: &str,
    uses: &Comparisons,
    pool: &mut Representatives,
) {
    let releases = [
        [major, minor, patch],
        [major, minor, patch + 1],
        [major, minor + 1, 0],
        [major + 1, 0, 0],
        [major, minor, 0],
        [major, 0, 0],
    ];
    for [major, minor, patch] in releases {
        add_version(format!("{major}.{minor}.{patch}"), uses, pool);
    }
    if !prerelease.is_empty() {
        add_version(format!("{major}.{minor}.{patch}-{prerelease}"), uses, pool);
        add_version(
            format!("{major}.{minor}.{patch}-{prerelease}.0"),
            uses,
            pool,
        );
    }
    for [major, minor, patch] in releases {
        add_version(format!("{major}.{minor}.{patch}-0"), uses, pool);
        add_version(format!("{major}.{minor}.{patch}-0.0"), uses, pool);
        add_version(format!("{major}.{minor}.{}-0", patch + 1), uses, pool);
    }
}

/// Adds a spelling of a version that the rule does not name; `string` adds the named strings.
fn add_version(version: String, uses: &Comparisons, pool: &mut Representatives) {
    if uses.equal_strings.contains(version.as_str()) {
        pool.add(OwnedValue::Text(format!("{version}+other").into()), false);
    } else {
        pool.add(OwnedValue::Text(version.into()), false);
    }
}

/// Adds numbers that parse as versions: the number 2.5 is version `2.5`, and no number is version `2.10`.
fn add_versions_as_numbers([major, minor, _]: [u64; 3], pool: &mut Representatives) {
    let minors = [
        minor,
        minor + 1,
        minor + 2,
        minor.saturating_sub(1),
        minor.saturating_sub(2),
    ];
    let majors = [major, major + 1, major.saturating_sub(1)];
    for major in majors {
        for minor in minors.into_iter().chain([0, 1]) {
            if let Ok(n) = format!("{major}.{minor}").parse() {
                pool.add(OwnedValue::Number(n), false);
            }
        }
    }
}
