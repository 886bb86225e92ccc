//! Records the comparisons that one use of an attribute makes.

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::comparisons::find_uses::ValueConsumer;
use crate::analysis::model::comparisons::find_uses::constant_value;
use crate::analysis::model::unsupported::Unsupported;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::number;
use crate::rule::coerce;
use crate::value::OwnedValue;
use crate::value::Value;

impl Comparisons {
    /// Records the comparison that `flow` makes.
    ///
    /// # Errors
    /// If the comparison is unsupported.
    pub fn record(&mut self, flow: ValueConsumer<'_>) -> Result<(), Unsupported> {
        match flow {
            ValueConsumer::Truthiness | ValueConsumer::Value => Ok(()),
            ValueConsumer::VariantName(names) => {
                for (name, _) in names {
                    self.equal_strings.insert(name.clone());
                    self.insert_number(number::parse_or_zero(name));
                }
                Ok(())
            }
            ValueConsumer::Argument(name, items, at) => self.record_argument(name, items, at),
            ValueConsumer::MergedList(needle) => {
                let needle = constant_value(needle)?;
                self.insert_list_item(needle.clone());
                // `merge` turns a value other than a list into a list of one item.
                self.record_membership(&OwnedValue::List([needle].into()));
                Ok(())
            }
        }
    }

    fn record_argument(
        &mut self,
        name: &str,
        items: &[Node],
        at: usize,
    ) -> Result<(), Unsupported> {
        let others = items.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<(usize, OwnedValue)> = others
            .map(|(other, node)| Ok((other, constant_value(node)?)))
            .collect::<Result<_, Unsupported>>()?;
        for (_, other) in &others {
            match name {
                "==" | "!=" => self.record_equality(other, true),
                "===" | "!==" => self.record_equality(other, false),
                "<" | "<=" | ">" | ">=" => self.record_ordering(other),
                "in" if at == 0 => self.record_membership(other),
                "in" => self.record_containment(other),
                "starts_with" | "ends_with" => self.record_affix(name, other, at),
                "sem_ver" => self.record_version(other),
                "contains_all" | "contains_any" | "contains_none" if at == 0 => {
                    self.record_containment_of_each(other);
                }
                "contains_all" | "contains_any" | "contains_none" => {
                    return Err(Unsupported {
                        position: items.first().map_or(Position::START, |node| node.position),
                        description: format!("`{name}` with an attribute as its second argument"),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn record_equality(&mut self, other: &OwnedValue, loose: bool) {
        match other {
            OwnedValue::Text(text) => {
                self.equal_strings.insert(text.clone());
                if loose {
                    self.insert_number(coerce::to_comparable_number(Value::Text(text)));
                }
            }
            OwnedValue::Number(n) => {
                self.insert_number(*n);
                self.parses_strings_as_numbers |= loose;
            }
            OwnedValue::Bool(b) if loose => {
                self.insert_number(f64::from(u8::from(*b)));
                self.parses_strings_as_numbers = true;
            }
            OwnedValue::Null | OwnedValue::Bool(_) | OwnedValue::List(_) | OwnedValue::Map(_) => {}
        }
    }

    fn record_ordering(&mut self, other: &OwnedValue) {
        match other {
            OwnedValue::Text(text) => {
                self.ordered_strings.insert(text.clone());
                self.insert_number(coerce::to_comparable_number(Value::Text(text)));
            }
            OwnedValue::Null => {
                self.insert_number(0.0);
                self.parses_strings_as_numbers = true;
            }
            _ => self.record_equality(other, true),
        }
    }

    /// Records that `hay` is searched for the attribute.
    fn record_membership(&mut self, hay: &OwnedValue) {
        match hay {
            OwnedValue::Text(whole) => {
                self.superstrings.insert(whole.clone());
            }
            OwnedValue::List(items) => items.iter().for_each(|item| match item {
                OwnedValue::Text(text) => {
                    self.equal_strings.insert(text.clone());
                    self.insert_number(number::parse_or_zero(text));
                }
                OwnedValue::Number(n) => self.insert_number(*n),
                OwnedValue::List(range) => {
                    self.parses_strings_as_numbers = true;
                    range.iter().for_each(|end| match end {
                        OwnedValue::Number(n) => self.insert_number(*n),
                        OwnedValue::Text(text) => self.insert_number(number::parse_or_zero(text)),
                        _ => {}
                    });
                }
                OwnedValue::Null | OwnedValue::Bool(_) | OwnedValue::Map(_) => {}
            }),
            OwnedValue::Null | OwnedValue::Bool(_) | OwnedValue::Number(_) | OwnedValue::Map(_) => {
            }
        }
    }

    /// Records that the attribute is searched for `needle`.
    fn record_containment(&mut self, needle: &OwnedValue) {
        if let OwnedValue::Text(part) = needle {
            self.substrings.insert(part.clone());
        }
        self.insert_list_item(needle.clone());
    }

    fn record_containment_of_each(&mut self, wanted: &OwnedValue) {
        if let OwnedValue::List(items) = wanted {
            items
                .iter()
                .for_each(|item| self.insert_list_item(item.clone()));
        }
    }

    fn record_affix(&mut self, name: &str, other: &OwnedValue, at: usize) {
        let OwnedValue::Text(text) = other else {
            return;
        };
        let set = match (at, name) {
            (0, "starts_with") => &mut self.prefixes,
            (0, _) => &mut self.suffixes,
            _ => &mut self.superstrings,
        };
        set.insert(text.clone());
    }

    /// Records another argument of `sem_ver`. The comparison operator is not a version, and adding it is harmless.
    fn record_version(&mut self, other: &OwnedValue) {
        match other {
            OwnedValue::Text(text) => {
                self.versions.insert(text.clone());
            }
            OwnedValue::Number(n) => {
                let mut text = String::new();
                number::write_general(&mut text, *n);
                self.versions.insert(text.into());
            }
            OwnedValue::Null | OwnedValue::Bool(_) | OwnedValue::List(_) | OwnedValue::Map(_) => {}
        }
    }

    fn insert_number(&mut self, number: f64) {
        if number.is_finite() {
            self.numbers.insert(number.to_bits());
        }
    }

    fn insert_list_item(&mut self, literal: OwnedValue) {
        if !self.list_items.contains(&literal) {
            self.list_items.push(literal);
        }
    }
}
