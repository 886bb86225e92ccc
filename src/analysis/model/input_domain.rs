//! What one or two rules ask about: attributes, bucketing keys, and what lies outside.

use std::sync::Arc;

use ecow::EcoString;

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::comparisons::TIMESTAMP_PATH;
use crate::analysis::model::representatives;
use crate::analysis::model::representatives::Representatives;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

/// Something that cannot be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedInFile {
    /// The file.
    pub file: Arc<str>,
    /// Where in the file.
    pub position: Position,
    /// What it is, for instance "`%` cannot be reasoned about".
    pub description: String,
}

/// An attribute.
#[derive(Debug)]
pub struct AttributeDomain {
    /// Its path, joined by dots.
    pub path: EcoString,
    /// What it is asked.
    pub comparisons: Comparisons,
    /// Whether units are bucketed by it.
    pub is_used_for_bucketing: bool,
    /// The values that stand for all.
    pub representatives: Representatives,
}

/// A piece of a bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPart {
    /// These characters.
    Text(EcoString),
    /// The value of an attribute, by its index.
    Attribute(usize),
    /// The value of an expression that cannot be reasoned about, by its index.
    Opaque(usize),
}

/// The attributes among parts, each once, in the order of their indices.
pub fn key_attributes<'p>(parts: impl IntoIterator<Item = &'p KeyPart>) -> Vec<usize> {
    let parts = parts.into_iter();
    let mut attributes: Vec<usize> = parts
        .filter_map(|part| match part {
            KeyPart::Attribute(at) => Some(*at),
            KeyPart::Text(_) | KeyPart::Opaque(_) => None,
        })
        .collect();
    attributes.sort_unstable();
    attributes.dedup();
    attributes
}

/// An expression whose value can be anything.
#[derive(Debug)]
pub struct OpaqueExpr {
    definition: OwnedValue,
    /// Why.
    pub reason: UnsupportedInFile,
}

/// What one or two rules ask about.
#[derive(Debug, Default)]
pub struct InputDomain {
    /// The attributes.
    pub attributes: Vec<AttributeDomain>,
    /// The bucketing keys with an attribute in them: each has a hash of its own.
    pub bucketing_keys: Vec<Vec<KeyPart>>,
    /// Expressions whose value can be anything. Equal expressions have equal values.
    pub opaque_exprs: Vec<OpaqueExpr>,
}

impl InputDomain {
    /// The index of the attribute with this path.
    pub fn intern_attribute(&mut self, path: &str) -> usize {
        let known = self.attributes.iter().position(|a| *a.path == *path);
        known.unwrap_or_else(|| {
            self.attributes.push(AttributeDomain {
                path: path.into(),
                comparisons: Comparisons::default(),
                is_used_for_bucketing: false,
                representatives: Representatives::default(),
            });
            self.attributes.len() - 1
        })
    }

    /// The index of a bucketing key.
    pub fn intern_bucketing_key(&mut self, parts: Vec<KeyPart>) -> usize {
        let known = self.bucketing_keys.iter().position(|key| *key == parts);
        known.unwrap_or_else(|| {
            self.bucketing_keys.push(parts);
            self.bucketing_keys.len() - 1
        })
    }

    /// The index of an expression that can be anything. Expressions of one value, wherever they stand, are one.
    pub fn intern_opaque_expr(&mut self, node: &Node, why: UnsupportedInFile) -> usize {
        let written = node.to_owned_value();
        let known = self
            .opaque_exprs
            .iter()
            .position(|hidden| hidden.definition == written);
        known.unwrap_or_else(|| {
            self.opaque_exprs.push(OpaqueExpr {
                definition: written,
                reason: why,
            });
            self.opaque_exprs.len() - 1
        })
    }

    /// Chooses the values that stand for all, once everything that is asked is known.
    pub fn choose_representatives(&mut self) {
        for attribute in &mut self.attributes {
            attribute.representatives = if *attribute.path == *TIMESTAMP_PATH {
                representatives::for_timestamp(&attribute.comparisons)
            } else {
                representatives::for_attribute(
                    &attribute.comparisons,
                    attribute.is_used_for_bucketing,
                )
            };
        }
        let names: Vec<EcoString> = self.attributes.iter().map(|a| a.path.clone()).collect();
        for attribute in &mut self.attributes {
            let inside = |name: &str| {
                let longer = name.strip_prefix(&*attribute.path);
                longer.is_some_and(|rest| rest.starts_with('.'))
            };
            if names.iter().any(|name| inside(name)) {
                attribute.representatives.incomplete_reason =
                    Some("it is read as a whole and by its members");
            }
        }
    }

    /// Why some attribute's values may not stand for all.
    pub fn incomplete_attributes(&self) -> impl Iterator<Item = (&AttributeDomain, &'static str)> {
        let gap = |attribute: &'_ AttributeDomain| attribute.representatives.incomplete_reason;
        self.attributes
            .iter()
            .filter_map(move |attribute| Some((attribute, gap(attribute)?)))
    }
}
