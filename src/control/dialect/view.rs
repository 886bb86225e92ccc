//! A document as it now reads: its text, with what was decided since it was written.
//!
//! Only the bytes of changed values differ from the text of the author.

use serde_json::Value;
use serde_json::json;

use crate::control::dialect::definition_service::FlagDocument;
use crate::control::dialect::json_edit;
use crate::control::dialect::typed_document::TypedDocument;
use crate::control::model::environment_state::LastChange;
use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::model::service_document::ServiceDocument;
use crate::document::rollout::timestamp;

/// A document as it now reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentDocument {
    /// The text.
    pub text: String,
    /// What was decided and has no place in the format.
    pub not_expressed: Vec<String>,
}

/// Returns a document as it now reads in an environment.
pub fn current_document(
    document: &ServiceDocument,
    decided: &FlagState,
    version: LastChange,
    environment: &str,
) -> CurrentDocument {
    let mut current = CurrentDocument {
        text: document.text.clone(),
        not_expressed: Vec::new(),
    };
    let is_killed = decided.killed.is_some();
    match TypedDocument::parse_stored(document, environment) {
        None => {}
        Some(TypedDocument::RemoteRollout(typed)) => {
            current.set_if(is_killed == typed.enabled, &["enabled"], &json!(!is_killed));
            current.apply_override(decided.rollouts.get(&0), &["rolloutPercentage"], None);
        }
        Some(TypedDocument::FlagService(typed)) => {
            current.set_if(is_killed && !typed.is_off(), &["killSwitch"], &json!(true));
            current.set_if(
                !is_killed && typed.kill_switch,
                &["killSwitch"],
                &json!(false),
            );
            current.set_if(!is_killed && !typed.enabled, &["enabled"], &json!(true));
            let lists = Some(("allowlist", "blocklist"));
            current.apply_override(decided.rollouts.get(&0), &["rolloutPercentage"], lists);
        }
        Some(TypedDocument::DefinitionService(typed)) => {
            current.apply_to_definition(&typed, decided, environment);
            let seconds = i64::try_from(version.at_ms / 1000).unwrap_or(0);
            let updated = json!(timestamp::format_rfc3339(seconds));
            current.set_if(true, &["version"], &json!(version.number));
            current.set_if(true, &["updatedAt"], &updated);
        }
    }
    current
}

impl CurrentDocument {
    fn set_if(&mut self, condition: bool, path: &[&str], value: &Value) {
        if !condition {
            return;
        }
        if let Some(text) = json_edit::set(&self.text, path, value) {
            self.text = text;
        }
    }

    /// Writes the overridden fields of a rollout.
    fn apply_override(
        &mut self,
        overridden: Option<&RolloutOverride>,
        percentage: &[&str],
        lists: Option<(&str, &str)>,
    ) {
        let Some(overridden) = overridden else {
            return;
        };
        if let Some(percent) = overridden.percentage {
            self.set_if(true, percentage, &number(percent));
        }
        let (allow, deny) = lists.unzip();
        for (field, list, member) in [
            ("allow", &overridden.allow, allow),
            ("deny", &overridden.deny, deny),
            ("rings", &overridden.rings, None),
        ] {
            match (list, member) {
                (None, _) => {}
                (Some(list), Some(member)) => self.set_if(true, &[member], &json!(list)),
                (Some(_), None) => self.not_expressed.push(field.to_owned()),
            }
        }
    }

    fn apply_to_definition(
        &mut self,
        typed: &FlagDocument,
        decided: &FlagState,
        environment: &str,
    ) {
        let is_killed = decided.killed.is_some();
        let value: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let place = |member: &str| -> Vec<String> {
            let of_environment = value.pointer(&format!("/environments/{environment}/{member}"));
            match of_environment {
                Some(_) => vec!["environments".into(), environment.into(), member.into()],
                None => vec![member.into()],
            }
        };
        for (index, overridden) in &decided.rollouts {
            let path = match typed.rules.get(*index) {
                Some(rule) => {
                    let mut path = place("targeting");
                    path.extend([rule.index.to_string(), "rolloutPercentage".to_owned()]);
                    path
                }
                None => place("rolloutPercentage"),
            };
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.apply_override(Some(overridden), &path, None);
        }
        if is_killed == typed.enabled {
            self.set_enabled(&value, environment, !is_killed);
        }
    }

    /// Writes whether the flag is on in an environment.
    fn set_enabled(&mut self, value: &Value, environment: &str, enabled: bool) {
        let environments = value.get("environments");
        let (path, value) = match environments.map(|all| all.get(environment)) {
            Some(Some(_)) => (vec!["environments", environment, "enabled"], json!(enabled)),
            Some(None) => (
                vec!["environments", environment],
                json!({ "enabled": enabled }),
            ),
            None => (
                vec!["environments"],
                json!({ environment: { "enabled": enabled } }),
            ),
        };
        self.set_if(true, &path, &value);
    }
}

/// A number as people write it: without a fraction if it has none.
pub fn number(number: f64) -> Value {
    let whole = crate::number::truncate_to_i64(number);
    if whole as f64 == number {
        json!(whole)
    } else {
        json!(number)
    }
}
