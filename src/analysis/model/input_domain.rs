//! The input domain of one or two rules: the attributes that they read, bucketing keys, and opaque expressions.

use ecow::EcoString;

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives;
use crate::analysis::model::representatives::set::Representative;
use crate::analysis::model::representatives::set::Representatives;
use crate::analysis::model::unsupported::UnsupportedInFile;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

/// The domain of one attribute.
#[derive(Debug)]
pub struct AttributeDomain {
    /// Its path, joined by dots.
    pub path: EcoString,
    /// The comparisons of its value.
    pub comparisons: Comparisons,
    /// True if a bucketing key contains it.
    pub is_used_for_bucketing: bool,
    /// The representatives of all its values.
    pub representatives: Representatives,
}

/// An opaque expression: its value may be anything.
#[derive(Debug)]
pub struct OpaqueExpr {
    definition: OwnedValue,
    /// The reason why it is opaque.
    pub reason: UnsupportedInFile,
}

/// The input domain of one or two rules.
#[derive(Debug, Default)]
pub struct InputDomain {
    /// The attributes.
    pub attributes: Vec<AttributeDomain>,
    /// The bucketing keys that contain an attribute; their hashes are independent.
    pub bucketing_keys: Vec<Vec<KeyPart>>,
    /// The opaque expressions. Equal expressions have equal values.
    pub opaque_exprs: Vec<OpaqueExpr>,
}

impl InputDomain {
    /// The index of the attribute with this path, which is added if it is new.
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

    /// The representative values of an attribute; empty if there is no such attribute.
    pub fn representatives_of(&self, attribute: usize) -> &[Representative] {
        let attribute = self.attributes.get(attribute);
        attribute.map_or(&[][..], |attribute| &attribute.representatives.values)
    }

    /// The representatives of an attribute that is null or absent: the first one.
    pub fn null_of(&self, attribute: usize) -> BitSet {
        let mut null = BitSet::empty(self.representatives_of(attribute).len());
        null.insert(0);
        null
    }

    /// The index of a bucketing key, which is added if it is new.
    pub fn intern_bucketing_key(&mut self, parts: Vec<KeyPart>) -> usize {
        let known = self.bucketing_keys.iter().position(|key| *key == parts);
        known.unwrap_or_else(|| {
            self.bucketing_keys.push(parts);
            self.bucketing_keys.len() - 1
        })
    }

    /// The index of an opaque expression, which is added if it is new. Equal expressions have the same index.
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

    /// Chooses the representatives of every attribute, after all comparisons are recorded.
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
                    Some("read both as a whole and by its members");
            }
        }
    }

    /// The attributes whose representatives are incomplete, with the reason.
    pub fn incomplete_attributes(&self) -> impl Iterator<Item = (&AttributeDomain, &'static str)> {
        let gap = |attribute: &'_ AttributeDomain| attribute.representatives.incomplete_reason;
        self.attributes
            .iter()
            .filter_map(move |attribute| Some((attribute, gap(attribute)?)))
    }
}
