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

/// Why a site is not reached.
pub fn proof(site: &Site<'_>, flag: &Flag, program: &Program<'_>) -> Vec<Premise> {
    if let SiteKind::Share { weight: 0, .. } = site.kind {
        return vec![Premise {
            place: site.node.place,
            text: "the weight is above 0".to_owned(),
            holds: true,
        }];
    }
    let mut premises: Vec<(&Node, bool)> = Vec::new();
    for (node, holds) in self::premises(site, program) {
        expand(node, holds, &mut premises);
    }
    if is_possible(&premises, flag) {
        // The conditions do not exclude each other, but leave no hashes for this share.
        let mut all: Vec<Premise> = premises.into_iter().map(premise).collect();
        all.push(Premise {
            place: site.node.place,
            text: format!(
                "the unit falls into the share {}",
                show::condition(site.node)
            ),
            holds: true,
        });
        return all;
    }
    let mut at = 0;
    while at < premises.len() {
        let mut fewer = premises.clone();
        fewer.remove(at);
        if is_possible(&fewer, flag) {
            at += 1;
        } else {
            premises = fewer;
        }
    }
    premises.into_iter().map(premise).collect()
}

fn premise((node, holds): (&Node, bool)) -> Premise {
    Premise {
        place: node.place,
        text: show::condition(node),
        holds,
    }
}

/// The parts of a condition that all have to be so.
fn expand<'d>(node: &'d Node, holds: bool, premises: &mut Vec<(&'d Node, bool)>) {
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

/// Whether there may be a context for which all of these are so.
fn is_possible(premises: &[(&Node, bool)], flag: &Flag) -> bool {
    let mut space = Space::default();
    let nodes = premises.iter().map(|(node, _)| *node).collect();
    let (program, forms) = program::conditions(nodes, flag, &mut space);
    space.close();
    let mut states = vec![State::all(&space)];
    let mut walk = Walk::new(&program, &mut space);
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
