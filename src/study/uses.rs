//! Which questions a rule asks of an attribute: what its value is compared with, and how.

use std::collections::BTreeSet;

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::number;
use crate::rule::coerce;
use crate::rule::expr::Expr;
use crate::value::Literal;
use crate::value::Value;

/// How the time is spelled as an attribute.
pub const CLOCK: &str = "$flagd.timestamp";

/// What the value of one attribute is compared with.
#[derive(Debug, Default)]
pub struct Uses {
    /// Strings that it may equal.
    pub equal: BTreeSet<Box<str>>,
    /// Numbers that it is compared with, as bits.
    pub numbers: BTreeSet<u64>,
    /// Whether strings are read as numbers.
    pub numeric: bool,
    /// Strings that it comes before or after.
    pub order: BTreeSet<Box<str>>,
    /// Strings that it begins with.
    pub prefixes: BTreeSet<Box<str>>,
    /// Strings that it ends with.
    pub suffixes: BTreeSet<Box<str>>,
    /// Strings that it contains.
    pub parts: BTreeSet<Box<str>>,
    /// Strings that it is a part of.
    pub wholes: BTreeSet<Box<str>>,
    /// Versions that it is compared with.
    pub versions: BTreeSet<Box<str>>,
    /// Items that it contains if it is a list.
    pub members: Vec<Literal>,
}

impl Uses {
    fn number(&mut self, number: f64) {
        if number.is_finite() {
            self.numbers.insert(number.to_bits());
        }
    }

    fn member(&mut self, literal: Literal) {
        if !self.members.contains(&literal) {
            self.members.push(literal);
        }
    }
}

/// Why a question is outside of what can be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where it is asked.
    pub place: Place,
    /// What it is.
    pub what: String,
}

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy)]
pub enum Flow<'n> {
    /// Only whether it counts as true matters.
    Truth,
    /// It names the variant.
    Answer(&'n [(Box<str>, Literal)]),
    /// It is one of finitely many values, which are told apart.
    Value,
    /// It is the argument at this position of an operator.
    Argument(&'n str, &'n [Node], usize),
}

/// An attribute and where its value goes.
#[derive(Debug, Clone)]
pub struct Question<'n> {
    /// The attribute, its path joined by dots.
    pub path: String,
    /// Where its value goes.
    pub flow: Flow<'n>,
}

/// Operators whose result is a truth value or null, whatever they are given.
const DECIDING: [&str; 17] = [
    "!",
    "!!",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "starts_with",
    "ends_with",
    "sem_ver",
    "contains_all",
    "contains_any",
    "contains_none",
];

/// Whether the operator called `name` can only yield a truth value or null.
pub fn decides(name: &str) -> bool {
    DECIDING.contains(&name)
}

/// The arguments of an operation, listed or single.
pub fn arguments(member: &Member) -> &[Node] {
    match &member.value.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(&member.value),
    }
}

/// What `node` asks of attributes.
///
/// # Errors
/// The first question that cannot be reasoned about.
pub fn collect<'n>(node: &'n Node, flow: Flow<'n>) -> Result<Vec<Question<'n>>, Foreign> {
    let mut questions = Vec::new();
    gather(node, flow, &mut questions)?;
    Ok(questions)
}

fn gather<'n>(
    node: &'n Node,
    flow: Flow<'n>,
    found: &mut Vec<Question<'n>>,
) -> Result<(), Foreign> {
    let member = match Expr::of(node) {
        Expr::Value(_) => return Ok(()),
        Expr::List(items) => {
            return items.iter().try_for_each(|item| literal(item).map(|_| ()));
        }
        Expr::Operation(member) => member,
    };
    let items = arguments(member);
    match &*member.key {
        "var" => {
            if let Some(path) = variable(member)? {
                found.push(Question { path, flow });
            }
            Ok(())
        }
        "and" | "or" => items.iter().try_for_each(|item| gather(item, flow, found)),
        "if" | "?:" => items.chunks(2).try_for_each(|clause| match clause {
            [condition, then] => {
                gather(condition, Flow::Truth, found)?;
                gather(then, flow, found)
            }
            [last] => gather(last, flow, found),
            _ => Ok(()),
        }),
        name if decides(name) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| gather(item, Flow::Argument(name, items, at), found)),
        name => Err(Foreign {
            place: member.place,
            what: format!("`{name}`"),
        }),
    }
}

/// The attribute that a `var` reads; `None` if it reads what the flag knows without a caller.
fn variable(member: &Member) -> Result<Option<String>, Foreign> {
    let foreign = |what: &str| Foreign {
        place: member.place,
        what: what.to_owned(),
    };
    let name = match arguments(member) {
        [name] => name,
        [name, default] if matches!(member.value.kind, Kind::List(_)) => {
            literal(default)?;
            name
        }
        _ => return Err(foreign("a computed `var`")),
    };
    let name = match &name.kind {
        Kind::Text(name) => dotted(name),
        Kind::Number(n) if !matches!(member.value.kind, Kind::List(_)) => {
            let mut name = String::new();
            number::write_plain(&mut name, *n);
            dotted(&name)
        }
        _ => return Err(foreign("a computed `var`")),
    };
    match name.as_str() {
        "" | "$flagd" => Err(foreign("a `var` that reads the whole context")),
        CLOCK => Ok(Some(name)),
        _ if name.starts_with("$flagd.") => Ok(None),
        _ => Ok(Some(name)),
    }
}

