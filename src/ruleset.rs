//! Compiled flags. Immutable; deciding cannot fail.

mod abreast;
mod link;

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;
use ecow::EcoString;

use crate::context::Context;
use crate::context::Reads;
use crate::courtesy;
use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::decision::Reason;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Report;
use crate::document;
use crate::document::Document;
use crate::document::merge;
use crate::document::merge::Identity;
use crate::document::plain;
use crate::document::rollout::expand;
use crate::fingerprint;
use crate::rule::compile;
use crate::rule::tree::Leaf;
use crate::rule::tree::Tree;
use crate::rule::unit::Version;
pub use crate::ruleset::abreast::abreast;
use crate::selector::Selector;
use crate::value::Literal;
use crate::value::Members;

/// The flags of one generation.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The flags, sorted by key. Of equal keys, which are in different flag sets, the last one wins.
    pub flags: Vec<Arc<Flag>>,
    /// Whether each key is that of one flag only, as in nearly all of them.
    distinct: bool,
}

/// A compiled flag.
#[derive(Debug)]
pub struct Flag {
    /// Its key.
    pub key: Arc<str>,
    /// The source that it comes from.
    pub source: Arc<str>,
    /// The id of the flag set that it belongs to.
    pub set: Option<Box<str>>,
    /// The names of its variants, sorted.
    pub names: Arc<[EcoString]>,
    /// The values of its variants, in the order of their names.
    pub values: Arc<[Literal]>,
    /// What goes with every answer: the flag set's metadata and its own, sorted by name.
    pub metadata: Members,
    /// The attributes that its rules read.
    pub reads: Reads,
    /// The variant that counts when targeting chooses none.
    pub default: Option<u16>,
    /// How it decides.
    pub plan: Plan,
    /// Its rule as plain flagd knows it, in JSON.
    pub rule: Option<Box<str>>,
    /// A number that differs, in all likelihood, when the flag answers differently.
    pub print: u64,
    /// What is wrong with its rule.
    pub found: Box<[Diagnostic]>,
    /// As it is written, if it has words: whatever it requires may stand in another document, and its next edit is held
    /// against it.
    pub written: Option<Box<Written>>,
    /// Whether plain flagd cannot evaluate it.
    pub foreign: bool,
    /// The file that it stands in, and where.
    pub file: Arc<str>,
    /// Where in the file.
    pub stood: Stood,
    /// Its answers, once they are encoded.
    pub ready: OnceLock<Box<Ready>>,
}

/// Where a flag stood when it was read. What is around it may have moved it since, so it is no part of what the flag is.
#[derive(Clone, Copy)]
pub struct Stood(pub Place);

impl fmt::Debug for Stood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("somewhere")
    }
}

/// A flag as written, and how it is compiled.
#[derive(Debug)]
pub struct Written {
    /// The flag; its words are not expanded.
    pub flag: document::flag::Flag,
    /// The version of `fractional`.
    pub fractional: Version,
}

