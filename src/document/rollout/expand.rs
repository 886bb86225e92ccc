//! Turns the words of all flags into plain flagd targeting.
//!
//! The order of decision: `kill`, `deny`, `allow`, `requires`, then for each rollout `when` and one of `rings`,
//! `segments` and `percentage`, then `targeting`, then `defaultVariant`.

mod condition;
mod graph;
mod prerequisite;
mod quota;
mod rehome;

use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::flag;
use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::Words;
use crate::document::rollout::expand::condition::Condition;
use crate::document::rollout::expand::condition::any;
use crate::document::rollout::expand::graph::Graph;
use crate::document::rollout::expand::graph::Standing;
use crate::document::rollout::expand::prerequisite::Others;
use crate::document::rollout::make;
use crate::document::rollout::summary;
use crate::limits;

/// A flag with a rule in place of its words, and what is wrong with that.
pub type Expanded = (Flag, Vec<Diagnostic>);

/// A flag by itself: prerequisites count as met.
pub fn alone(flag: &Flag) -> Expanded {
    let standing = Standing::Sound(Vec::new());
    let mut budget = limits::EXPANSION_FREE;
    one(flag, &standing, &[], &[], &mut budget)
}

/// Flags that require each other, in their order; of equal keys the last one wins. `keys` are those of all flags there are.
///
/// What is wrong with a flag may be that a prerequisite does not exist, or that there is a circle of them.
pub fn together(mut flags: Vec<Arc<Flag>>, keys: &[&str]) -> Vec<Expanded> {
    let graph = Graph::of(&flags);
    let mut told = vec![Vec::new(); flags.len()];
    let mut budget = limits::NODES;
    for at in graph.order() {
        let Some(flag) = flags.get(at).filter(|flag| flag.words.is_some()) else {
            continue;
        };
        let (expanded, diagnostics) = one(flag, &graph.standing(at), &flags, keys, &mut budget);
        if let (Some(flag), Some(told)) = (flags.get_mut(at), told.get_mut(at)) {
            *flag = Arc::new(expanded);
            *told = diagnostics;
        }
    }
    let flags = flags.into_iter().map(Arc::unwrap_or_clone);
    flags.zip(told).collect()
}

fn one(
    flag: &Flag,
    standing: &Standing,
    flags: &[Arc<Flag>],
    keys: &[&str],
    budget: &mut usize,
) -> Expanded {
    let Some(words) = flag.words.clone() else {
        return (flag.clone(), Vec::new());
    };
    let mut report = Report::new(flag.origin.file.clone());
    let others = Others { flags, keys };
    let expanded = expand_flag(flag, &words, standing, others, &mut report);
    let expanded = bound(expanded, budget, &mut report);
    (expanded, report.finish())
}

fn expand_flag(
    flag: &Flag,
    words: &Words,
    standing: &Standing,
    others: Others<'_>,
    report: &mut Report,
) -> Flag {
    let mut flag = flag.clone();
    flag.metadata = flag::overlay(&flag.metadata, summary::metadata(&flag, words));
    if let Some(place) = words.kill {
        kill(&mut flag, words, place, report);
        return flag;
    }
    let met = prerequisite::met(&flag, words, standing, others, report);
    let circle = matches!(standing, Standing::Circle(_));
    if words.faulty || circle {
        flag.fault = flag.fault.or(Some(ErrorCode::ParseError));
    }
    flag.plain = words.rollouts.iter().all(quota::is_plain) && met.plain;
    if !flag.plain {
        not_plain(&flag, report);
    }
    flag.targeting = targeting(&flag, words, met.condition);
    flag
}

/// Serves the safe variant to everybody, whatever else is written.
fn kill(flag: &mut Flag, words: &Words, place: Place, report: &mut Report) {
    let has = |name: &str| flag.variants.iter().any(|(known, _)| **known == *name);
    let default = flag.default_variant.as_deref().filter(|name| has(name));
    let safe = words.safe.as_deref().or(default);
    flag.disabled = false;
    flag.fault = None;
    if let Some(safe) = safe {
        let arguments = vec![make::truth(place, true), make::text(place, safe)];
        flag.targeting = Some(make::operation(place, "if", arguments));
        return;
    }
    flag.targeting = None;
    flag.default_variant = None;
    let message = format!("flag `{}` is killed and has no safe variant", flag.key);
    let help = "callers get their own default; declare `safeVariant` or `defaultVariant`";
    report.error(Code::Kill, place, message, help);
}

fn not_plain(flag: &Flag, report: &mut Report) {
    let message = format!(
        "flag `{}` is bucketed in a way that plain flagd cannot compute",
        flag.key
    );
    let help = "it is left out of flag sync, where it would be answered differently; `flagd-murmur3` is not";
    report.warn(Code::NotPlain, flag.place, message, help);
}

