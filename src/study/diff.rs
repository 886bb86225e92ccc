//! Who gets another answer after a change.
//!
//! Old and new rule are walked together: every case of the old one is split as the new one splits it. Cases with two
//! answers are the change. They are laid over each other so that no two cells share a context; a cell's transitions
//! have the part of its units that they move, exactly, as lengths of intervals of hashes.

pub mod cell;
pub mod outcome;
pub mod overlay;

use ecow::EcoString;

use crate::document::Document;
use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::limits;
use crate::rule::tree::Leaf;
use crate::ruleset;
use crate::ruleset::Plan;
use crate::ruleset::Ruleset;
use crate::study::ask::Asker;
use crate::study::diff::cell::Cell;
use crate::study::diff::cell::Region;
use crate::study::diff::outcome::Outcome;
use crate::study::diff::outcome::outcome;
use crate::study::program;
use crate::study::program::Program;
use crate::study::space::Outside;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::walk::Got;
use crate::study::walk::TooMany;
use crate::study::walk::Walk;

/// The flags of one side: merged, words expanded, and compiled in the same order.
#[derive(Debug, Clone, Copy)]
pub struct Side<'d> {
    /// The flags as written.
    pub document: &'d Document,
    /// The same flags, compiled.
    pub ruleset: &'d Ruleset,
}

/// What a change makes of one flag.
#[derive(Debug)]
pub struct Change {
    /// The flag's key.
    pub key: EcoString,
    /// Its flag set.
    pub set: Option<EcoString>,
    /// What is known.
    pub verdict: Verdict,
    /// Who gets another answer; no context is in two cells.
    pub cells: Vec<Cell>,
    /// What is not known, and why: there may be more changes than `cells` tells.
    pub unknown: Vec<String>,
}

/// What is known of a flag's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that decides was changed.
    Same,
    /// It is written in another way, and proved to answer the same to everyone.
    Equivalent,
    /// Some get another answer.
    Changed,
    /// Nobody is known to get another answer, but somebody may.
    Unknown,
    /// There was no such flag.
    Added,
    /// There is no such flag any more.
    Removed,
}

impl Verdict {
    /// The verdict as it stands in output.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Equivalent => "equivalent",
            Verdict::Changed => "changed",
            Verdict::Unknown => "unknown",
            Verdict::Added => "added",
            Verdict::Removed => "removed",
        }
    }
}

/// What a change makes of all flags, by key and flag set. Up to `examples` contexts are looked for per transition.
pub fn diff(old: Side<'_>, new: Side<'_>, examples: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    let (old, new) = (old.flags(), new.flags());
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.identity().cmp(&b.identity()),
        };
        let (a, b) = match order {
            std::cmp::Ordering::Less => (left.next(), None),
            std::cmp::Ordering::Greater => (None, right.next()),
            std::cmp::Ordering::Equal => (left.next(), right.next()),
        };
        match (a, b) {
            (Some(a), Some(b)) => changes.push(compare(*a, *b, examples)),
            (Some(a), None) => changes.push(a.alone(Verdict::Removed)),
            (None, Some(b)) => changes.push(b.alone(Verdict::Added)),
            (None, None) => {}
        }
    }
}

/// A flag as written and compiled.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'d> {
    /// As written.
    pub written: &'d Flag,
    /// Compiled.
    pub compiled: &'d ruleset::Flag,
}

impl<'d> Side<'d> {
    fn flags(self) -> Vec<Pair<'d>> {
        let written = self.document.flags.iter();
        let pairs = written.zip(&self.ruleset.flags);
        let mut pairs: Vec<Pair<'d>> = pairs
            .map(|(written, compiled)| Pair { written, compiled })
            .collect();
        pairs.sort_by(|a, b| a.identity().cmp(&b.identity()));
        pairs
    }
}

impl<'d> Pair<'d> {
    fn identity(&self) -> (&'d str, Option<&'d str>) {
        (&self.written.key, self.written.set())
    }

