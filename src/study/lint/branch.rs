//! Branches of rules that no context reaches, with the conditions that exclude each other.

use std::collections::HashSet;

use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::limits;
use crate::rule::expr::Expr;
use crate::study::file::File;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::lint::walk;
use crate::study::proof::Premise;
use crate::study::show;
use crate::study::survey;
use crate::study::survey::Effort;
use crate::study::survey::Survey;

/// What is written at one place. A shared evaluator has one, however many rules it is put into.
type Spot = (Place, SiteKind);

/// Reports what no rule of a file reaches. Where that is not certain nothing is said.
pub fn check(file: &File, report: &mut Report) {
    let mut reached = HashSet::new();
    let mut lost = Vec::new();
    for subject in file.subjects() {
        let works = subject.flag.fault.is_none() && !document::has_errors(&subject.compiled.found);
        if works && !refers(subject.expanded) {
            let survey = survey::survey(subject.expanded, Effort::MANY);
            sift(&survey, &mut reached, &mut lost);
        }
    }
    for Lost {
        spot,
        message,
        help,
    } in lost
    {
        if !reached.contains(&spot) {
            report.warn(Code::Unreached, spot.0, message, help);
        }
    }
}

/// Whether a reference is left that leads nowhere: that is told, and what it was meant to be is not known.
fn refers(flag: &Flag) -> bool {
    let mut refers = false;
    if let Some(targeting) = &flag.targeting {
        walk::operations(targeting, &mut |member| refers |= &*member.key == "$ref");
    }
    refers
}

/// A branch that is not reached.
struct Lost {
    spot: Spot,
    message: String,
    help: String,
}

fn sift(survey: &Survey<'_>, reached: &mut HashSet<Spot>, lost: &mut Vec<Lost>) {
    let mut told = 0;
    for (at, site) in survey.program.sites.iter().enumerate() {
        let spot = (site.node.place, site.kind);
        if !survey.excludes(at) {
            reached.insert(spot);
        } else if is_written(site) && !site.parent.is_some_and(|up| survey.excludes(up)) {
            let (message, help) = if told < limits::LINT_BRANCHES {
                let proof = survey.proof(at);
                // All units have one hash: that is told of what they are bucketed by.
                if matches!((site.kind, &*proof), (SiteKind::Share { .. }, [_])) {
                    continue;
                }
                explained(site, survey, &proof)
            } else {
                (named(site, survey.flag), String::new())
            };
            told += 1;
            lost.push(Lost {
                spot,
                message,
                help,
            });
        }
    }
}

/// Whether a site is something that could be left out. A weight of 0 says openly that nobody is there.
fn is_written(site: &Site<'_>) -> bool {
    match site.kind {
        SiteKind::Then(_) | SiteKind::Else => true,
        SiteKind::Share { weight, .. } => weight > 0,
        SiteKind::Root | SiteKind::Nothing => false,
    }
}

fn named(site: &Site<'_>, flag: &Flag) -> String {
    let what = match (site.kind, &site.node.kind) {
        (SiteKind::Share { .. }, Kind::List(items)) => items.first().map(name),
        _ => Some(name(site.node)),
    };
    let what = what.unwrap_or_default();
    format!("nothing reaches {what} in the rule of flag `{}`", flag.key)
}

/// What stands at the end of a branch.
fn name(node: &Node) -> String {
    match Expr::of(node) {
        Expr::Value(node) => match &node.kind {
            Kind::Text(text) => format!("`{text}`"),
            Kind::Null => "the default".to_owned(),
            _ => format!("`{}`", show::condition(node)),
        },
        Expr::List(_) | Expr::Operation(_) => format!("`{}`", show::condition(node)),
    }
}

/// How many conditions of a proof are told.
const PREMISES: usize = 6;

/// The message has the words of the proof and no places, for a baseline knows findings by their messages.
fn explained(site: &Site<'_>, survey: &Survey<'_>, proof: &[Premise]) -> (String, String) {
    let named = named(site, survey.flag);
    let wanted = |premise: &Premise| {
        let how = if premise.holds { "hold" } else { "fail" };
        format!("`{}` to {how}", premise.text)
    };
    let mut list: Vec<String> = proof.iter().take(PREMISES).map(wanted).collect();
    if proof.len() > PREMISES {
        list.push(format!("{} more conditions", proof.len() - PREMISES));
    }
    let message = match list.split_last() {
        Some((last, [])) => format!("{named}: it would take {last}"),
        Some((last, rest)) => {
            let rest = rest.join(", ");
            format!("{named}: it would take {rest} and {last} at once")
        }
        None => named,
    };
    let mut places: Vec<String> = Vec::new();
    for Premise { place, .. } in proof.iter().take(PREMISES) {
        let place = format!("{}:{}", place.line, place.column);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let places = places.join(", ");
    let help =
        format!("see {places}; leave the branch out, or let it stand before what excludes it");
    (message, help)
}
