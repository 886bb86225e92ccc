//! The format `definition-service`: rules by priority, each with conditions, a percentage and a value.
//!
//! Order of evaluation: rules in ascending priority. A rule whose conditions hold and whose percentage has the user's
//! bucket gives its `variation`. If no rule does, the percentage of the flag gives `defaultValue`, and otherwise the
//! answer is false.

mod reading;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::dialect::bucket;
use crate::control::dialect::bucket::TARGETING_KEY;
use crate::control::dialect::condition::Condition;
use crate::control::dialect::document_reader::DocumentFault;
use crate::control::dialect::document_reader::Faults;
use crate::control::dialect::flag_service;
use crate::control::dialect::json_member::set_member;
use crate::document::rollout::bucketing::BucketingDialect;

/// A document, as it reads in one environment.
#[derive(Debug, Clone)]
pub struct FlagDocument {
    /// The key of the flag.
    pub key: String,
    /// The name and the description.
    pub description: Option<String>,
    /// False if the environment turns the flag off.
    pub enabled: bool,
    /// The value of users in the percentage of the flag.
    pub default_value: Value,
    /// The rules, in ascending priority.
    pub rules: Vec<TargetingRule>,
    /// The share of users, in percent.
    pub percentage: f64,
    /// The version that the author has seen.
    pub version: Option<u64>,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct TargetingRule {
    /// The name of the rule in answers.
    pub id: String,
    /// The rank: the rule with the least one is tried first.
    pub priority: f64,
    /// The conditions, which must all hold.
    pub conditions: Vec<Condition>,
    /// The share of the users that meet the conditions, in percent.
    pub percentage: f64,
    /// The value of these users.
    pub variation: Value,
    /// The index of the rule in the document.
    pub index: usize,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The value.
    pub value: Value,
    /// `RULE_MATCH`, `DEFAULT_ROLLOUT` or `DEFAULT_OFF`.
    pub reason: &'static str,
    /// The rule that matched.
    pub rule_id: Option<String>,
}

impl FlagDocument {
    /// Parses a document, with the overrides of an environment.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(value: &Value, environment: &str) -> Result<FlagDocument, Vec<DocumentFault>> {
        let mut faults = Faults::default();
        let parsed = reading::read_document(value, environment, &mut faults);
        faults.finish(parsed)
    }

    /// Values of different types have no common accessor.
    fn check_types(&self, faults: &mut Faults) {
        let kind = std::mem::discriminant(&self.default_value);
        for rule in &self.rules {
            if std::mem::discriminant(&rule.variation) != kind {
                let why = "must be of the type of `defaultValue`";
                faults.add(format!("/targeting/{}/variation", rule.index), why);
            }
        }
    }

    /// The definition in the format of flag files. A rollout for each rule, and one for the percentage of the flag.
    pub fn to_definition(&self) -> Value {
        let mut variants = Variants::new(&self.default_value, &self.rules);
        let mut rollouts = Vec::new();
        for rule in &self.rules {
            let variant = variants.name(&rule.variation);
            let mut rollout = rollout(&variant, rule.percentage);
            if !rule.conditions.is_empty() {
                set_member(&mut rollout, "when", flag_service::all_of(&rule.conditions));
            }
            rollouts.push(rollout);
        }
        let variant = variants.name(&self.default_value);
        rollouts.push(rollout(&variant, self.percentage));
        let mut definition = json!({
            "state": "ENABLED",
            "variants": variants.named,
            // Without a boolean, the answer outside of every share is the default in the caller's code.
            "defaultVariant": variants.off,
            "rollout": rollouts,
        });
        if let Some(description) = &self.description {
            set_member(
                &mut definition,
                "metadata",
                json!({ "description": description }),
            );
        }
        definition
    }

    /// The answer for a context, whose `targetingKey` is the user's id.
    pub fn evaluate(&self, context: &Map<String, Value>) -> Evaluation {
        let user = bucket::unit(context, TARGETING_KEY);
        let is_within = |share| bucket::is_within(BucketingDialect::Java31, &self.key, user, share);
        let off = Evaluation {
            value: Value::Bool(false),
            reason: "DEFAULT_OFF",
            rule_id: None,
        };
        if !self.enabled {
            return off;
        }
        let mut rules = self.rules.iter();
        let matching = rules.find(|rule| {
            let mut conditions = rule.conditions.iter();
            conditions.all(|condition| condition.holds(context)) && is_within(rule.percentage)
        });
        if let Some(rule) = matching {
            return Evaluation {
                value: rule.variation.clone(),
                reason: "RULE_MATCH",
                rule_id: Some(rule.id.clone()),
            };
        }
        if is_within(self.percentage) {
            let value = self.default_value.clone();
            return Evaluation {
                value,
                reason: "DEFAULT_ROLLOUT",
                rule_id: None,
            };
        }
        off
    }
}

fn rollout(variant: &str, percentage: f64) -> Value {
    let dialect = BucketingDialect::Java31.name();
    json!({ "variant": variant, "percentage": percentage, "dialect": dialect })
}

/// The variants of a definition: `on` and `off` for booleans, otherwise a name for each value.
struct Variants {
    named: Map<String, Value>,
    off: Option<&'static str>,
}

impl Variants {
    fn new(default: &Value, rules: &[TargetingRule]) -> Variants {
        let mut values = rules.iter().map(|rule| &rule.variation).chain([default]);
        if !values.all(Value::is_boolean) {
            return Variants {
                named: Map::new(),
                off: None,
            };
        }
        let named = [("on", true), ("off", false)];
        let named = named.map(|(name, value)| (name.to_owned(), Value::Bool(value)));
        Variants {
            named: named.into_iter().collect(),
            off: Some("off"),
        }
    }

    /// The name of the variant with a value.
    fn name(&mut self, value: &Value) -> String {
        if let Some((name, _)) = self.named.iter().find(|(_, known)| *known == value) {
            return name.clone();
        }
        let spoken = value
            .as_str()
            .filter(|text| (1..=100).contains(&text.len()) && !self.named.contains_key(*text));
        let number = self.named.len() + 1;
        let name = spoken.map_or_else(|| format!("value-{number}"), ToOwned::to_owned);
        self.named.insert(name.clone(), value.clone());
        name
    }
}
