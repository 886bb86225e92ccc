//! The format `flag-service`: an allow list, a block list, targeting rules and a percentage, which answer `enabled` and
//! a variant.
//!
//! Order of evaluation: kill switch or disabled; block list; allow list; rules, of which one must match if there are
//! any; the bucket of the user. The variant does not depend on that bucket.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::dialect::bucket;
use crate::control::dialect::bucket::TARGETING_KEY;
use crate::control::dialect::condition::Condition;
use crate::control::dialect::document_reader::DocumentFault;
use crate::control::dialect::document_reader::Faults;
use crate::control::dialect::document_reader::ObjectReader;
use crate::control::dialect::json_member::set_member;
use crate::document::rollout::bucketing::BucketingDialect;

/// The variant of users without the flag.
pub const OFF: &str = "off";
/// The variant of users with the flag, if the document names none.
pub const ON: &str = "on";

const MEMBERS: [&str; 14] = [
    "key",
    "description",
    "enabled",
    "rolloutPercentage",
    "allowlist",
    "blocklist",
    "targetingRules",
    "variants",
    "killSwitch",
    "owner",
    "createdAt",
    "expectedCleanupDate",
    "status",
    "jiraTicket",
];
/// The members that become fields of `lifecycle`.
const LIFECYCLE: [&str; 5] = [
    "owner",
    "createdAt",
    "expectedCleanupDate",
    "status",
    "jiraTicket",
];

/// A document.
#[derive(Debug, Clone)]
pub struct FlagServiceDocument {
    /// The key of the flag.
    pub key: String,
    /// False if nobody has the flag.
    pub enabled: bool,
    /// True if nobody has the flag.
    pub kill_switch: bool,
    /// The share of users, in percent.
    pub percentage: f64,
    /// Users that have the flag.
    pub allowlist: Vec<String>,
    /// Users that do not have the flag.
    pub blocklist: Vec<String>,
    /// Rules; each is a list of conditions.
    pub rules: Vec<Vec<Condition>>,
    /// The names of variants and their weights.
    pub variants: Vec<(String, u32)>,
    /// The description.
    pub description: Option<String>,
    /// Owner, purpose and expiry.
    pub lifecycle: Map<String, Value>,
}

/// The answer of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagResult {
    /// True if the user has the flag.
    pub enabled: bool,
    /// The variant of a user who has it.
    pub variant: Option<String>,
}

impl FlagResult {
    /// The user does not have the flag.
    pub const OFF: FlagResult = FlagResult {
        enabled: false,
        variant: None,
    };

    /// The JSON of the answer.
    pub fn to_json(&self) -> Value {
        json!({ "enabled": self.enabled, "variant": self.variant })
    }
}

impl FlagServiceDocument {
    /// Parses a document.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(value: &Value) -> Result<FlagServiceDocument, Vec<DocumentFault>> {
        let mut faults = Faults::default();
        let parsed = FlagServiceDocument::read(value, &mut faults);
        faults.finish(parsed)
    }

    fn read(value: &Value, faults: &mut Faults) -> Option<FlagServiceDocument> {
        let reader = ObjectReader::new(value, String::new(), &MEMBERS, faults)?;
        let key = reader.require_text("key", faults);
        let rules = reader.items("targetingRules", faults);
        let rules = rules
            .into_iter()
            .map(|(rule, pointer)| read_rule(rule, pointer, faults))
            .collect();
        Some(FlagServiceDocument {
            key: key?,
            enabled: reader.boolean("enabled", faults).unwrap_or(true),
            kill_switch: reader.boolean("killSwitch", faults).unwrap_or(false),
            percentage: reader
                .percentage("rolloutPercentage", faults)
                .unwrap_or(0.0),
            allowlist: reader.texts("allowlist", faults),
            blocklist: reader.texts("blocklist", faults),
            rules,
            variants: read_variants(&reader, faults),
            description: reader.text("description", faults),
            lifecycle: read_lifecycle(&reader, faults),
        })
    }

    /// Returns true if nobody has the flag.
    pub fn is_off(&self) -> bool {
        self.kill_switch || !self.enabled
    }

    /// The definition in the format of flag files. The kill switch is no part of it.
    pub fn to_definition(&self) -> Value {
        let mut rollout = json!({
            "percentage": self.percentage,
            "allow": self.allowlist,
            "deny": self.blocklist,
            "dialect": BucketingDialect::Md5.name(),
        });
        let mut variants = Map::new();
        if self.variants.is_empty() {
            variants.insert(ON.to_owned(), json!(true));
            variants.insert(OFF.to_owned(), json!(false));
            set_member(&mut rollout, "variant", json!(ON));
        } else {
            let names = self.variants.iter().map(|(name, _)| name.as_str());
            variants.extend(
                names
                    .chain([OFF])
                    .map(|name| (name.to_owned(), json!(name))),
            );
            let weights = self.variants.iter();
            set_member(
                &mut rollout,
                "split",
                weights
                    .map(|(name, weight)| (name.clone(), json!(weight)))
                    .collect::<Value>(),
            );
        }
        if !self.rules.is_empty() {
            let rules: Vec<Value> = self.rules.iter().map(|rule| all_of(rule)).collect();
            set_member(&mut rollout, "when", json!({ "or": rules }));
        }
        let mut definition = json!({
            "state": "ENABLED",
            "variants": variants,
            "defaultVariant": OFF,
            "safeVariant": OFF,
            "rollout": rollout,
        });
        if !self.lifecycle.is_empty() {
            set_member(&mut definition, "lifecycle", json!(self.lifecycle));
        }
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
    pub fn evaluate(&self, context: &Map<String, Value>) -> FlagResult {
        let user = bucket::unit(context, TARGETING_KEY);
        let is_in = |list: &[String]| user.is_some_and(|user| list.iter().any(|name| name == user));
        if self.is_off() || is_in(&self.blocklist) {
            return FlagResult::OFF;
        }
        if is_in(&self.allowlist) {
            return self.on(user);
        }
        let meets = |rule: &Vec<Condition>| rule.iter().all(|condition| condition.holds(context));
        if !self.rules.is_empty() && !self.rules.iter().any(meets) {
            return FlagResult::OFF;
        }
        if bucket::is_within(BucketingDialect::Md5, &self.key, user, self.percentage) {
            self.on(user)
        } else {
            FlagResult::OFF
        }
    }

    fn on(&self, user: Option<&str>) -> FlagResult {
        if self.variants.is_empty() {
            return FlagResult {
                enabled: true,
                variant: None,
            };
        }
        let weights: Vec<u32> = self.variants.iter().map(|(_, weight)| *weight).collect();
        let user = user.filter(|user| !user.is_empty());
        let index = user.and_then(|user| bucket::split(&self.key, user, &weights));
        let variant = index.and_then(|index| self.variants.get(index));
        variant.map_or(FlagResult::OFF, |(name, _)| FlagResult {
            enabled: true,
            variant: Some(name.clone()),
        })
    }
}