fn targeting(flag: &Flag, words: &Words, met: Condition) -> Option<Node> {
    let place = words
        .rollouts
        .first()
        .map_or(flag.place, |rollout| rollout.place);
    let mut chain = Chain {
        place,
        arguments: Vec::new(),
        closed: false,
    };
    let safe = |place| match words.safe.as_deref() {
        Some(safe) => make::text(place, safe),
        None => make::null(place),
    };
    for rollout in &words.rollouts {
        chain.take(listed(rollout.place, &rollout.deny), || safe(rollout.place));
    }
    for rollout in &words.rollouts {
        chain.take(listed(rollout.place, &rollout.allow), || release(rollout));
    }
    chain.take(met.not(flag.place), || safe(flag.place));
    for rollout in &words.rollouts {
        chain.take(takes(rollout, words), || release(rollout));
    }
    chain.finish(words.targeting.as_ref())
}

/// Conditions and results, in their order.
struct Chain {
    place: Place,
    arguments: Vec<Node>,
    closed: bool,
}

impl Chain {
    fn take(&mut self, condition: Condition, result: impl FnOnce() -> Node) {
        if self.closed {
            return;
        }
        match condition {
            Condition::Never => return,
            Condition::Always => self.closed = true,
            Condition::If(node) => self.arguments.push(node),
        }
        self.arguments.push(result());
    }

    /// The rule, with `rest` for those whom nothing took.
    fn finish(mut self, rest: Option<&Node>) -> Option<Node> {
        if self.arguments.is_empty() {
            return rest.cloned();
        }
        let rest = rest.filter(|rest| rest.as_map().is_none_or(|members| !members.is_empty()));
        match (self.closed, self.arguments.len()) {
            (false, _) => self.arguments.extend(rest.cloned()),
            (true, 1) => self.arguments.insert(0, make::truth(self.place, true)),
            (true, _) => {}
        }
        Some(make::operation(self.place, "if", self.arguments))
    }
}

fn listed(place: Place, keys: &[EcoString]) -> Condition {
    named(keys, |keys| make::any_key(place, keys))
}

/// The condition for some names; nobody fits none.
fn named(names: &[EcoString], make: impl FnOnce(&[EcoString]) -> Node) -> Condition {
    if names.is_empty() {
        Condition::Never
    } else {
        Condition::If(make(names))
    }
}

/// Whether a rollout takes a context by its rings, segments or share.
fn takes(rollout: &Rollout, words: &Words) -> Condition {
    let place = rollout.place;
    let eligible = match &rollout.when {
        None => Condition::Always,
        Some(node) => Condition::of(node.clone()),
    };
    let mut ways = vec![named(&rollout.rings, |names| {
        make::any_of(place, "ring", names)
    })];
    let rings = rollout
        .rings
        .iter()
        .filter_map(|name| words.rings.named(name));
    let conditions = rings.filter_map(|ring| ring.condition.clone());
    ways.extend(conditions.map(Condition::of));
    ways.push(named(&rollout.segments, |names| {
        make::any_segment(place, names)
    }));
    ways.push(quota::quota(rollout));
    eligible.and(any(place, ways), place)
}

/// What a rollout gives: the name of a variant, or a split of its own that does not depend on who takes part.
fn release(rollout: &Rollout) -> Node {
    let place = rollout.place;
    let shares = match &rollout.release {
        Release::Variant(name) => return make::text(place, name),
        Release::Split(shares) => shares,
    };
    let bucketing = &rollout.bucketing;
    let parts = vec![
        quota::seed(bucketing, place),
        make::text(place, "/split/"),
        make::var(place, bucketing.unit()),
    ];
    let mut arguments = vec![make::operation(place, "cat", parts)];
    let shares = shares.iter();
    arguments.extend(shares.map(|(name, weight)| make::share(place, name, *weight)));
    let split = make::operation(place, "fractional", arguments);
    // Without a unit everybody would be in one share.
    let guarded = vec![make::var(place, bucketing.unit()), split];
    make::operation(place, "if", guarded)
}

/// Refuses a rule that became too large or too deep.
fn bound(mut flag: Flag, budget: &mut usize, report: &mut Report) -> Flag {
    let Some(targeting) = &flag.targeting else {
        return flag;
    };
    let size = targeting.size();
    if size <= limits::EXPANSION_FREE && size <= *budget && targeting.depth() <= limits::DEPTH {
        *budget -= size;
        return flag;
    }
    let message = format!(
        "the words of flag `{}` make a rule that is too large",
        flag.key
    );
    let help = "name fewer rings, prerequisites or steps; the flag answers PARSE_ERROR until then";
    report.error(Code::Limit, flag.place, message, help);
    flag.targeting = None;
    flag.fault = Some(ErrorCode::ParseError);
    flag
}
