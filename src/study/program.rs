//! A flag in the form in which it is reasoned about.

mod build;

use std::cell::OnceCell;
use std::sync::Arc;

use ecow::EcoString;

use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::rule::coerce;
use crate::rule::operator::Evaluated;
use crate::rule::tree;
use crate::rule::tree::Leaf;
use crate::study::ask::Question;
use crate::study::form::Form;
use crate::study::form::Result as Answer;
use crate::study::form::Site;
use crate::study::pool::Candidate;
use crate::study::space::Space;
use crate::value::Literal;
use crate::value::Value;

/// A question about one attribute.
#[derive(Debug)]
pub struct Atom<'d> {
    /// The question as written.
    pub node: &'d Node,
    /// The attribute.
    pub attribute: usize,
    /// The question, compiled.
    pub question: Question,
    truths: OnceCell<Vec<Option<bool>>>,
    leaves: OnceCell<Vec<Leaf>>,
    values: OnceCell<Vec<Option<Literal>>>,
}

/// A flag's rule.
#[derive(Debug)]
pub struct Program<'d> {
    /// The flag's key.
    pub key: &'d str,
    /// The file.
    pub file: Arc<str>,
    /// The names of its variants, sorted.
    pub names: Vec<EcoString>,
    /// The rule; `None` if there is none that is ever run.
    pub root: Option<Answer>,
    /// The questions.
    pub atoms: Vec<Atom<'d>>,
    /// The places where it may end.
    pub sites: Vec<Site<'d>>,
}

/// What is wanted of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Whether it counts as true.
    Truth,
    /// Which answer it names.
    Leaf,
    /// Its value.
    Value,
}

/// Conditions of a flag on their own, and a program that holds the questions in them.
pub fn conditions<'d>(
    nodes: Vec<&'d Node>,
    flag: &'d Flag,
    space: &mut Space,
) -> (Program<'d>, Vec<Form>) {
    let mut program = empty(flag);
    let form = |node| build::condition(node, flag, &mut program, space);
    let forms = nodes.into_iter().map(form).collect();
    (program, forms)
}

fn empty(flag: &Flag) -> Program<'_> {
    Program {
        key: &flag.key,
        file: flag.origin.file.clone(),
        names: flag.variants.iter().map(|(name, _)| name.clone()).collect(),
        root: None,
        atoms: Vec::new(),
        sites: Vec::new(),
    }
}

/// The program of a flag, whose questions are noted in `space`.
pub fn program<'d>(flag: &'d Flag, space: &mut Space) -> Program<'d> {
    let mut program = empty(flag);
    let runs = flag.fault.is_none() && !flag.disabled;
    let targeting = flag.targeting.as_ref();
    let targeting = targeting.filter(|node| runs && !node.as_map().is_some_and(<[_]>::is_empty));
    program.root = targeting.map(|node| build::root(node, flag, &mut program, space));
    program
}

impl Atom<'_> {
    /// The answers of the candidates of its attribute.
    pub fn truths(&self, space: &Space) -> &[Option<bool>] {
        self.truths
            .get_or_init(|| self.each(space, |value| value.ok().map(coerce::truthy)))
    }

    /// The answers that the candidates of its attribute name among `names`.
    pub fn leaves(&self, space: &Space, names: &[EcoString]) -> &[Leaf] {
        self.leaves
            .get_or_init(|| self.each(space, |value| tree::leaf(value, names)))
    }

    /// The values of the candidates of its attribute; `None` for a fault.
    pub fn values(&self, space: &Space) -> &[Option<Literal>] {
        self.values
            .get_or_init(|| self.each(space, |value| value.ok().map(Value::to_literal)))
    }

    fn each<T>(&self, space: &Space, take: impl Fn(Evaluated<'_>) -> T) -> Vec<T> {
        let attribute = space.attributes.get(self.attribute);
        let candidates = attribute.map_or(&[][..], |attribute| &attribute.pool.candidates);
        let put = |candidate: &Candidate| self.question.put(&candidate.value, &take);
        candidates.iter().map(put).collect()
    }
}
