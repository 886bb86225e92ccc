//! Boxes of attribute value sets: intersection, subtraction, and a disjoint decomposition.

use crate::analysis::model::bitset::BitSet;

/// A product of sets, one for each attribute, and the cases that contain it.
#[derive(Debug, Clone)]
pub struct AttributeBox {
    /// The representatives of each attribute.
    pub attribute_sets: Vec<BitSet>,
    /// The indices of the cases that contain the box.
    pub cases: Vec<usize>,
}

/// Adds a box to disjoint boxes, and splits those that it overlaps, so that all stay disjoint.
pub fn add_box(pieces: Vec<AttributeBox>, sets: &[BitSet], region: usize) -> Vec<AttributeBox> {
    let mut laid = Vec::with_capacity(pieces.len() + 1);
    let mut rest = vec![sets.to_vec()];
    for piece in pieces {
        let common = intersect_boxes(&piece.attribute_sets, sets);
        if common.iter().any(BitSet::is_empty) {
            laid.push(piece);
            continue;
        }
        let outer = subtract_inner_box(&piece.attribute_sets, &common);
        laid.extend(outer.into_iter().map(|sets| AttributeBox {
            attribute_sets: sets,
            cases: piece.cases.clone(),
        }));
        rest = rest
            .iter()
            .flat_map(|sets| subtract_box(sets, &common))
            .collect();
        let regions = piece.cases.iter().copied().chain([region]).collect();
        laid.push(AttributeBox {
            attribute_sets: common,
            cases: regions,
        });
    }
    laid.extend(rest.into_iter().map(|sets| AttributeBox {
        attribute_sets: sets,
        cases: vec![region],
    }));
    laid
}

/// The intersection, attribute by attribute.
pub fn intersect_boxes(a: &[BitSet], b: &[BitSet]) -> Vec<BitSet> {
    a.iter().zip(b).map(|(a, b)| a.intersection(b)).collect()
}

/// The part of `sets` outside of `common`, as boxes.
fn subtract_box(sets: &[BitSet], common: &[BitSet]) -> Vec<Vec<BitSet>> {
    let shared = intersect_boxes(sets, common);
    if shared.iter().any(BitSet::is_empty) {
        return vec![sets.to_vec()];
    }
    subtract_inner_box(sets, &shared)
}

/// The part of `sets` outside of `inner`, as boxes; `inner` must be a subset of `sets`.
fn subtract_inner_box(sets: &[BitSet], inner: &[BitSet]) -> Vec<Vec<BitSet>> {
    let mut boxes = Vec::new();
    let mut left = sets.to_vec();
    for (at, part) in inner.iter().enumerate() {
        let Some(set) = left.get_mut(at) else {
            continue;
        };
        let others = set.difference(part);
        if others.is_empty() {
            continue;
        }
        *set = others;
        boxes.push(left.clone());
        if let Some(set) = left.get_mut(at) {
            *set = part.clone();
        }
    }
    boxes
}
