//! What a question compares an attribute with.

use crate::diag::Place;
use crate::document::node::Node;
use crate::number;
use crate::rule::coerce;
use crate::study::uses::Flow;
use crate::study::uses::Foreign;
use crate::study::uses::Uses;
use crate::study::uses::literal;
use crate::value::Literal;
use crate::value::Value;

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
            Flow::Merged(needle) => {
                let needle = literal(needle)?;
                self.member(needle.clone());
                // A value that is no list is the only item of one.
                self.among(&Literal::List([needle].into()));
                Ok(())
            }
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