    fn alone(&self, verdict: Verdict) -> Change {
        Change {
            key: self.written.key.clone(),
            set: self.written.set().map(Into::into),
            verdict,
            cells: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Whether nothing that decides differs.
    fn is_like(&self, other: &Pair<'_>) -> bool {
        let (a, b) = (self.written, other.written);
        let rule = |flag: &Flag| flag.targeting.as_ref().map(Node::to_literal);
        (a.disabled, a.fault, &a.default_variant) == (b.disabled, b.fault, &b.default_variant)
            && a.variants == b.variants
            && rule(a) == rule(b)
    }
}

/// What a change makes of one flag.
pub fn compare(old: Pair<'_>, new: Pair<'_>, examples: usize) -> Change {
    if old.is_like(&new) {
        return old.alone(Verdict::Same);
    }
    let mut comparison = Comparison::new(old, new);
    let (cells, unknown) = comparison.cells(examples);
    let verdict = match (cells.is_empty(), unknown.is_empty()) {
        (true, true) => Verdict::Equivalent,
        (true, false) => Verdict::Unknown,
        (false, _) => Verdict::Changed,
    };
    Change {
        cells,
        unknown,
        ..old.alone(verdict)
    }
}

/// Two flags and everything that they ask.
#[derive(Debug)]
pub struct Comparison<'d> {
    /// The old flag.
    pub old: Pair<'d>,
    /// The new flag.
    pub new: Pair<'d>,
    /// The old rule.
    pub before: Program<'d>,
    /// The new rule.
    pub after: Program<'d>,
    /// What they ask.
    pub space: Space,
}

impl<'d> Comparison<'d> {
    /// The comparison of two flags.
    pub fn new(old: Pair<'d>, new: Pair<'d>) -> Comparison<'d> {
        let mut space = Space::default();
        let before = program::program(old.written, &mut space);
        let after = program::program(new.written, &mut space);
        space.close();
        Comparison {
            old,
            new,
            before,
            after,
            space,
        }
    }

    /// Who gets another answer, and what is not known.
    pub fn cells(&mut self, examples: usize) -> (Vec<Cell>, Vec<String>) {
        let mut unknown: Vec<String> = Vec::new();
        let regions = self.regions().unwrap_or_else(|TooMany| {
            unknown.push(format!("there are more than {} cases", limits::CASES));
            Vec::new()
        });
        for (attribute, why) in self.space.gaps() {
            unknown.push(format!("`{}`: {why}", attribute.name));
        }
        let (known, doubtful): (Vec<Region>, Vec<Region>) =
            regions.into_iter().partition(Region::is_known);
        for region in &doubtful {
            for why in self.reasons(region) {
                if !unknown.contains(&why) {
                    unknown.push(why);
                }
            }
        }
        let (cells, whole) = overlay::cells(&known, self, examples);
        if !whole {
            unknown.push(format!(
                "the changes fall into more than {} cells",
                limits::CELLS
            ));
        }
        (cells, unknown)
    }

    /// The cases with two answers.
    fn regions(&mut self) -> Result<Vec<Region>, TooMany> {
        let all = State::all(&self.space);
        let olds = Walk::new(&self.before, &mut self.space).answers(&all)?;
        let mut walk = Walk::new(&self.after, &mut self.space);
        let mut pairs = Vec::new();
        for (state, old) in olds {
            for (state, new) in walk.answers(&state)? {
                pairs.push((state, old.clone(), new));
            }
        }
        let mut regions = Vec::new();
        for (state, old, new) in pairs {
            let from = answer(&old, self.old.compiled);
            let to = answer(&new, self.new.compiled);
            if from == to && self.means_the_same(&from) {
                continue;
            }
            let measure = state.measure(&self.space);
            regions.push(Region {
                state,
                from,
                to,
                measure,
            });
        }
        Ok(regions)
    }

    /// Whether an answer that both sides give is one answer: what can be anything names variants of both.
    fn means_the_same(&self, outcome: &Outcome) -> bool {
        let (old, new) = (self.old.compiled, self.new.compiled);
        !matches!(outcome, Outcome::Hidden(_))
            || (&old.names, &old.values, old.default) == (&new.names, &new.values, new.default)
    }

    fn reasons(&self, region: &Region) -> Vec<String> {
        let guesses = region.state.guesses.iter().map(|(hidden, _)| *hidden);
        let outcomes = [&region.from, &region.to];
        let hidden = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Hidden(hidden) => Some(*hidden),
            _ => None,
        });
        let why = |hidden: usize| self.space.hidden.get(hidden).map(|h| said(&h.why));
        guesses.chain(hidden).filter_map(why).collect()
    }
}

fn said(why: &Outside) -> String {
    let place = why.place;
    format!("{}:{}:{}: {}", why.file, place.line, place.column, why.what)
}

/// What a flag answers in a case.
fn answer(got: &Got, flag: &ruleset::Flag) -> Outcome {
    let decision = match (&flag.plan, got) {
        (Plan::Targeted(_), Got::Hidden(hidden)) => return Outcome::Hidden(*hidden),
        (Plan::Targeted(_), Got::Leaf(leaf)) => flag.decision(*leaf),
        (Plan::Targeted(_), Got::Fault | Got::Truth(_) | Got::Value(_)) => {
            flag.decision(Leaf::Fault)
        }
        // Without targeting there is no context that matters.
        _ => Asker::default().decide(flag),
    };
    outcome(flag, decision)
}
