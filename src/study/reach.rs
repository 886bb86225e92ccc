//! Which ends of a flag's rule can be reached: with a context that reaches it, or with the conditions that exclude it.
//!
//! ```text
//! let reach = reach::reach(&flag);             // a flag of a document that went through `study::expanded`
//! for end in &reach.ends {                     // every branch, share and last resort, from the outside in
//!     match &end.verdict {
//!         Verdict::Reachable(asker) => …       // a context that was really evaluated and got there
//!         Verdict::Unreachable(premises) => …  // conditions, with their places, that cannot all be as they would have to
//!         Verdict::Unknown(why) => …           // an operator outside of the theory, or too many cases
//!     }
//! }
//! ```
//!
//! A branch inside of an unreachable one is unreachable as well: [`End::parent`] tells them apart. What stands in a shared
//! evaluator has one place but an end for every use.

use crate::diag::Place;
use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::rule::coerce;
use crate::rule::expr::Expr;
use crate::study::ask::Asker;
use crate::study::ask::Question;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::program::Program;
use crate::study::proof;
use crate::study::proof::Premise;
use crate::study::show;
use crate::study::space::Outside;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::survey;
use crate::study::survey::Effort;
use crate::study::uses::arguments;
use crate::study::witness;
use crate::value::Literal;

/// What can be reached in a flag's rule.
#[derive(Debug)]
pub struct Reach {
    /// Every place where the rule may end; a branch comes before those inside of it. Empty without a rule.
    pub ends: Vec<End>,
    /// What could not be reasoned about.
    pub outside: Vec<Outside>,
}

/// A place where a rule may end.
#[derive(Debug)]
pub struct End {
    /// What kind of place it is.
    pub kind: SiteKind,
    /// Where it stands, in the file of the flag's origin.
    pub place: Place,
    /// The index of the branch that it is in.
    pub parent: Option<usize>,
    /// The constant that stands there, usually the name of a variant; `None` for what goes on to decide.
    pub constant: Option<Literal>,
    /// What stands there, in words.
    pub text: String,
    /// Whether it is reached.
    pub verdict: Verdict,
}

/// Whether a place in a rule is reached.
#[derive(Debug)]
pub enum Verdict {
    /// By this context.
    Reachable(Asker),
    /// By none: these cannot all be as they would have to be.
    Unreachable(Vec<Premise>),
    /// This cannot be known, and why.
    Unknown(String),
}

/// What can be reached in the rule of `flag`.
pub fn reach(flag: &Flag) -> Reach {
    let survey = survey::survey(flag, Effort::ONE);
    let sites = survey.program.sites.iter().zip(&survey.marks).enumerate();
    let ends = sites.map(|(at, (site, mark))| {
        let verdict = match (mark, &survey.doubt) {
            (Some(state), _) => reached(site, state, &survey.program, &survey.space),
            (None, Some(why)) => Verdict::Unknown(why.clone()),
            (None, None) => Verdict::Unreachable(survey.proof(at)),
        };
        end(site, verdict)
    });
    let ends = ends.collect();
    let outside = survey.space.hidden.iter();
    Reach {
        ends,
        outside: outside.map(|hidden| hidden.why.clone()).collect(),
    }
}

fn end(site: &Site<'_>, verdict: Verdict) -> End {
    let constant = match (site.kind, Expr::of(site.node)) {
        (SiteKind::Nothing, _) => None,
        (SiteKind::Share { .. }, Expr::List([value, ..])) => Some(value.to_literal()),
        (_, Expr::Value(node)) => Some(node.to_literal()),
        (_, Expr::List(_) | Expr::Operation(_)) => None,
    };
    End {
        kind: site.kind,
        place: site.node.place,
        parent: site.parent,
        constant,
        text: show::condition(site.node),
        verdict,
    }
}

fn reached(site: &Site<'_>, state: &State, program: &Program<'_>, space: &Space) -> Verdict {
    let found = witness::find(state, space, &[program], 1, |asker| {
        gets_there(asker, site, program)
    });
    match (found.into_iter().next(), state.guesses.first()) {
        (Some(asker), _) => Verdict::Reachable(asker),
        (None, Some((hidden, _))) => {
            let why = space.hidden.get(*hidden).map(|hidden| &hidden.why);
            let why =
                why.map(|why| format!("{}:{}: {}", why.place.line, why.place.column, why.what));
            Verdict::Unknown(why.unwrap_or_default())
        }
        (None, None) => Verdict::Unknown("no context was found that gets there".to_owned()),
    }
}

/// Whether a context really gets to a site.
pub fn gets_there(asker: &Asker, site: &Site<'_>, program: &Program<'_>) -> bool {
    let premises = proof::premises(site, program);
    let hold = premises.iter().all(|(node, want)| {
        let question = Question::new(node, program.key);
        let truth = asker.put(&question, |value| value.ok().map(coerce::truthy));
        truth == Some(*want)
    });
    let parent = site.parent.and_then(|parent| program.sites.get(parent));
    match (site.kind, parent) {
        (SiteKind::Share { index, .. }, Some(parent)) => {
            let question = Question::new(parent.node, program.key);
            hold && asker.share(&question) == Some(index)
        }
        _ => hold,
    }
}

/// The conditions of an `if`.
pub fn conditions(node: &Node) -> Vec<&Node> {
    let items = node.only_member().map_or(&[][..], arguments);
    let conditions = items.chunks(2).filter_map(|clause| match clause {
        [condition, _] => Some(condition),
        _ => None,
    });
    conditions.collect()
}