/// The rule that all conditions hold.
pub fn all_of(conditions: &[Condition]) -> Value {
    let rules: Vec<Value> = conditions.iter().map(Condition::to_rule).collect();
    json!({ "and": rules })
}

/// A rule: one condition, or an object with a list of `conditions`.
fn read_rule(value: &Value, pointer: String, faults: &mut Faults) -> Vec<Condition> {
    if value.get("conditions").is_none() {
        return Condition::parse(value, pointer, faults)
            .into_iter()
            .collect();
    }
    let Some(reader) = ObjectReader::new(value, pointer, &["id", "name", "conditions"], faults)
    else {
        return Vec::new();
    };
    let conditions = reader.items("conditions", faults);
    if conditions.is_empty() {
        faults.add(reader.pointer_to("conditions"), "must have a condition");
    }
    conditions
        .into_iter()
        .filter_map(|(condition, pointer)| Condition::parse(condition, pointer, faults))
        .collect()
}

/// Variants: names, or objects with `name` and `weight`; sorted by name, as flags keep them.
fn read_variants(reader: &ObjectReader<'_>, faults: &mut Faults) -> Vec<(String, u32)> {
    let mut variants: Vec<(String, u32)> = Vec::new();
    for (value, pointer) in reader.items("variants", faults) {
        let (name, weight) = if let Value::String(name) = value {
            (Some(name.clone()), Some(1))
        } else {
            let known = ["name", "weight"];
            let Some(reader) = ObjectReader::new(value, pointer.clone(), &known, faults) else {
                continue;
            };
            let weight = reader.get("weight").map_or(Some(1), Value::as_u64);
            (reader.require_text("name", faults), weight)
        };
        let Some(name) = name else { continue };
        let weight = weight.and_then(|weight| u32::try_from(weight).ok());
        match weight.filter(|weight| (1..=10_000).contains(weight)) {
            None => faults.add(pointer, "must have a whole `weight` from 1 to 10000"),
            Some(_) if name.is_empty() || name == OFF => {
                faults.add(
                    pointer,
                    "must be named, and not `off`, which users without the flag get",
                );
            }
            Some(_) if variants.iter().any(|(known, _)| *known == name) => {
                faults.add(pointer, format!("repeats the variant `{name}`"));
            }
            Some(weight) => variants.push((name, weight)),
        }
    }
    variants.sort();
    variants
}

fn read_lifecycle(reader: &ObjectReader<'_>, faults: &mut Faults) -> Map<String, Value> {
    let mut lifecycle = Map::new();
    for name in LIFECYCLE {
        if let Some(text) = reader.text(name, faults) {
            lifecycle.insert(name.to_owned(), json!(text));
        }
    }
    lifecycle
}
