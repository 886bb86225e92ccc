//! Events of the log in words.

use serde_json::Value;

use crate::control::page::html::text;
use crate::event_log::Actor;
use crate::event_log::ActorKind;
use crate::event_log::LogEvent;
use crate::event_log::LogEventKind;

/// The most characters of a value in a sentence.
const MAX_VALUE: usize = 200;

/// The sentence that says what an event did.
pub fn describe(event: &LogEvent) -> String {
    let change = &event.change;
    match &event.kind {
        LogEventKind::FlagSet => describe_set(change),
        LogEventKind::FlagKilled => match change.get("variant").and_then(Value::as_str) {
            Some(variant) => format!("killed it: everybody gets “{variant}”"),
            None => "killed it: everybody gets the default in the code".to_owned(),
        },
        LogEventKind::FlagRestored => "restored it: the kill ended".to_owned(),
        LogEventKind::FlagPaused => "paused it: it cannot reach more users".to_owned(),
        LogEventKind::FlagResumed => "resumed it: the pause ended".to_owned(),
        LogEventKind::FlagCreated => "created it".to_owned(),
        LogEventKind::FlagUpdated => "changed its definition".to_owned(),
        LogEventKind::FlagDeleted => "deleted it".to_owned(),
        LogEventKind::EnvironmentCreated => "were read for the first time".to_owned(),
        LogEventKind::EnvironmentFrozen => "froze all flags".to_owned(),
        LogEventKind::EnvironmentUnfrozen => "ended the freeze".to_owned(),
        LogEventKind::FilesChanged => format!("were edited: {}", count_keys(change)),
        LogEventKind::SyncForced => "sent all flags to all replicas again".to_owned(),
        LogEventKind::StoreRestored => "restored the store from a backup".to_owned(),
        LogEventKind::TokenCreated => "made a token".to_owned(),
        LogEventKind::TokenRevoked => "revoked a token".to_owned(),
        LogEventKind::Other(name) => name.to_string(),
    }
}

/// The name of an actor.
pub fn actor_name(actor: &Actor) -> String {
    match actor.kind {
        ActorKind::Person | ActorKind::Automation => actor.name.clone(),
        ActorKind::File => "the flag files".to_owned(),
        ActorKind::System => "fanion".to_owned(),
    }
}

fn describe_set(change: &Value) -> String {
    let set = change.get("set");
    let member = |name: &str| set.and_then(|set| set.get(name));
    let mut parts = Vec::new();
    if change.get("reset") == Some(&Value::Bool(true)) {
        parts.push("dropped earlier decisions".to_owned());
    }
    if let Some(percentage) = member("percentage") {
        parts.push(format!("set the percentage to {percentage} %"));
    }
    for (name, words) in [
        ("rings", "rings to"),
        ("allow", "the list of those who always get it to"),
        ("deny", "the list of those who never get it to"),
    ] {
        let list = member(name).and_then(Value::as_array);
        parts.extend(list.map(|list| format!("set {words} {}", join(list))));
    }
    if let Some(index @ 1..) = change.get("rollout").and_then(Value::as_u64) {
        parts.push(format!("in rollout {}", index + 1));
    }
    parts.join(", ")
}

fn join(list: &[Value]) -> String {
    let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => text::shorten(&names.join(", "), MAX_VALUE),
    }
}

fn count_keys(change: &Value) -> String {
    let count = |name: &str| {
        let count = change.get(name)?.get("count")?.as_u64()?;
        (count > 0).then(|| format!("{count} {name}"))
    };
    let names = ["added", "changed", "removed"];
    let counts: Vec<String> = names.into_iter().filter_map(count).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decisions_are_told_in_words() {
        for (change, words) in [
            (
                json!({"rollout": 0, "reset": false, "set": {"percentage": 2.5}}),
                "set the percentage to 2.5 %",
            ),
            (
                json!({"rollout": 1, "reset": true, "set": {"rings": ["a", "b"], "deny": []}}),
                "dropped earlier decisions, set rings to a, b, set the list of those who never get it to none, in rollout 2",
            ),
        ] {
            assert_eq!(describe_set(&change), words);
        }
        let edit = json!({"added": {"count": 2}, "changed": {"count": 0}, "removed": {"count": 1}});
        assert_eq!(count_keys(&edit), "2 added, 1 removed");
    }
}
