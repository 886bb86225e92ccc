//! Reads ramps.

use crate::document::field;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::rollout::instant;
use crate::document::rollout::member::Reader;
use crate::document::rollout::ramp;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::ramp::Shape;

impl Reader<'_> {
    pub(super) fn ramp(&mut self, node: &Node) -> Option<Ramp> {
        let word = "rollout.ramp";
        let help = "write it as an object, for instance `{ from: 2026-06-01, to: 2026-06-08 }`";
        let (mut from, mut to, mut steps) = (None, None, None);
        let (mut doubling, mut reverse) = (false, false);
        for member in self.members(node, word, &field::RAMP, help) {
            let value = &member.value;
            match &*member.key {
                "from" => from = self.instant(value, "rollout.ramp.from"),
                "to" => to = self.instant(value, "rollout.ramp.to"),
                "shape" => doubling = self.shape(value)?,
                "steps" => steps = self.steps(value),
                "reverse" => reverse = self.switch(value, "rollout.ramp.reverse"),
                _ => {}
            }
        }
        if doubling && steps.is_some() {
            let help = "a doubling ramp has the steps 1, 2, 4 and so on";
            self.idle(node.place, "rollout.ramp.steps", "has no effect", help);
        }
        let (Some(from), Some(to)) = (from, to) else {
            if !self.faulty {
                self.wrong(node.place, word, "has no `from` or no `to`", help);
            }
            return None;
        };
        if from >= to {
            let help = "exchange them; a ramp that runs backwards says `reverse: true`";
            self.wrong(node.place, word, "does not begin before it ends", help);
            return None;
        }
        let shape = if doubling {
            Shape::Doubling
        } else {
            Shape::Linear(steps)
        };
        Some(Ramp {
            from,
            to,
            shape,
            reverse,
        })
    }

    fn instant(&mut self, node: &Node, word: &str) -> Option<i64> {
        let text = self.text(node, word)?;
        let found = instant::parse(&text);
        if found.is_none() {
            let what = format!("is `{text}`, which is no point in time");
            self.wrong(
                node.place,
                word,
                what,
                "write 2026-06-01T08:00:00Z, or a date",
            );
        }
        found
    }

    /// Whether the shape is the doubling one.
    fn shape(&mut self, node: &Node) -> Option<bool> {
        match &*self.text(node, "rollout.ramp.shape")? {
            "linear" => Some(false),
            "doubling" => Some(true),
            other => {
                let what = format!("is `{other}`");
                self.wrong(
                    node.place,
                    "rollout.ramp.shape",
                    what,
                    "write linear or doubling",
                );
                None
            }
        }
    }

    fn steps(&mut self, node: &Node) -> Option<u32> {
        let whole = match node.kind {
            Kind::Number(n) if n.fract() == 0.0 => u32::try_from(crate::number::truncate(n)).ok(),
            _ => None,
        };
        let found = whole.filter(|n| (1..=ramp::STEPS).contains(n));
        if found.is_none() {
            let help = "write a whole number from 1 to 1000";
            self.wrong(
                node.place,
                "rollout.ramp.steps",
                "is no number of steps",
                help,
            );
        }
        found
    }
}
