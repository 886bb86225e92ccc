//! Puts one question to the real evaluator.

use bumpalo::Bump;

use crate::context::Context;
use crate::context::Read;
use crate::context::Reads;
use crate::context::step;
use crate::decision::Decision;
use crate::document::node::Node;
use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::compile;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::fractional::Pick;
use crate::rule::operator::Operator;
use crate::rule::unit::Version;
use crate::ruleset::Flag;
use crate::study::uses::CLOCK;
use crate::value::Literal;
use crate::value::Members;
use crate::value::Value;

/// An expression on its own, ready to be evaluated.
#[derive(Debug)]
pub struct Question {
    rule: Rule,
    reads: Reads,
    slot: Option<u16>,
}

impl Question {
    /// The question that an expression of the flag called `key` asks.
    pub fn new(node: &Node, key: &str) -> Question {
        Question::hashing(node, key, Version::V2)
    }

    /// The same, where units are hashed in another way.
    fn hashing(node: &Node, key: &str, fractional: Version) -> Question {
        let (rule, reads) = compile::expression(node, key, fractional);
        let slot = slots(&reads).first().map(|(_, slot)| *slot);
        Question { rule, reads, slot }
    }

    /// The compiled expression.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The paths that it reads and their slots.
    pub fn slots(&self) -> Vec<(String, u16)> {
        slots(&self.reads)
    }

    /// The attributes that it reads; `None` if it reads the whole context.
    pub fn paths(&self) -> Option<Vec<String>> {
        if self.reads.whole.is_some() {
            return None;
        }
        let mut paths: Vec<String> = slots(&self.reads).into_iter().map(|(p, _)| p).collect();
        paths.extend(self.reads.clock.then(|| CLOCK.to_owned()));
        Some(paths)
    }

    /// What it yields when the attributes that it reads, one at the most, are `value`. `take` sees it before it is gone.
    pub fn put<T>(&self, value: &Literal, take: impl FnOnce(Result<Value<'_>, Fault>) -> T) -> T {
        let arena = Bump::new();
        let seconds = match value {
            Literal::Number(n) if self.reads.clock => *n,
            _ => 0.0,
        };
        let mut context = Context::new(&self.reads, &arena, seconds);
        if let Some(slot) = self.slot {
            context.set(slot, value.to_value(&arena));
        }
        take(eval(&self.rule, &Scope::root(&context)))
    }
}

/// The paths that are read and their slots.
pub fn slots(reads: &Reads) -> Vec<(String, u16)> {
    fn below(read: &Read, prefix: &str, found: &mut Vec<(String, u16)>) {
        let path = format!("{prefix}{}", read.name);
        if let Some(slot) = read.slot {
            found.push((path.clone(), slot));
        }
        for inner in &read.inner {
            below(inner, &format!("{path}."), found);
        }
    }
    let mut found = Vec::new();
    reads
        .roots
        .iter()
        .for_each(|read| below(read, "", &mut found));
    found.sort_by_key(|(_, slot)| *slot);
    found
}

/// A context: its attributes, and the time in seconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asker {
    /// The attributes.
    pub members: Members,
    /// The time, if a rule reads it.
    pub seconds: Option<f64>,
    /// How units are hashed.
    pub fractional: Version,
}

impl Asker {
    /// The context of a flag or an expression that reads `reads`.
    fn context<'a>(&'a self, reads: &'a Reads, arena: &'a Bump) -> Context<'a> {
        let mut context = Context::new(reads, arena, self.seconds.unwrap_or(0.0));
        for (name, value) in &self.members {
            if let Some(read) = reads.root(name.as_bytes()) {
                context.fill(read, value.to_value(arena));
            }
        }
        if let Some(key) = &reads.whole {
            let all = self.members.iter();
            let all = all.map(|(name, value)| (&**name, value.to_value(arena)));
            context.set_whole(key, all.collect());
        }
        context
    }

    /// What `flag` answers.
    pub fn decide(&self, flag: &Flag) -> Decision {
        let arena = Bump::new();
        let context = self.context(&flag.reads, &arena);
        flag.decide(&context)
    }

    /// What stands at a path whose steps are joined by dots; null if there is nothing.
    pub fn at(&self, path: &str) -> Literal {
        if path == CLOCK {
            return Literal::Number(self.seconds.unwrap_or(0.0));
        }
        let arena = Bump::new();
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let mut members = self.members.iter().rev();
        let root = members.find(|(name, _)| **name == *first);
        let root = root.map_or(Value::Null, |(_, value)| value.to_value(&arena));
        let steps = rest.into_iter().flat_map(|rest| rest.split('.'));
        steps.fold(root, step).to_literal()
    }

    /// The value of an expression of the flag called `key`; `None` for a fault.
    pub fn value(&self, node: &Node, key: &str) -> Option<Literal> {
        let question = Question::hashing(node, key, self.fractional);
        self.put(&question, |value| value.ok().map(Value::to_literal))
    }

    /// What an expression yields. `take` sees it before it is gone.
    pub fn put<T>(
        &self,
        question: &Question,
        take: impl FnOnce(Result<Value<'_>, Fault>) -> T,
    ) -> T {
        let arena = Bump::new();
        let context = self.context(&question.reads, &arena);
        take(eval(&question.rule, &Scope::root(&context)))
    }

    /// The share that a `fractional` with constant shares gives.
    pub fn share(&self, question: &Question) -> Option<usize> {
        let Rule::Split(parts) = &question.rule else {
            return None;
        };
        let arena = Bump::new();
        let context = self.context(&question.reads, &arena);
        match parts.0.pick(&Scope::root(&context)) {
            Ok(Pick::Share(share)) => Some(share),
            Ok(Pick::Nothing | Pick::Value(_)) | Err(_) => None,
        }
    }
}

/// What an operator makes of constants.
pub fn apply(operator: Operator, values: Vec<Literal>) -> Option<Literal> {
    let rules: Vec<Rule> = values.into_iter().map(Rule::constant).collect();
    let rule = Rule::Apply(Box::new((operator, Arguments::List(rules.into()))));
    let arena = Bump::new();
    let context = Context::new(&Reads::default(), &arena, 0.0);
    let value = eval(&rule, &Scope::root(&context));
    value.ok().map(Value::to_literal)
}
