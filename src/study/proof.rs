//! Why a place in a rule is not reached: the fewest conditions that cannot all be as they would have to be.

use crate::diag::Place;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::program;
use crate::study::program::Program;
use crate::study::program::Want;
use crate::study::reach::conditions;
use crate::study::show;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::walk::Got;
use crate::study::walk::Walk;

/// A condition and how it would have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premise {
    /// Where it stands.
    pub place: Place,
    /// What it is, in words.
    pub text: String,
    /// Whether it would have to hold or to fail.
    pub holds: bool,
}

/// The conditions on the way to a site, and whether they have to hold.
pub fn premises<'d>(site: &Site<'d>, program: &Program<'d>) -> Vec<(&'d Node, bool)> {
    let mut premises = Vec::new();
    let mut site = *site;
    while let Some(parent) = site.parent.and_then(|parent| program.sites.get(parent)) {
        let conditions = conditions(parent.node);
        let (failing, holding) = match site.kind {
            SiteKind::Then(at) => (conditions.get(..at), conditions.get(at)),
            SiteKind::Else | SiteKind::Nothing => (Some(&*conditions), None),
            SiteKind::Root | SiteKind::Share { .. } => (None, None),
        };
        let failing = failing
            .unwrap_or_default()
            .iter()
            .map(|node| (*node, false));
        let own: Vec<_> = failing.chain(holding.map(|node| (*node, true))).collect();
        premises.splice(0..0, own);
        site = *parent;
    }
    premises
}

/// Why a site is not reached: the fewest of the conditions on the way to it, those that stand first if there is a choice.
/// Telling apart more than `cases` cases is not tried.
pub fn proof(site: &Site<'_>, flag: &Flag, program: &Program<'_>, cases: usize) -> Vec<Premise> {
    if let SiteKind::Share { weight: 0, .. } = site.kind {
        return vec![Premise {
            place: site.node.place,
            text: "the weight is above 0".to_owned(),
            holds: true,
        }];
    }
    let mut premises: Vec<Wanted<'_>> = Vec::new();
    for (node, holds) in self::premises(site, program) {
        expand(node, holds, &mut premises);
    }
    let sieve = Sieve { flag, cases };
    if sieve.admits(&premises) {
        // The conditions do not exclude each other, but leave no hashes for this share.
        let share = matches!(site.kind, SiteKind::Share { .. }).then(|| Premise {
            place: site.node.place,
            text: format!("bucket in {}", show::condition(site.node)),
            holds: true,
        });
        return premises.into_iter().map(premise).chain(share).collect();
    }
    let fewest = sieve.fewest(&mut Vec::new(), false, &premises);
    fewest.into_iter().map(premise).collect()
}

/// A condition and how it would have to be.
type Wanted<'d> = (&'d Node, bool);

/// Tells which conditions exclude each other.
struct Sieve<'f> {
    flag: &'f Flag,
    cases: usize,
}

impl Sieve<'_> {
    /// The fewest of `wanted` that exclude each other together with `given`; all of both do. With `grown`, `given` may do
    /// so by itself.
    ///
    /// By halves, as Junker has it (2004): the conditions of a long rule are tried by tens, not one by one.
    fn fewest<'d>(
        &self,
        given: &mut Vec<Wanted<'d>>,
        grown: bool,
        wanted: &[Wanted<'d>],
    ) -> Vec<Wanted<'d>> {
        if grown && !self.admits(given) {
            return Vec::new();
        }
        if wanted.len() <= 1 {
            return wanted.to_vec();
        }
        let (first, last) = wanted.split_at(wanted.len() / 2);
        let before = given.len();
        given.extend(first);
        let last = self.fewest(given, true, last);
        given.truncate(before);
        given.extend(&last);
        let mut fewest = self.fewest(given, !last.is_empty(), first);
        given.truncate(before);
        fewest.extend(last);
        fewest
    }

    /// Whether there may be a context for which all of these are so.
    fn admits(&self, premises: &[Wanted<'_>]) -> bool {
        let mut space = Space::default();
        let nodes = premises.iter().map(|(node, _)| *node).collect();
        let (program, forms) = program::conditions(nodes, self.flag, &mut space);
        space.close();
        let mut states = vec![State::all(&space)];
        let mut walk = Walk::bounded(&program, &mut space, self.cases);
        for (form, (_, want)) in forms.iter().zip(premises) {
            let mut next = Vec::new();
            for state in &states {
                let Ok(cases) = walk.form(form, state, Want::Truth) else {
                    return true;
                };
                let kept = cases
                    .into_iter()
                    .filter(|(_, got)| *got == Got::Truth(*want));
                next.extend(kept.map(|(state, _)| state));
            }
            states = next;
        }
        !states.is_empty()
    }
}

fn premise((node, holds): Wanted<'_>) -> Premise {
    Premise {
        place: node.place,
        text: show::condition(node),
        holds,
    }
}

/// The parts of a condition that all have to be so.
fn expand<'d>(node: &'d Node, holds: bool, premises: &mut Vec<Wanted<'d>>) {
    let member = node.only_member();
    match member.map(|member| (&*member.key, &member.value.kind)) {
        Some(("and", Kind::List(items))) if holds => {
            for item in items {
                expand(item, true, premises);
            }
        }
        Some(("or", Kind::List(items))) if !holds => {
            for item in items {
                expand(item, false, premises);
            }
        }
        Some(("!", Kind::List(items))) => match &**items {
            [item] => expand(item, !holds, premises),
            _ => premises.push((node, holds)),
        },
        _ => premises.push((node, holds)),
    }
}
