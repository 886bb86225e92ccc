//! Reads the words of one flag.

mod requirement;
mod share;
mod time;
mod unit;

use std::sync::Arc;

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::Report;
use crate::document::field;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::Words;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::lifecycle;
use crate::document::rollout::member::Reader;
use crate::document::rollout::ring::Rings;
use crate::document::rollout::share::Share;
use crate::value::Literal;

/// Reads the words of the flag called `flag`, which has these variants. `members` are those called as in `field::WORDS`.
pub fn read(
    flag: &str,
    variants: &[(EcoString, Literal)],
    members: &[Member],
    rings: &Arc<Rings>,
    report: &mut Report,
) -> Words {
    let mut words = Words {
        rings: rings.clone(),
        ..Words::default()
    };
    let mut reader = Reader {
        flag,
        variants,
        report,
        faulty: false,
    };
    for member in members {
        let value = &member.value;
        let field = field::WORDS.field_in_any_case(&member.key);
        match field.map_or("", |field| field.name) {
            "kill" => words.kill = reader.switch(value, "kill").then_some(member.place),
            "safeVariant" => words.safe = reader.variant(value, "safeVariant"),
            "requires" => words.requires = reader.requirements(value),
            "lifecycle" => words.lifecycle = lifecycle::read(flag, value, reader.report),
            "rollout" => words.rollouts = reader.rollouts(value, rings),
            _ => {}
        }
    }
    words.faulty = reader.faulty;
    words
}

/// The items of a list; anything else is a list of one, and null of none.
fn items(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        Kind::Null => &[],
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) => {
            std::slice::from_ref(node)
        }
    }
}

impl Reader<'_> {
    fn rollouts(&mut self, node: &Node, rings: &Rings) -> Vec<Rollout> {
        let read = items(node)
            .iter()
            .filter_map(|item| self.rollout(item, rings));
        read.collect()
    }

    fn rollout(&mut self, node: &Node, rings: &Rings) -> Option<Rollout> {
        let help = "write it as an object, for instance `{ variant: \"on\", percentage: 5 }`";
        let members = self.members(node, "rollout", &field::ROLLOUT, help);
        let (mut release, mut percentage) = (None, None);
        let mut rollout = Rollout {
            place: node.place,
            release: Release::Split(Vec::new()),
            percentage: Share::NONE,
            ramp: None,
            rings: Vec::new(),
            segments: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            when: None,
            regions: Vec::new(),
            bucketing: Bucketing::default(),
        };
        for member in members {
            let value = &member.value;
            match &*member.key {
                "variant" => release = self.variant(value, "rollout.variant").map(Release::Variant),
                "split" => release = self.split(value),
                "percentage" => percentage = self.share(value, "rollout.percentage"),
                "ramp" => rollout.ramp = self.ramp(value),
                "rings" => rollout.rings = self.rings(value, rings),
                "segments" => rollout.segments = self.texts(value, "rollout.segments"),
                "allow" => rollout.allow = self.texts(value, "rollout.allow"),
                "deny" => rollout.deny = self.texts(value, "rollout.deny"),
                "when" => rollout.when = self.condition(value),
                "regions" => rollout.regions = self.regions(value),
                "bucketBy" => rollout.bucketing.by = self.attribute(value),
                "seed" => rollout.bucketing.seed = self.text(value, "rollout.seed"),
                "dialect" => rollout.bucketing.dialect = self.dialect(value)?,
                _ => {}
            }
        }
        self.check_release(node, release.is_some());
        rollout.release = release?;
        let otherwise = if rollout.ramp.is_some() {
            Share::ALL
        } else {
            Share::NONE
        };
        rollout.percentage = percentage.unwrap_or(otherwise);
        self.check_effect(&rollout);
        self.check_dialect(&rollout);
        Some(rollout)
    }

    fn check_release(&mut self, node: &Node, found: bool) {
        let named = node.as_map().unwrap_or(&[]).iter();
        let named = named
            .filter(|m| matches!(&*m.key, "variant" | "split"))
            .count();
        if named == 0 && !found && node.as_map().is_some() {
            let help = "add `variant`, or `split` with a weight for each of several";
            self.wrong(node.place, "rollout", "does not say what is released", help);
        }
        if named > 1 {
            let help = "keep one of them";
            self.wrong(
                node.place,
                "rollout",
                "has both `variant` and `split`",
                help,
            );
        }
    }

    fn check_effect(&mut self, rollout: &Rollout) {
        let shares = rollout.regions.iter().map(|region| region.percentage);
        let nobody = rollout.rings.is_empty()
            && rollout.segments.is_empty()
            && rollout.allow.is_empty()
            && shares
                .chain([rollout.percentage])
                .all(|share| share == Share::NONE);
        let written = rollout.percentage == Share::NONE && rollout.regions.is_empty();
        if nobody && written && rollout.when.is_some() {
            let help = "`when` only says who is eligible; add `percentage: 100` for all of them";
            self.idle(rollout.place, "rollout", "takes nobody", help);
        }
        for key in rollout
            .allow
            .iter()
            .filter(|key| rollout.deny.contains(key))
        {
            let message = format!("`{key}` is allowed and denied by flag `{}`", self.flag);
            let help = "`deny` wins; remove it from one of the lists";
            self.report.warn(Code::Idle, rollout.place, message, help);
        }
    }

    fn rings(&mut self, node: &Node, rings: &Rings) -> Vec<EcoString> {
        let names = self.texts(node, "rollout.rings");
        for name in &names {
            if rings.rings.is_empty() || rings.named(name).is_some() {
                continue;
            }
            let known = || rings.rings.iter().map(|ring| &*ring.name);
            let help = match diag::nearest(name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "only contexts whose `ring` says so are in it; define it below `rings`"
                    .to_owned(),
            };
            let message = format!(
                "`rings` does not define `{name}`, which flag `{}` names",
                self.flag
            );
            self.report.warn(Code::Ring, node.place, message, help);
        }
        names
    }

    fn condition(&mut self, node: &Node) -> Option<Node> {
        match &node.kind {
            Kind::Null => None,
            Kind::Bool(_) => Some(node.clone()),
            Kind::Map(members) if members.len() == 1 => Some(node.clone()),
            _ => {
                let help = "write a rule, for instance `{ \"==\": [{ var: country }, DE] }`";
                self.wrong(node.place, "rollout.when", "is no condition", help);
                None
            }
        }
    }
}
