//! Lint: one feature as a flag per ring, such as `checkout-internal`, `checkout-beta`, `checkout-ga`.

use std::collections::BTreeMap;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::policy::LintPolicy;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::merge::FlagIdentity;

/// Names of rings, besides those that files and the policy define.
const DEFAULT_RINGS: [&str; 16] = [
    "internal",
    "employees",
    "employee",
    "staff",
    "dogfood",
    "insiders",
    "alpha",
    "beta",
    "canary",
    "pilot",
    "early",
    "preview",
    "ga",
    "public",
    "everyone",
    "stable",
];

/// Reports each flag whose key differs from another only by its ring.
pub fn check(files: &[FlagFile], policy: &LintPolicy) -> Vec<Diagnostic> {
    let named = files
        .iter()
        .filter_map(|file| file.root.as_ref()?.member_ignore_case("rings")?.as_map());
    let mut rings: Vec<&str> = named.flatten().map(|ring| &*ring.key).collect();
    rings.extend(policy.rings.iter().map(String::as_str));
    rings.extend(DEFAULT_RINGS);
    let mut families: BTreeMap<FlagIdentity<'_>, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        for (position, flag) in file.flags.iter().enumerate() {
            if let Some(feature) = strip_ring_suffix(&flag.key, &rings) {
                let family = families.entry((feature, flag.flag_set_id())).or_default();
                family.push((at, position));
            }
        }
    }
    let found = families
        .into_iter()
        .filter(|(_, family)| count_distinct_keys(files, family) > 1);
    found
        .flat_map(|((feature, _), family)| report_family(files, feature, &family))
        .collect()
}

/// The key without the ring at its end; `None` if it does not end in a ring.
fn strip_ring_suffix<'k>(key: &'k str, rings: &[&str]) -> Option<&'k str> {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.' | '/' | ':');
    let mut feature = None;
    for (at, separator) in key.char_indices().filter(|(_, c)| is_separator(*c)) {
        let last = key.get(at + separator.len_utf8()..)?;
        if is_ring(last, rings) {
            feature = feature.or(key.get(..at));
        }
    }
    feature.filter(|feature| !feature.is_empty())
}

fn is_ring(word: &str, rings: &[&str]) -> bool {
    let lower = word.to_ascii_lowercase();
    let number = lower
        .strip_prefix("ring")
        .map(|n| n.trim_start_matches(['-', '_', '.']));
    let numbered = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    numbered || rings.iter().any(|ring| ring.eq_ignore_ascii_case(word))
}

/// The number of different keys: a flag may occur in several files, one for each environment.
fn count_distinct_keys(files: &[FlagFile], family: &[(usize, usize)]) -> usize {
    let mut keys: Vec<_> = family
        .iter()
        .filter_map(|at| flag_key(files, *at))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

fn flag_key(files: &[FlagFile], (at, position): (usize, usize)) -> Option<&str> {
    Some(&files.get(at)?.flags.get(position)?.key)
}

fn report_family(files: &[FlagFile], feature: &str, family: &[(usize, usize)]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, position) in family {
        let Some(file) = files.get(*at) else { continue };
        let Some(flag) = file.flags.get(*position) else {
            continue;
        };
        let mut others: Vec<String> = family
            .iter()
            .filter_map(|other| flag_key(files, *other))
            .filter(|other| *other != &*flag.key)
            .map(|other| format!("`{other}`"))
            .collect();
        others.sort();
        others.dedup();
        let more = others.len().saturating_sub(3);
        others.truncate(3);
        if more > 0 {
            others.push(format!("{more} more"));
        }
        let others = others.join(", ");
        let message = format!("flag `{}` differs from {others} only by its ring", flag.key);
        let help = format!("define one flag `{feature}` with the rings in its targeting rule");
        let mut report = DiagnosticSink::new(file.name.clone());
        report.warn(Code::FlagPerRing, flag.position, message, help);
        found.extend(report.finish());
    }
    found
}
