//! Flags that were made through another door, in the formats of other flag services.
//!
//! A view contains what the format can express; `notExpressed` names the rest.

use serde_json::Value;
use serde_json::json;

use crate::control::dialect::json_member::member;
use crate::control::dialect::remote_rollout::CANARY;
use crate::control::dialect::remote_rollout::SESSION_ID;
use crate::control::dialect::remote_rollout::STABLE;
use crate::control::dialect::view::number;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::RolloutFields;
use crate::ruleset::CompiledFlag;

/// A flag and its definition as it is served.
pub struct ForeignFlag<'f> {
    /// The flag, with what was decided about it.
    pub flag: &'f CompiledFlag,
    /// The served definition.
    pub definition: &'f Value,
    /// True if everybody gets the safe variant.
    pub is_killed: bool,
}

impl ForeignFlag<'_> {
    fn variants(&self) -> &Value {
        member(self.definition, "variants")
    }

    /// Returns true if the variants are the two versions of a remote module.
    pub fn is_remote_rollout(&self) -> bool {
        let has = |name: &str| member(member(self.variants(), name), "remoteEntry").is_string();
        has(STABLE) && has(CANARY)
    }

    /// The document of a service with lists and a percentage, or of a remote module.
    pub fn service_view(&self) -> Value {
        let enabled = !self.is_killed && member(self.definition, "state") != "DISABLED";
        let rollout = self.last_rollout();
        let names = |pick: fn(&Rollout) -> &[ecow::EcoString]| -> Value {
            let names = rollout.map_or(&[][..], pick).iter();
            names.map(|name| json!(name.as_str())).collect()
        };
        let mut not_expressed = self.not_expressed();
        if self.is_remote_rollout() {
            not_expressed.retain(|field| field != "rollout.segments");
            let bucketing = rollout.map(|rollout| rollout.bucketing.unit_attribute());
            if bucketing.is_some_and(|attribute| attribute != SESSION_ID) {
                not_expressed.push("rollout.bucketBy".to_owned());
            }
            let segments = names(|rollout| &rollout.segments);
            return json!({
                "key": &*self.flag.key,
                "enabled": enabled,
                "rolloutPercentage": self.percentage(),
                "segments": segments,
                "versions": self.variants(),
                "notExpressed": not_expressed,
            });
        }
        json!({
            "key": &*self.flag.key,
            "enabled": member(self.definition, "state") != "DISABLED",
            "rolloutPercentage": self.percentage(),
            "allowlist": names(|rollout| &rollout.allow),
            "blocklist": names(|rollout| &rollout.deny),
            "targetingRules": [],
            "variants": self.variant_names(),
            "killSwitch": self.is_killed,
            "notExpressed": not_expressed,
        })
    }

    /// The document of a service with rules by priority.
    pub fn definition_view(&self, version: u64) -> Value {
        let mut not_expressed = self.not_expressed();
        let lists = [
            (
                "rollout.allow",
                self.last_rollout().is_some_and(|r| !r.allow.is_empty()),
            ),
            (
                "rollout.deny",
                self.last_rollout().is_some_and(|r| !r.deny.is_empty()),
            ),
            ("kill", self.is_killed),
        ];
        let lists = lists.into_iter().filter(|(_, has)| *has);
        not_expressed.extend(lists.map(|(name, _)| name.to_owned()));
        json!({
            "key": &*self.flag.key,
            "name": &*self.flag.key,
            "description": member(member(self.definition, "metadata"), "description"),
            "defaultValue": self.released_value(),
            "targeting": [],
            "rolloutPercentage": self.percentage(),
            "environments": {},
            "version": version,
            "notExpressed": not_expressed,
        })
    }

    fn fields(&self) -> Option<&RolloutFields> {
        self.flag
            .rollout_fields()
            .filter(|fields| !fields.rollouts.is_empty())
    }

    fn last_rollout(&self) -> Option<&Rollout> {
        self.fields()?.rollouts.last()
    }

    /// The share of the last rollout. Without a rule, everybody gets the default variant.
    fn percentage(&self) -> Value {
        match (self.last_rollout(), member(self.definition, "targeting")) {
            (Some(rollout), _) => number(rollout.percentage.percent()),
            (None, Value::Null) if self.default_value() == &json!(false) => json!(0),
            (None, Value::Null) => json!(100),
            (None, _) => Value::Null,
        }
    }

    fn default_value(&self) -> &Value {
        let name = member(self.definition, "defaultVariant").as_str();
        member(self.variants(), name.unwrap_or_default())
    }

    /// The value of users in the share of the last rollout.
    fn released_value(&self) -> &Value {
        match self.last_rollout().map(|rollout| &rollout.release) {
            Some(Release::Variant(name)) => member(self.variants(), name),
            Some(Release::Split(_)) | None => self.default_value(),
        }
    }

    /// The names of variants; none for `on` and `off` with booleans.
    fn variant_names(&self) -> Value {
        let variants = self.variants().as_object();
        let variants = variants.into_iter().flatten();
        let named = variants.filter(|(_, value)| !value.is_boolean());
        named.map(|(name, _)| json!(name)).collect()
    }

    /// What the rollout has beyond a percentage and lists.
    fn not_expressed(&self) -> Vec<String> {
        let mut names = Vec::new();
        let Some(fields) = self.fields() else {
            if !member(self.definition, "targeting").is_null() && !self.is_killed {
                names.push("targeting".to_owned());
            }
            return names;
        };
        let mut add = |name: &str, has: bool| {
            if has {
                names.push(name.to_owned());
            }
        };
        add("targeting", fields.targeting.is_some());
        add("requires", !fields.requires.is_empty());
        add("rollout", fields.rollouts.len() > 1);
        if let Some(rollout) = fields.rollouts.last() {
            add("rollout.when", rollout.when.is_some());
            add("rollout.rings", !rollout.rings.is_empty());
            add("rollout.segments", !rollout.segments.is_empty());
            add("rollout.regions", !rollout.regions.is_empty());
            add("rollout.ramp", rollout.ramp.is_some());
            add(
                "rollout.split",
                matches!(rollout.release, Release::Split(_)),
            );
        }
        names
    }
}