/// Encoded answers. What is in them, only those know who encode them.
#[derive(Debug)]
pub struct Ready {
    /// All of them, in one piece of memory that answers in flight share.
    pub bytes: Bytes,
    /// Where each of them stands. Each outcome has two: that of its own type, and for numbers that as an integer.
    pub spans: Box<[(u32, u32)]>,
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

/// Compiles a merged document, or several one behind the other: what a flag requires is that of the last one that has it.
/// Units are hashed as `fractional` says.
pub fn compile(document: &Document, fractional: Version) -> (Ruleset, Vec<Diagnostic>) {
    let flags = document.flags.iter().map(|flag| (**flag).clone());
    let flags = flags.map(|flag| Arc::new(compile_flag(flag, fractional)));
    let flags = flags.collect();
    let ruleset = Ruleset::linked(flags);
    let diagnostics = ruleset.found().cloned().collect();
    (ruleset, diagnostics)
}

/// More bytes than most rules take in JSON.
const RULE: usize = 512;

/// Compiles one flag. What it requires is not known here; [`Ruleset::lay`] sees to that.
pub fn compile_flag(flag: document::flag::Flag, fractional: Version) -> Flag {
    courtesy::pause();
    if flag.words.is_none() {
        return compile_rule(flag, fractional);
    }
    let (expanded, found) = expand::alone(&flag);
    link::compile(Written { flag, fractional }, expanded, found)
}

/// Compiles a flag without words, or with a rule in their place.
fn compile_rule(flag: document::flag::Flag, fractional: Version) -> Flag {
    let (foreign, file, place) = (!flag.plain, flag.origin.file.clone(), flag.place);
    let rule = flag.targeting.as_ref().map(|targeting| {
        let mut rule = String::with_capacity(RULE);
        plain::write(&mut rule, targeting);
        rule.as_str().into()
    });
    let print = print(&flag, rule.as_deref());
    let set = flag.set().map(Into::into);
    let mut report = Report::new(flag.origin.file.clone());
    let names: Arc<[_]> = flag.variants.iter().map(|(name, _)| name.clone()).collect();
    let values = flag.variants.into_iter().map(|(_, value)| value);
    let values: Arc<[_]> = values.collect();
    let mut reads = Reads::default();
    // A disabled or faulty flag never runs its rule, but whoever wrote it wants to know about its mistakes.
    let tree = flag.targeting.as_ref().filter(|node| !is_empty(node));
    let tree = tree.map(|node| {
        let (tree, read) = compile::compile(node, &flag.key, &names, fractional, &mut report);
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
        key: flag.key.as_str().into(),
        source: flag.origin.source,
        set,
        names,
        values,
        metadata: flag.metadata,
        reads,
        default,
        plan,
        rule,
        print,
        found: report.finish().into(),
        written: None,
        foreign,
        file,
        stood: Stood(place),
        ready: OnceLock::new(),
    }
}

fn print(flag: &document::flag::Flag, rule: Option<&str>) -> u64 {
    let plan = (flag.disabled, &flag.default_variant, flag.fault, rule);
    fingerprint::of(&(plan, &flag.variants, &flag.metadata))
}

/// An empty object means no targeting; null means targeting that never chooses.
fn is_empty(targeting: &document::node::Node) -> bool {
    targeting.as_map().is_some_and(<[_]>::is_empty)
}

impl Ruleset {
    /// The flags of several documents laid over each other, as [`merge::lay`] does it.
    pub fn lay<'l>(layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<Flag>>>) -> Ruleset {
        Ruleset::linked(merge::lay(layers, Flag::identity))
    }

    /// Flags sorted by key, each with what it requires.
    fn linked(mut flags: Vec<Arc<Flag>>) -> Ruleset {
        link::link(&mut flags);
        // Not only unlike its neighbour's: whoever compiles documents one behind the other has keys in no order.
        let distinct = flags.is_sorted_by(|a, b| a.key < b.key);
        Ruleset { flags, distinct }
    }

    /// What is wrong with the rules.
    pub fn found(&self) -> impl Iterator<Item = &Diagnostic> {
        courtesy::along(&self.flags).flat_map(|flag| &flag.found)
    }

    /// The position of the selected flag called `key`.
    pub fn position(&self, key: &str, selector: &Selector) -> Option<usize> {
        let is_selected = |at: &usize| self.flags.get(*at).is_some_and(|f| f.is_selected(selector));
        if self.distinct {
            let found = self.flags.binary_search_by(|flag| (*flag.key).cmp(key));
            return found.ok().filter(is_selected);
        }
        let start = self.flags.partition_point(|flag| *flag.key < *key);
        let others = self.flags.iter().skip(start);
        let count = others.take_while(|flag| *flag.key == *key).count();
        (start..start + count).rev().find(is_selected)
    }

    /// The flag called `key`.
    pub fn flag(&self, key: &str) -> Option<&Flag> {
        let position = self.position(key, &Selector::All)?;
        self.at(position)
    }

    /// The flag at this position.
    pub fn at(&self, position: usize) -> Option<&Flag> {
        self.flags.get(position).map(AsRef::as_ref)
    }

    /// The positions of all selected flags, one for each key.
    pub fn select(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let same = |a: &Arc<Flag>, b: &Arc<Flag>| !self.distinct && a.key == b.key;
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
    /// What tells it from others.
    pub fn identity(&self) -> Identity<'_> {
        (&self.key, self.set.as_deref())
    }

    /// The flag as written: as it stood in its file if it has words, else as plain flagd knows it. `None` if it is faulty.
    pub fn as_written(&self) -> Option<document::flag::Flag> {
        match &self.written {
            Some(written) => Some(written.flag.clone()),
            None if self.is_faulty() => None,
            None => Some(link::reread(self)),
        }
    }

    /// Whether its definition is faulty.
    pub fn is_faulty(&self) -> bool {
        matches!(self.plan, Plan::Faulty(_))
    }

    fn is_selected(&self, selector: &Selector) -> bool {
        selector.matches(self.set.as_deref(), &self.source)
    }

    /// What the flag answers to a context, whatever the type of the answer.
    pub fn decide<'a>(&'a self, context: &Context<'a>) -> Decision {
        match &self.plan {
            Plan::Targeted(tree) => self.decision(tree.decide(context, &self.names)),
            Plan::Disabled => Decision::Disabled,
            Plan::Fixed(index) => Decision::Variant(*index, Reason::Static),
            Plan::NoDefault => Decision::NoDefault,
            Plan::Faulty(code) => Decision::Error(*code),
        }
    }

    /// What the flag answers when its targeting ends so.
    pub fn decision(&self, leaf: Leaf) -> Decision {
        match (leaf, self.default) {
            (Leaf::Variant(index), _) => Decision::Variant(index, Reason::TargetingMatch),
            (Leaf::Default, Some(default)) => Decision::Variant(default, Reason::Default),
            (Leaf::Default, None) => Decision::NoDefault,
            (Leaf::Unknown, _) => Decision::Error(ErrorCode::General),
            (Leaf::Fault, _) => Decision::Error(ErrorCode::ParseError),
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
