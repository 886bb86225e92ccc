//! Lint: attributes that are not in the policy, or probably misspelt: more flags read a similar name.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use ecow::EcoString;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::var_path::VarRead;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Node;
use crate::rule::syntax;

/// The attributes that flags read, and the probable correction of each misspelt one, by the number of flags that read
/// similar names.
#[derive(Debug)]
pub struct AttributeUsage {
    corrections: BTreeMap<EcoString, EcoString>,
    /// The attributes that some flag reads.
    names: BTreeSet<EcoString>,
    /// The names of `$evaluators`.
    evaluators: BTreeSet<EcoString>,
}

/// The attribute that every caller may set.
const TARGETING_KEY: &str = "targetingKey";
/// The maximum number of names that are compared with each other, which takes quadratic time.
const MAX_COMPARED: usize = 2000;

impl AttributeUsage {
    /// Counts the flags that read each attribute.
    pub fn from_files(files: &[FlagFile]) -> AttributeUsage {
        let mut flags: BTreeMap<&str, usize> = BTreeMap::new();
        for flag in files.iter().flat_map(|file| &file.flags) {
            let targeting = flag.targeting.iter();
            let mut names: Vec<_> = targeting
                .flat_map(visit::caller_attributes)
                .map(|read| read.path)
                .collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                *flags.entry(name).or_default() += 1;
            }
        }
        flags.insert(TARGETING_KEY, usize::MAX);
        AttributeUsage {
            corrections: suggest_corrections(&flags),
            names: flags.keys().map(|name| (*name).into()).collect(),
            evaluators: evaluator_names(files),
        }
    }

    /// Returns true if some flag reads the attribute `name`.
    pub fn is_read(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Returns true if a file has an evaluator called `name`.
    pub fn is_evaluator(&self, name: &str) -> bool {
        self.evaluators.contains(name)
    }
}

fn evaluator_names(files: &[FlagFile]) -> BTreeSet<EcoString> {
    let evaluators = files
        .iter()
        .filter_map(|file| file.root.as_ref()?.member_ignore_case("$evaluators"));
    let members = evaluators.flat_map(|node| node.as_map().unwrap_or_default());
    members.map(|member| member.key.clone()).collect()
}

fn suggest_corrections(flags: &BTreeMap<&str, usize>) -> BTreeMap<EcoString, EcoString> {
    let mut meant = BTreeMap::new();
    for (name, count) in flags.iter().take(MAX_COMPARED) {
        let others = flags.iter().take(MAX_COMPARED);
        let more = others.filter(|(_, other)| *other > count);
        let mut near: Vec<_> = more
            .filter(|(other, _)| is_likely_typo(name, other))
            .collect();
        near.sort_by_key(|(other, count)| (diag::edit_distance(name, other), usize::MAX - **count));
        if let Some((other, _)) = near.first() {
            meant.insert((*name).into(), (**other).into());
        }
    }
    meant
}

/// Returns true if two names differ only in case or separators, or by one edit, two if they are long. Edits in names
/// with different digits, and in names of up to four characters, are not typos.
fn is_likely_typo(name: &str, other: &str) -> bool {
    // `device.kind` and `device.id` are two members of one object.
    if let (Some((object, name)), Some((same, other))) =
        (name.split_once('.'), other.split_once('.'))
        && object == same
    {
        return is_likely_typo(name, other);
    }
    let bare = |text: &str| text.replace(['_', '-', '.'], "").to_ascii_lowercase();
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    if bare(name) == bare(other) {
        return true;
    }
    let allowed = match name.chars().count() {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    digits(name) == digits(other)
        && name.chars().next() == other.chars().next()
        && diag::edit_distance(name, other) <= allowed
}

/// Reports attributes that are not among those of the policy, or probably misspelt.
pub fn check(
    subject: &FlagView<'_>,
    usage: &AttributeUsage,
    policy: &LintPolicy,
    report: &mut DiagnosticSink,
) {
    let reads = subject
        .flag
        .targeting
        .iter()
        .flat_map(visit::caller_attributes);
    for read in reads {
        let place = read.operation.value.position;
        let name = read.path;
        let root = name.split('.').next().unwrap_or(name);
        let named = |known: &str| known == name || known == root;
        if !policy.known_attributes.is_empty() && !named(TARGETING_KEY) {
            if policy.known_attributes.iter().any(|known| named(known)) {
                continue;
            }
            let known = policy.known_attributes.iter().map(AsRef::as_ref);
            let help = diag::did_you_mean(name, known, || {
                "add it to `attributes` if callers send it".to_owned()
            });
            let flag = &subject.flag.key;
            let message = format!(
                "flag `{flag}` reads attribute `{name}`, which is not listed in `attributes` of the configuration"
            );
            report.warn(Code::UnknownAttribute, place, message, help);
        } else if let Some(meant) = usage.corrections.get(name) {
            let (message, help) = misspelt(subject, read, meant);
            report.warn(Code::UnknownAttribute, place, message, help);
        }
    }
}

/// The message and the help for an attribute whose name is probably `meant`.
fn misspelt(subject: &FlagView<'_>, read: VarRead<'_>, meant: &str) -> (String, String) {
    let (flag, name) = (&subject.flag.key, read.path);
    if meant != TARGETING_KEY {
        let message = format!(
            "flag `{flag}` reads attribute `{name}`, which may be misspelt: more flags read `{meant}`"
        );
        return (message, format!("did you mean `{meant}`?"));
    }
    let message = format!(
        "flag `{flag}` reads attribute `{name}`, which may be misspelt: the targeting key is called `{meant}`"
    );
    let mut is_bucketing_key = false;
    if let Some(targeting) = &subject.flag.targeting {
        visit::visit_operations(targeting, &mut |member| {
            let first = member.arguments().first().and_then(Node::single_member);
            is_bucketing_key |= syntax::is_fractional(&member.key)
                && first.is_some_and(|first| first.position == read.operation.position);
        });
    }
    // Without the attribute, `fractional` hashes the flag's key and the targeting key; `targetingKey` alone is another key.
    let help = if is_bucketing_key {
        "remove this argument: `fractional` then buckets by the flag's key and `targetingKey`, as it does now for contexts \
         without the attribute"
            .to_owned()
    } else {
        format!("did you mean `{meant}`?")
    };
    (message, help)
}
