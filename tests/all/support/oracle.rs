//! An oracle: a second evaluator of targeting rules, written from flagd's documented behaviour and independent of
//! `src/rule`.
//!
//! It walks the rule as written, for each evaluation: no compilation, no slots, no constant folding, no prepared sets.
//! It models flagd 0.16.1 with `diegoholiveira/jsonlogic` 3.9.1, including how that library writes outer variables into
//! the bodies of list operations before it iterates. It deviates only where docs/compatibility.md says that fanion
//! does: a value is never evaluated as a rule, `{"-": []}` and `{"/": []}` are the number 0, and a variable that is not
//! evaluated does not fail. It uses neither fanion's values nor its number functions.

mod arithmetic;
mod comparison;
mod custom;
mod evaluator;
mod fractional;
pub mod generator;
mod go_number;
mod list_operation;
mod logic;
mod membership;
mod semver;
mod term;
mod variable;

pub use crate::support::oracle::evaluator::evaluate;
pub use crate::support::oracle::term::Term;

/// The evaluation failed: flagd's library panicked or returned an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleFailure;

/// The value of a rule.
pub type Outcome = Result<Term, RuleFailure>;

/// Returns the decision of a flag with this rule and its outcome as one text: a variant's name, `default`, `PARSE_ERROR`
/// or `GENERAL`.
pub fn decide(rule: &Term, outcome: &Outcome, variants: &[&str]) -> String {
    // To flagd, an empty object is no targeting.
    if matches!(rule, Term::Map(members) if members.is_empty()) {
        return "default".to_owned();
    }
    let Ok(value) = outcome else {
        return "PARSE_ERROR".to_owned();
    };
    match value.variant_name() {
        None => "PARSE_ERROR".to_owned(),
        Some(_) if *value == Term::Null => "default".to_owned(),
        Some(name) if variants.contains(&&*name) => name,
        Some(_) => "GENERAL".to_owned(),
    }
}
