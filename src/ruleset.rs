//! Compiled flags. Immutable; deciding cannot fail.

use std::sync::Arc;

use crate::context::Context;
use crate::context::Reads;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::document;
use crate::document::Document;
use crate::rule::compile;
use crate::rule::tree::Leaf;
use crate::rule::tree::Tree;
use crate::rule::unit::Version;
use crate::selector::Selector;
use crate::value::Literal;
use crate::value::Members;

/// The flags of one generation.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The flags, sorted by key. Of equal keys, which are in different flag sets, the last one wins.
    pub flags: Vec<Flag>,
}

/// A compiled flag.
#[derive(Debug)]
pub struct Flag {
    /// Its key.
    pub key: Box<str>,
    /// The source that it comes from.
    pub source: Arc<str>,
    /// The id of the flag set that it belongs to.
    pub set: Option<Box<str>>,
    /// The names of its variants, sorted.
    pub names: Box<[Box<str>]>,
    /// The values of its variants, in the order of their names.
    pub values: Box<[Literal]>,
    /// What goes with every answer: the flag set's metadata and its own, sorted by name.
    pub metadata: Members,
    /// The attributes that its rules read.
    pub reads: Reads,
    /// The variant that counts when targeting chooses none.
    pub default: Option<u16>,
    /// How it decides.
    pub plan: Plan,
}

/// How a flag decides.
#[derive(Debug)]
pub enum Plan {
    /// It is disabled.
    Disabled,
    /// It has no targeting and always answers with this variant.
    Fixed(u16),
    /// It has neither targeting nor a default variant.
    NoDefault,
    /// It has targeting, and perhaps a default variant.
    Targeted(Tree),
    /// Its definition is faulty.
    Faulty(ErrorCode),
}

/// Compiles a merged document whose units are hashed as `fractional` says.
pub fn compile(document: &Document, fractional: Version) -> (Ruleset, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut flags = Vec::with_capacity(document.flags.len());
    for flag in &document.flags {
        let mut report = Report::new(flag.origin.file.clone());
        flags.push(compile_flag(flag, fractional, &mut report));
        diagnostics.extend(report.finish());
    }
    (Ruleset { flags }, diagnostics)
}

fn compile_flag(flag: &document::flag::Flag, fractional: Version, report: &mut Report) -> Flag {
    let (names, values): (Vec<_>, Vec<_>) = flag.variants.iter().cloned().unzip();
    let mut reads = Reads::default();
    // A disabled or faulty flag never runs its rule, but whoever wrote it wants to know about its mistakes.
    let tree = flag.targeting.as_ref().filter(|node| !is_empty(node));
    let tree = tree.map(|node| {
        let (tree, read) = compile::compile(node, &flag.key, &names, fractional, report);
        reads = read;
        tree
    });
    let default = flag.default_variant.as_ref();
    let default = default.and_then(|name| names.binary_search(name).ok());
    let default = default.and_then(|index| u16::try_from(index).ok());
    let plan = match (flag.fault, tree, default) {
        (Some(code), ..) => Plan::Faulty(code),
        (None, _, _) if flag.disabled => Plan::Disabled,
        (None, Some(tree), _) => Plan::Targeted(tree),
        (None, None, Some(default)) => Plan::Fixed(default),
        (None, None, None) => Plan::NoDefault,
    };
    Flag {
        key: flag.key.clone(),
        source: flag.origin.source.clone(),
        set: flag.set().map(Into::into),
        names: names.into(),
        values: values.into(),
        metadata: flag.metadata.clone(),
        reads,
        default,
        plan,
    }
}

/// An empty object means no targeting; null means targeting that never chooses.
fn is_empty(targeting: &document::node::Node) -> bool {
    targeting.as_map().is_some_and(<[_]>::is_empty)
}

impl Ruleset {
    /// The position of the selected flag called `key`.
    pub fn position(&self, key: &str, selector: &Selector) -> Option<usize> {
        let end = self.flags.partition_point(|flag| *flag.key <= *key);
        let candidates = self.flags.get(..end)?.iter().enumerate().rev();
        candidates
            .take_while(|(_, flag)| *flag.key == *key)
            .find(|(_, flag)| flag.is_selected(selector))
            .map(|(position, _)| position)
    }

    /// The flag called `key`.
    pub fn flag(&self, key: &str) -> Option<&Flag> {
        let position = self.position(key, &Selector::All)?;
        self.flags.get(position)
    }

    /// The positions of all selected flags, one for each key.
    pub fn select(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let same = |a: &Flag, b: &Flag| a.key == b.key;
        let mut start = 0;
        self.flags.chunk_by(same).filter_map(move |group| {
            let found = group.iter().rposition(|flag| flag.is_selected(selector));
            let position = found.map(|at| start + at);
            start += group.len();
            position
        })
    }
}

impl Flag {
    fn is_selected(&self, selector: &Selector) -> bool {
        selector.matches(self.set.as_deref(), &self.source)
    }

    /// What the flag answers to a context, whatever the type of the answer.
    pub fn decide<'a>(&'a self, context: &Context<'a>) -> Decision {
        match &self.plan {
            Plan::Disabled => Decision::Disabled,
            Plan::Fixed(index) => Decision::Variant(*index, Reason::Static),
            Plan::NoDefault => Decision::NoDefault,
            Plan::Faulty(code) => Decision::Error(*code),
            Plan::Targeted(tree) => match (tree.decide(context, &self.names), self.default) {
                (Leaf::Variant(index), _) => Decision::Variant(index, Reason::TargetingMatch),
                (Leaf::Default, Some(default)) => Decision::Variant(default, Reason::Default),
                (Leaf::Default, None) => Decision::NoDefault,
                (Leaf::Unknown, _) => Decision::Error(ErrorCode::General),
                (Leaf::Fault, _) => Decision::Error(ErrorCode::ParseError),
            },
        }
    }

    /// The decision as a caller sees it who wants an answer of a certain type.
    pub fn typed(&self, decision: Decision, want: FlagType) -> Decision {
        match decision {
            Decision::Variant(index, _) if !self.is_of(index, want) => {
                Decision::Error(ErrorCode::TypeMismatch)
            }
            other => other,
        }
    }

    fn is_of(&self, index: u16, want: FlagType) -> bool {
        matches!(
            (self.values.get(usize::from(index)), want),
            (Some(Literal::Bool(_)), FlagType::Boolean)
                | (Some(Literal::Text(_)), FlagType::String)
                | (Some(Literal::Number(_)), FlagType::Int | FlagType::Float)
                | (Some(Literal::Map(_)), FlagType::Object)
        )
    }

    /// The type of a variant's value; `None` for null and lists, which no typed call can answer with.
    pub fn type_of(&self, index: u16) -> Option<FlagType> {
        match self.values.get(usize::from(index))? {
            Literal::Bool(_) => Some(FlagType::Boolean),
            Literal::Text(_) => Some(FlagType::String),
            Literal::Number(_) => Some(FlagType::Float),
            Literal::Map(_) => Some(FlagType::Object),
            Literal::Null | Literal::List(_) => None,
        }
    }
}
