//! A flag's rule, run over all contexts at once: which of its ends some of them reach.

use crate::document::flag::Flag;
use crate::limits;
use crate::study::program;
use crate::study::program::Program;
use crate::study::proof;
use crate::study::proof::Premise;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::walk::Walk;

/// How much work a survey may be.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How many cases are told apart.
    pub cases: usize,
    /// How often a question is put to a value.
    pub questions: usize,
}

impl Effort {
    /// For one flag that somebody asks about.
    pub const ONE: Effort = Effort {
        cases: limits::CASES,
        questions: usize::MAX,
    };
    /// For each of many flags.
    pub const MANY: Effort = Effort {
        cases: limits::LINT_CASES,
        questions: limits::LINT_QUESTIONS,
    };
}

/// What running a rule over all contexts tells.
#[derive(Debug)]
pub struct Survey<'f> {
    /// The flag, without words.
    pub flag: &'f Flag,
    /// Its rule.
    pub program: Program<'f>,
    /// What it asks about.
    pub space: Space,
    /// For each site contexts that get there; one set without guesses, if there is one.
    pub marks: Vec<Option<State>>,
    /// Why what has no mark might be reached all the same; `None` if it is not.
    pub doubt: Option<String>,
    effort: Effort,
}

/// Surveys the rule of a flag.
pub fn survey(flag: &Flag, effort: Effort) -> Survey<'_> {
    let mut space = Space::default();
    let program = program::program(flag, &mut space);
    space.close();
    let mut survey = Survey {
        flag,
        marks: vec![None; program.sites.len()],
        doubt: None,
        program,
        space,
        effort,
    };
    survey.doubt = survey.walk();
    survey
}

impl Survey<'_> {
    /// Walks over the rule. Why not everything that is reached may have got a mark.
    fn walk(&mut self) -> Option<String> {
        if self.questions() > self.effort.questions {
            return Some("the rule asks too much of too many values".to_owned());
        }
        let all = State::all(&self.space);
        let mut walk = Walk::bounded(&self.program, &mut self.space, self.effort.cases);
        let complete = walk.answers(&all).is_ok();
        self.marks = std::mem::take(&mut walk.marks);
        if !complete {
            return Some("the rule has too many cases".to_owned());
        }
        let (attribute, why) = self.space.gaps().next()?;
        Some(format!("`{}`: {why}", attribute.name))
    }

    /// How often a question may have to be put to a value.
    fn questions(&self) -> usize {
        let asked = self.program.atoms.iter().map(|atom| {
            let attribute = self.space.attributes.get(atom.attribute);
            attribute.map_or(0, |attribute| attribute.pool.candidates.len())
        });
        asked.sum()
    }

    /// Whether it is certain that nothing reaches a site.
    pub fn excludes(&self, site: usize) -> bool {
        self.doubt.is_none() && self.marks.get(site).is_some_and(Option::is_none)
    }

    /// Why nothing reaches a site that is excluded.
    pub fn proof(&self, site: usize) -> Vec<Premise> {
        let site = self.program.sites.get(site);
        site.map_or_else(Vec::new, |site| {
            proof::proof(site, self.flag, &self.program, self.effort.cases)
        })
    }
}
