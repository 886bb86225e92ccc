//! Parses the policies of a plan.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::policy::Minimum;
use crate::document::rollout::plan::policy::OnInconclusive;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::rollout::plan::policy::RollbackMode;
use crate::document::rollout::plan::policy::RollbackPolicy;
use crate::document::schema;
use crate::document::syntax_tree::Node;

pub(super) const ON_REGRESSION: [(&str, OnRegression); 3] = [
    ("rollback", OnRegression::Rollback),
    ("previous-stage", OnRegression::PreviousStage),
    ("halt", OnRegression::Halt),
];
pub(super) const ON_INCONCLUSIVE: [(&str, OnInconclusive); 4] = [
    ("hold", OnInconclusive::Hold),
    ("extend", OnInconclusive::Extend),
    ("advance", OnInconclusive::Advance),
    ("rollback", OnInconclusive::Rollback),
];
pub(super) const ON_NO_DATA: [(&str, OnNoData); 3] = [
    ("hold", OnNoData::Hold),
    ("rollback", OnNoData::Rollback),
    ("warn", OnNoData::Warn),
];

/// The word for the way of a rollback.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RollbackWay {
    Zero,
    Kill,
    Previous,
    Gradual,
}

const WAYS: [(&str, RollbackWay); 4] = [
    ("zero", RollbackWay::Zero),
    ("kill", RollbackWay::Kill),
    ("previous", RollbackWay::Previous),
    ("gradual", RollbackWay::Gradual),
];

/// The time between two steps of a gradual rollback.
const STEP_MS: u64 = 600_000;

impl FieldParser<'_> {
    pub(super) fn parse_minimum(&mut self, node: &Node) -> Minimum {
        let help = "write it as an object: `{ units: 200, time: 10m }`";
        let mut minimum = Minimum::default();
        for member in self.parse_known_members(node, "minimum", &schema::MINIMUM, help) {
            let value = &member.value;
            match &*member.key {
                "units" => minimum.units = self.parse_count(value, "units").unwrap_or(0),
                "time" => minimum.time_ms = self.parse_duration(value, "time").unwrap_or(0),
                _ => {}
            }
        }
        minimum
    }

    /// The lease, in milliseconds.
    pub(super) fn parse_while_blind(&mut self, node: &Node) -> Option<u64> {
        let field = "whileBlind";
        let help = "write it as an object: `{ lease: 6h, then: safe }`";
        let mut lease = None;
        for member in self.parse_known_members(node, field, &schema::WHILE_BLIND, help) {
            let value = &member.value;
            match &*member.key {
                "lease" => lease = self.parse_duration(value, "lease"),
                "then" => drop(self.parse_choice(value, "then", &[("safe", ())])),
                _ => {}
            }
        }
        match lease {
            None if !self.faulty => {
                self.report_invalid(node.position, field, "has no `lease`", help);
            }
            Some(lease) if lease < 60_000 => {
                let help = "write at least 1m: it is renewed at half of its time";
                self.report_invalid(node.position, field, "has a lease below a minute", help);
            }
            _ => {}
        }
        lease
    }

    pub(super) fn parse_rollback(&mut self, node: &Node) -> RollbackPolicy {
        let field = "rollback";
        let help = "write it as an object: `{ how: zero }` or `{ how: gradual, steps: [50, 0], every: 10m }`";
        let mut policy = RollbackPolicy::default();
        let (mut way, mut steps, mut every) = (None, None, None);
        for member in self.parse_known_members(node, field, &schema::ROLLBACK, help) {
            let value = &member.value;
            match &*member.key {
                "how" => way = self.parse_choice(value, "rollback.how", &WAYS),
                "steps" => steps = Some(self.parse_steps_down(value)),
                "every" => every = self.parse_duration(value, "every"),
                "coolDown" => {
                    let cool_down = self.parse_duration(value, "coolDown");
                    policy.cool_down_ms = cool_down.unwrap_or(policy.cool_down_ms);
                }
                _ => {}
            }
        }
        let is_stepped = steps.is_some() || every.is_some();
        policy.how = match way {
            Some(RollbackWay::Gradual) => RollbackMode::Gradual {
                steps: steps.unwrap_or_else(|| vec![Percentage::NONE]),
                every_ms: every.unwrap_or(STEP_MS),
            },
            way => {
                if is_stepped && !self.faulty {
                    let help = "write `how: gradual`, or remove `steps` and `every`";
                    let what = "has steps, but is not gradual";
                    self.report_invalid(node.position, field, what, help);
                }
                immediate(way)
            }
        };
        policy
    }

    fn parse_steps_down(&mut self, node: &Node) -> Vec<Percentage> {
        let field = "rollback.steps";
        let items = node.items_or_self().iter();
        let steps: Vec<Percentage> = items
            .filter_map(|item| self.parse_percentage(item, field))
            .collect();
        let is_falling = steps.is_sorted_by(|a, b| a > b);
        if !is_falling || steps.last() != Some(&Percentage::NONE) {
            let what = "does not fall to 0";
            self.report_invalid(node.position, field, what, "write it as `[50, 0]`");
        }
        steps
    }
}

fn immediate(way: Option<RollbackWay>) -> RollbackMode {
    match way {
        Some(RollbackWay::Kill) => RollbackMode::Kill,
        Some(RollbackWay::Previous) => RollbackMode::Previous,
        Some(RollbackWay::Zero | RollbackWay::Gradual) | None => RollbackMode::Zero,
    }
}
