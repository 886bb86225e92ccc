//! What one or two rules ask about: attributes, bucketing keys, and what lies outside.

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::Place;
use crate::document::node::Node;
use crate::study::pool;
use crate::study::pool::Pool;
use crate::study::uses::CLOCK;
use crate::study::uses::Uses;
use crate::value::Literal;

/// Something that cannot be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The file.
    pub file: Arc<str>,
    /// Where in the file.
    pub place: Place,
    /// What it is, for instance "`%` cannot be reasoned about".
    pub what: String,
}

/// An attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its path, joined by dots.
    pub name: EcoString,
    /// What it is asked.
    pub uses: Uses,
    /// Whether units are bucketed by it.
    pub hashed: bool,
    /// The values that stand for all.
    pub pool: Pool,
}

/// A piece of a bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These characters.
    Text(EcoString),
    /// The value of an attribute, by its index.
    Attribute(usize),
    /// The value of an expression that cannot be reasoned about, by its index.
    Hidden(usize),
}

/// The attributes among parts, each once, in the order of their indices.
pub fn attributes<'p>(parts: impl IntoIterator<Item = &'p Part>) -> Vec<usize> {
    let parts = parts.into_iter();
    let mut attributes: Vec<usize> = parts
        .filter_map(|part| match part {
            Part::Attribute(at) => Some(*at),
            Part::Text(_) | Part::Hidden(_) => None,
        })
        .collect();
    attributes.sort_unstable();
    attributes.dedup();
    attributes
}

/// An expression whose value can be anything.
#[derive(Debug)]
pub struct Hidden {
    written: Literal,
    /// Why.
    pub why: Outside,
}

/// What one or two rules ask about.
#[derive(Debug, Default)]
pub struct Space {
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The bucketing keys with an attribute in them: each has a hash of its own.
    pub keys: Vec<Vec<Part>>,
    /// Expressions whose value can be anything. Equal expressions have equal values.
    pub hidden: Vec<Hidden>,
}

impl Space {
    /// The index of the attribute with this path.
    pub fn attribute(&mut self, path: &str) -> usize {
        let known = self.attributes.iter().position(|a| *a.name == *path);
        known.unwrap_or_else(|| {
            self.attributes.push(Attribute {
                name: path.into(),
                uses: Uses::default(),
                hashed: false,
                pool: Pool::default(),
            });
            self.attributes.len() - 1
        })
    }

    /// The index of a bucketing key.
    pub fn key(&mut self, parts: Vec<Part>) -> usize {
        let known = self.keys.iter().position(|key| *key == parts);
        known.unwrap_or_else(|| {
            self.keys.push(parts);
            self.keys.len() - 1
        })
    }

    /// The index of an expression that can be anything. Expressions of one value, wherever they stand, are one.
    pub fn hide(&mut self, node: &Node, why: Outside) -> usize {
        let written = node.to_literal();
        let known = self
            .hidden
            .iter()
            .position(|hidden| hidden.written == written);
        known.unwrap_or_else(|| {
            self.hidden.push(Hidden { written, why });
            self.hidden.len() - 1
        })
    }

    /// Chooses the values that stand for all, once everything that is asked is known.
    pub fn close(&mut self) {
        for attribute in &mut self.attributes {
            attribute.pool = if *attribute.name == *CLOCK {
                pool::clock(&attribute.uses)
            } else {
                pool::pool(&attribute.uses, attribute.hashed)
            };
        }
        let names: Vec<EcoString> = self.attributes.iter().map(|a| a.name.clone()).collect();
        for attribute in &mut self.attributes {
            let inside = |name: &str| {
                let longer = name.strip_prefix(&*attribute.name);
                longer.is_some_and(|rest| rest.starts_with('.'))
            };
            if names.iter().any(|name| inside(name)) {
                attribute.pool.gap = Some("it is read as a whole and by its members");
            }
        }
    }

    /// Why some attribute's values may not stand for all.
    pub fn gaps(&self) -> impl Iterator<Item = (&Attribute, &'static str)> {
        let gap = |attribute: &'_ Attribute| attribute.pool.gap;
        self.attributes
            .iter()
            .filter_map(move |attribute| Some((attribute, gap(attribute)?)))
    }
}