/// A path as it is read: empty steps do not count.
pub fn dotted(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').filter(|step| !step.is_empty()).collect();
    steps.join(".")
}

/// The value of a node that asks nothing.
fn literal(node: &Node) -> Result<Literal, Foreign> {
    match Expr::of(node) {
        Expr::Value(node) => Ok(node.to_literal()),
        Expr::List(items) => items
            .iter()
            .map(literal)
            .collect::<Result<_, _>>()
            .map(Literal::List),
        Expr::Operation(member) => Err(Foreign {
            place: member.place,
            what: format!("`{}` beside another attribute or inside a list", member.key),
        }),
    }
}

impl Uses {
    /// Notes a question.
    ///
    /// # Errors
    /// If it cannot be reasoned about.
    pub fn note(&mut self, flow: Flow<'_>) -> Result<(), Foreign> {
        match flow {
            Flow::Truth | Flow::Value => Ok(()),
            Flow::Answer(names) => {
                for (name, _) in names {
                    self.equal.insert(name.clone());
                    self.number(number::parse_or_zero(name));
                }
                Ok(())
            }
            Flow::Argument(name, items, at) => self.argument(name, items, at),
        }
    }

    fn argument(&mut self, name: &str, items: &[Node], at: usize) -> Result<(), Foreign> {
        let others = items.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<(usize, Literal)> = others
            .map(|(other, node)| Ok((other, literal(node)?)))
            .collect::<Result<_, Foreign>>()?;
        for (_, other) in &others {
            match name {
                "==" | "!=" => self.equality(other, true),
                "===" | "!==" => self.equality(other, false),
                "<" | "<=" | ">" | ">=" => self.inequality(other),
                "in" if at == 0 => self.among(other),
                "in" => self.holds(other),
                "starts_with" | "ends_with" => self.affix(name, other, at),
                "sem_ver" => self.version(other),
                "contains_all" | "contains_any" | "contains_none" if at == 0 => {
                    self.holds_each(other);
                }
                "contains_all" | "contains_any" | "contains_none" => {
                    return Err(Foreign {
                        place: items.first().map_or(Place::START, |node| node.place),
                        what: format!("`{name}` with an attribute as its second argument"),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn equality(&mut self, other: &Literal, loose: bool) {
        match other {
            Literal::Text(text) => {
                self.equal.insert(text.clone());
                if loose {
                    self.number(coerce::comparable(Value::Text(text)));
                }
            }
            Literal::Number(n) => {
                self.number(*n);
                self.numeric |= loose;
            }
            Literal::Bool(b) if loose => {
                self.number(f64::from(u8::from(*b)));
                self.numeric = true;
            }
            Literal::Null | Literal::Bool(_) | Literal::List(_) | Literal::Map(_) => {}
        }
    }

    fn inequality(&mut self, other: &Literal) {
        match other {
            Literal::Text(text) => {
                self.order.insert(text.clone());
                self.number(coerce::comparable(Value::Text(text)));
            }
            Literal::Null => {
                self.number(0.0);
                self.numeric = true;
            }
            _ => self.equality(other, true),
        }
    }

    /// The attribute is looked for in `hay`.
    fn among(&mut self, hay: &Literal) {
        match hay {
            Literal::Text(whole) => {
                self.wholes.insert(whole.clone());
            }
            Literal::List(items) => items.iter().for_each(|item| match item {
                Literal::Text(text) => {
                    self.equal.insert(text.clone());
                    self.number(number::parse_or_zero(text));
                }
                Literal::Number(n) => self.number(*n),
                Literal::List(range) => {
                    self.numeric = true;
                    range.iter().for_each(|end| match end {
                        Literal::Number(n) => self.number(*n),
                        Literal::Text(text) => self.number(number::parse_or_zero(text)),
                        _ => {}
                    });
                }
                Literal::Null | Literal::Bool(_) | Literal::Map(_) => {}
            }),
            Literal::Null | Literal::Bool(_) | Literal::Number(_) | Literal::Map(_) => {}
        }
    }

    /// `needle` is looked for in the attribute.
    fn holds(&mut self, needle: &Literal) {
        if let Literal::Text(part) = needle {
            self.parts.insert(part.clone());
        }
        self.member(needle.clone());
    }

    fn holds_each(&mut self, wanted: &Literal) {
        if let Literal::List(items) = wanted {
            items.iter().for_each(|item| self.member(item.clone()));
        }
    }

    fn affix(&mut self, name: &str, other: &Literal, at: usize) {
        let Literal::Text(text) = other else {
            return;
        };
        let set = match (at, name) {
            (0, "starts_with") => &mut self.prefixes,
            (0, _) => &mut self.suffixes,
            _ => &mut self.wholes,
        };
        set.insert(text.clone());
    }

    /// The other arguments of `sem_ver`: the operator is no version and does no harm.
    fn version(&mut self, other: &Literal) {
        match other {
            Literal::Text(text) => {
                self.versions.insert(text.clone());
            }
            Literal::Number(n) => {
                let mut text = String::new();
                number::write_general(&mut text, *n);
                self.versions.insert(text.into());
            }
            Literal::Null | Literal::Bool(_) | Literal::List(_) | Literal::Map(_) => {}
        }
    }
}
