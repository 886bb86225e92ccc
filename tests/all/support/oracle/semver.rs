//! Semantic versions as `golang.org/x/mod/semver` reads and orders them.

use std::cmp::Ordering;

#[derive(Debug, Clone)]
pub struct SemanticVersion {
    numbers: [String; 3],
    prerelease: Vec<String>,
}

/// `None` if the text is not a version. One `v` or `V` may precede it.
pub fn parse(text: &str) -> Option<SemanticVersion> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (text, build) = split_at_first(text, '+');
    let (core, prerelease) = split_at_first(text, '-');
    let mut numbers: Vec<&str> = core.split('.').collect();
    let complete = numbers.len() == 3;
    if numbers.len() > 3 || !complete && (prerelease.is_some() || build.is_some()) {
        return None;
    }
    numbers.resize(3, "0");
    if !numbers.iter().all(|number| is_number(number)) {
        return None;
    }
    let identifiers = |text: Option<&str>| -> Vec<String> {
        text.map_or(Vec::new(), |text| {
            text.split('.').map(str::to_owned).collect()
        })
    };
    let (prerelease, build) = (identifiers(prerelease), identifiers(build));
    let all = prerelease.iter().chain(&build);
    let padded = |text: &String| is_digits(text) && text.len() > 1 && text.starts_with('0');
    if all.into_iter().any(|text| !is_identifier(text)) || prerelease.iter().any(padded) {
        return None;
    }
    Some(SemanticVersion {
        numbers: [
            numbers[0].to_owned(),
            numbers[1].to_owned(),
            numbers[2].to_owned(),
        ],
        prerelease,
    })
}

fn split_at_first(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    is_digits(text) && (text == "0" || !text.starts_with('0'))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `None` for an unknown operator.
pub fn compare(a: &SemanticVersion, operator: &str, b: &SemanticVersion) -> Option<bool> {
    let order = order(a, b);
    Some(match operator {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "^" => a.numbers[0] == b.numbers[0],
        "~" => a.numbers[..2] == b.numbers[..2],
        _ => return None,
    })
}

fn order(a: &SemanticVersion, b: &SemanticVersion) -> Ordering {
    for (a, b) in a.numbers.iter().zip(&b.numbers) {
        let order = order_numbers(a, b);
        if order.is_ne() {
            return order;
        }
    }
    match (a.prerelease.is_empty(), b.prerelease.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => order_prereleases(&a.prerelease, &b.prerelease),
    }
}

fn order_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn order_prereleases(a: &[String], b: &[String]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        let order = match (is_digits(a), is_digits(b)) {
            (true, true) => order_numbers(a, b),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}
