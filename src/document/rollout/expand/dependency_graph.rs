//! `DependencyGraph`: prerequisites between flags, topological order, cycles and depths.

use std::collections::HashMap;
use std::sync::Arc;

use crate::document::flag::FlagDefinition;
use crate::limits;

/// The prerequisites of all flags.
#[derive(Debug)]
pub struct DependencyGraph {
    /// For each flag, the indices of the flags that it requires, in written order.
    edges: Vec<Vec<Option<usize>>>,
    order: Vec<usize>,
    cycles: Vec<Option<Arc<[usize]>>>,
    depths: Vec<usize>,
}

/// The prerequisites of one flag.
#[derive(Debug, Clone)]
pub enum Dependencies {
    /// The indices of the required flags; `None` if missing.
    Resolved(Vec<Option<usize>>),
    /// The flag requires itself through these flags.
    Cycle(Arc<[usize]>),
    /// The chain of prerequisites is too long.
    TooLong,
}

impl DependencyGraph {
    /// The graph of `flags`. Of equal keys the last one wins.
    pub fn from_flags(flags: &[Arc<FlagDefinition>]) -> DependencyGraph {
        let index = FlagKeyIndex::from_flags(flags);
        let edges = flags.iter().map(|flag| flag_edges(flag, &index));
        let edges: Vec<Vec<Option<usize>>> = edges.collect();
        let mut graph = DependencyGraph {
            cycles: vec![None; edges.len()],
            depths: vec![0; edges.len()],
            order: Vec::with_capacity(edges.len()),
            edges,
        };
        graph.topological_sort();
        graph
    }

    /// The indices of all flags, each flag after its prerequisites.
    pub fn topological_order(&self) -> Vec<usize> {
        self.order.clone()
    }

    /// The prerequisites of the flag at an index.
    pub fn dependencies(&self, at: usize) -> Dependencies {
        if let Some(Some(cycle)) = self.cycles.get(at) {
            return Dependencies::Cycle(cycle.clone());
        }
        if self
            .depths
            .get(at)
            .is_some_and(|depth| *depth > limits::REFERENCE_CHAIN)
        {
            return Dependencies::TooLong;
        }
        Dependencies::Resolved(self.edges.get(at).cloned().unwrap_or_default())
    }

    /// Depth first, without recursion: a chain may be as long as there are flags.
    fn topological_sort(&mut self) {
        let mut seen = vec![false; self.edges.len()];
        for start in 0..self.edges.len() {
            // The flags on the current path, and the number of their edges that were followed.
            let mut path: Vec<(usize, usize)> = Vec::new();
            if mark_visited(&mut seen, start) {
                path.push((start, 0));
            }
            while let Some((at, followed)) = path.last_mut() {
                let edge = self
                    .edges
                    .get(*at)
                    .and_then(|edges| edges.get(*followed))
                    .copied();
                *followed += 1;
                match edge {
                    Some(Some(next)) if mark_visited(&mut seen, next) => path.push((next, 0)),
                    Some(Some(next)) => self.record_cycle(&path, next),
                    Some(None) => {}
                    None => {
                        let at = *at;
                        path.pop();
                        self.finish_flag(at);
                    }
                }
            }
        }
    }

    fn finish_flag(&mut self, at: usize) {
        let below = self.edges.get(at).into_iter().flatten().flatten();
        let below = below.filter_map(|next| self.depths.get(*next)).max();
        let depth = below.map_or(0, |depth| depth + 1);
        if let Some(own) = self.depths.get_mut(at) {
            *own = depth;
        }
        self.order.push(at);
    }

    /// Records the cycle that an edge to a flag on the current path closes.
    fn record_cycle(&mut self, path: &[(usize, usize)], next: usize) {
        let Some(start) = path.iter().position(|(at, _)| *at == next) else {
            return;
        };
        let cycle: Arc<[usize]> = path.iter().skip(start).map(|(at, _)| *at).collect();
        for at in cycle.iter() {
            if let Some(slot) = self.cycles.get_mut(*at) {
                slot.get_or_insert_with(|| cycle.clone());
            }
        }
    }
}

/// Marks a flag as visited; returns true at the first visit.
fn mark_visited(seen: &mut [bool], at: usize) -> bool {
    seen.get_mut(at)
        .is_some_and(|seen| !std::mem::replace(seen, true))
}

fn flag_edges(flag: &FlagDefinition, index: &FlagKeyIndex<'_>) -> Vec<Option<usize>> {
    let Some(fields) = flag.rollout_fields.as_ref() else {
        return Vec::new();
    };
    let requires = fields.requires.iter();
    let edges = requires.map(|required| index.find(&required.flag, flag.flag_set_id()));
    edges.collect()
}

/// Flags by key.
struct FlagKeyIndex<'f>(HashMap<&'f str, Vec<(usize, Option<&'f str>)>>);

impl<'f> FlagKeyIndex<'f> {
    fn from_flags(flags: &'f [Arc<FlagDefinition>]) -> FlagKeyIndex<'f> {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for (at, flag) in flags.iter().enumerate() {
            index
                .entry(&*flag.key)
                .or_default()
                .push((at, flag.flag_set_id()));
        }
        FlagKeyIndex(index)
    }

    /// The flag with this key in the same flag set, otherwise the last flag with this key.
    fn find(&self, key: &str, set: Option<&str>) -> Option<usize> {
        let same = self.0.get(key)?;
        let own = same.iter().rev().find(|(_, known)| *known == set);
        own.or(same.last()).map(|(at, _)| *at)
    }
}
