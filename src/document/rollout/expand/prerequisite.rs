//! Whether the prerequisites of a flag are met, as a condition over the same context.

use std::sync::Arc;

use crate::diag;
use crate::diag::Code;
use crate::diag::Report;
use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::document::rollout::Words;
use crate::document::rollout::expand::condition::Condition;
use crate::document::rollout::expand::graph::Standing;
use crate::document::rollout::expand::rehome;
use crate::document::rollout::make;
use crate::document::rollout::requirement::Requirement;
use crate::limits;

/// A condition, and whether plain flagd can compute it.
#[derive(Debug)]
pub struct Met {
    /// Holds when all prerequisites are met.
    pub condition: Condition,
    /// Whether plain flagd can compute it.
    pub plain: bool,
}

/// The flags among which prerequisites are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Others<'o> {
    /// Those that are required, with their words expanded as far as the flag at hand needs them.
    pub flags: &'o [Arc<Flag>],
    /// The keys of all that there are.
    pub keys: &'o [&'o str],
}

/// Whether all prerequisites of `flag` are met.
pub fn met(
    flag: &Flag,
    words: &Words,
    standing: &Standing,
    others: Others<'_>,
    report: &mut Report,
) -> Met {
    let mut met = Met {
        condition: Condition::Always,
        plain: true,
    };
    let found = match standing {
        Standing::Sound(found) => found,
        Standing::Circle(circle) => {
            tell_circle(flag, words, circle, others.flags, report);
            return met;
        }
        Standing::TooLong => {
            let message = format!("flag `{}` ends a chain of too many prerequisites", flag.key);
            let help = format!(
                "at most {} may build on each other; it counts as not met",
                limits::REFERENCES
            );
            report.error(Code::Requires, flag.place, message, help);
            met.condition = Condition::Never;
            return met;
        }
    };
    for (required, at) in words.requires.iter().zip(found) {
        let other = at.and_then(|at| others.flags.get(at));
        let condition = match other {
            Some(other) => answers(flag, required, other, report),
            None => tell_missing(flag, required, others.keys, report),
        };
        let used = matches!(condition, Condition::If(_));
        met.plain &= !used || other.is_none_or(|other| other.plain);
        met.condition = met.condition.and(condition, required.place);
    }
    met
}

fn tell_circle(
    flag: &Flag,
    words: &Words,
    circle: &[usize],
    flags: &[Arc<Flag>],
    report: &mut Report,
) {
    let keys = circle.iter().filter_map(|at| flags.get(*at));
    let mut keys: Vec<String> = keys.map(|flag| format!("`{}`", flag.key)).collect();
    let own = format!("`{}`", flag.key);
    let start = keys.iter().position(|key| *key == own).unwrap_or(0);
    keys.rotate_left(start);
    keys.push(own);
    let place = words
        .requires
        .first()
        .map_or(flag.place, |required| required.place);
    let message = format!("prerequisites run in a circle: {}", keys.join(" requires "));
    let help = "the flags of the circle answer PARSE_ERROR until it is broken";
    report.error(Code::Requires, place, message, help);
}

fn tell_missing(
    flag: &Flag,
    required: &Requirement,
    keys: &[&str],
    report: &mut Report,
) -> Condition {
    let keys = keys.iter().take(limits::SUGGESTIONS).copied();
    let help = match diag::nearest(&required.flag, keys) {
        Some(meant) => format!("did you mean `{meant}`? it counts as not met until then"),
        None => "it counts as not met until there is".to_owned(),
    };
    let message = format!(
        "flag `{}` requires `{}`, and there is no such flag",
        flag.key, required.flag
    );
    report.error(Code::Requires, required.place, message, help);
    Condition::Never
}

/// Whether another flag answers with the required variant.
fn answers(flag: &Flag, required: &Requirement, other: &Flag, report: &mut Report) -> Condition {
    let names = || other.variants.iter().map(|(name, _)| &**name);
    let wanted = &*required.variant;
    if !names().any(|name| name == wanted) {
        let message = format!(
            "flag `{}` requires the variant `{wanted}`, which flag `{}` does not have",
            flag.key, other.key
        );
        let help = match diag::nearest(wanted, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "its variants are: {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        report.error(Code::Requires, required.place, message, help);
        return Condition::Never;
    }
    if other.disabled || other.fault.is_some() {
        return Condition::Never;
    }
    let by_default = other.default_variant.as_deref() == Some(wanted);
    let targeting = other.targeting.as_ref();
    let targeting =
        targeting.filter(|node| node.as_map().is_none_or(|members| !members.is_empty()));
    match targeting {
        None if by_default => Condition::Always,
        None => Condition::Never,
        Some(rule) => chosen(required, other, rule, by_default),
    }
}

/// The rule of the other flag yields the variant; if that is its default, it yields no other one.
fn chosen(required: &Requirement, other: &Flag, rule: &Node, by_default: bool) -> Condition {
    let place = required.place;
    let rule = rehome::rehome(rule, &other.key);
    let names = other.variants.iter().map(|(name, _)| &**name);
    let names = names.filter(|name| (*name == &*required.variant) != by_default);
    let mut values = Vec::new();
    for name in names {
        values.push(make::text(place, name));
        // A rule may yield true for the variant `true`.
        if let Ok(truth) = name.parse::<bool>() {
            values.push(make::truth(place, truth));
        }
    }
    let among = make::operation(place, "in", vec![rule, make::list(place, values)]);
    let among = Condition::If(among);
    if by_default { among.not(place) } else { among }
}
