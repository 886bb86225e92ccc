//! How a `fractional` is reasoned about: what it buckets by, and its shares.

use crate::document::node::Node;
use crate::rule::Rule;
use crate::rule::fractional;
use crate::study::ask::Question;
use crate::study::form::Form;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::program::build::Builder;
use crate::study::space::Outside;
use crate::study::space::Part;
use crate::study::unit;
use crate::study::unit::By;
use crate::study::unit::Split;
use crate::study::uses;
use crate::study::uses::Foreign;
use crate::value::Literal;

impl<'d> Builder<'_, 'd> {
    pub(super) fn split(&mut self, node: &'d Node, site: Option<usize>) -> Form {
        let question = Question::new(node, &self.flag.key);
        let split = match question.rule() {
            Rule::Split(parts) => parts,
            Rule::Fault(_) => return Form::Fault,
            _ => {
                let foreign = Foreign {
                    place: node.place,
                    what: "a `fractional` with computed shares".to_owned(),
                };
                return self.hidden(node, &foreign);
            }
        };
        let (split, values) = &**split;
        let mut indices: Vec<(u16, usize)> = Vec::new();
        for (path, slot) in question.slots() {
            indices.push((slot, self.space.attribute(&path)));
        }
        let find = |slot: u16| indices.iter().find(|(s, _)| *s == slot).map(|(_, at)| *at);
        let by = unit::by(&split.key, find).unwrap_or_else(|| {
            let foreign = Foreign {
                place: node.place,
                what: "what this `fractional` buckets by".to_owned(),
            };
            By::Hidden(self.hide_key(node, &foreign))
        });
        let targeting_key = self.space.attribute("targetingKey");
        self.hashed(&by, targeting_key);
        let shares: Vec<Literal> = values.iter().filter_map(Rule::as_constant).collect();
        let sites = site.map(|site| self.shares(node, site, split, shares.len()));
        Form::Split(Box::new(Split {
            by,
            flag_key: self.flag.key.clone(),
            targeting_key,
            bounds: split.bounds.clone(),
            shares,
            sites,
        }))
    }

    /// The expression that a `fractional` buckets by, as one that can be anything.
    fn hide_key(&mut self, node: &'d Node, foreign: &Foreign) -> usize {
        let key = node.only_member().and_then(|m| uses::arguments(m).first());
        let why = Outside {
            file: self.program.file.clone(),
            place: foreign.place,
            what: format!("{} cannot be reasoned about", foreign.what),
        };
        self.space.hide(key.unwrap_or(node), why)
    }

    fn hashed(&mut self, by: &By, targeting_key: usize) {
        let parts = match by {
            By::Identity | By::Hidden(_) => vec![targeting_key],
            By::Attribute(at) => vec![*at, targeting_key],
            By::Joined(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Attribute(at) => Some(*at),
                    Part::Text(_) | Part::Hidden(_) => None,
                })
                .collect(),
        };
        for at in parts {
            if let Some(attribute) = self.space.attributes.get_mut(at) {
                attribute.hashed = true;
            }
        }
    }

    /// The sites of the shares; the first one's index.
    fn shares(
        &mut self,
        node: &'d Node,
        parent: usize,
        split: &fractional::Split,
        count: usize,
    ) -> usize {
        let first = self.program.sites.len();
        let items = node.only_member().map_or(&[][..], uses::arguments);
        let written = items.get(items.len() - count.min(items.len())..);
        let mut below = 0;
        for (at, bound) in split.bounds.iter().enumerate() {
            let item = written.and_then(|written| written.get(at));
            let weight = bound - below;
            below = *bound;
            self.site(Site {
                kind: SiteKind::Share { index: at, weight },
                node: item.unwrap_or(node),
                parent: Some(parent),
            });
        }
        first
    }
}
