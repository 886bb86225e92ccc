//! Flags whose edits wait: while a flag is paused or its environment is frozen, the previous definition stays.

use std::sync::Arc;

use crate::control::model::environment_state::EnvironmentState;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// Returns the flags to serve after an edit, in no order: those of `edited`, but the flags of `previous` that are held.
pub fn adopt(
    edited: &[Arc<CompiledFlag>],
    previous: &Ruleset,
    state: &EnvironmentState,
    findings: &mut Vec<String>,
) -> Vec<Arc<CompiledFlag>> {
    let is_held = |flag: &&Arc<CompiledFlag>| state.is_held(&flag.key);
    let held = previous.flags.iter().filter(is_held).cloned();
    let new = edited.iter().filter(|flag| !is_held(flag));
    let new = new.map(|flag| keep_last_good(flag, previous, findings));
    held.chain(new).collect()
}

/// Returns the flag; if it is faulty, its last good definition, and adds a finding.
fn keep_last_good(
    flag: &Arc<CompiledFlag>,
    previous: &Ruleset,
    findings: &mut Vec<String>,
) -> Arc<CompiledFlag> {
    if !flag.is_faulty() {
        return flag.clone();
    }
    let same = previous
        .flags
        .iter()
        .find(|last| last.identity() == flag.identity());
    let last = same.filter(|last| !last.is_faulty());
    let (key, file, line) = (&flag.key, &flag.file, flag.source_location.0.line);
    let served = match last {
        Some(_) => "its last good definition is served",
        None => "it is not served",
    };
    findings.push(format!("flag `{key}` is faulty at {file}:{line}; {served}"));
    last.unwrap_or(flag).clone()
}

/// Returns the keys of held flags whose definitions differ from the edited ones, at most `limit`.
pub fn waiting_edits(
    edited: &Ruleset,
    served: &Ruleset,
    state: &EnvironmentState,
    limit: usize,
) -> Vec<Arc<str>> {
    let differs = |key: &str| {
        let fingerprint = |ruleset: &Ruleset| ruleset.flag(key).map(|flag| flag.fingerprint);
        fingerprint(edited) != fingerprint(served)
    };
    let keys = edited.flags.iter().chain(&served.flags);
    let mut keys: Vec<Arc<str>> = keys
        .map(|flag| flag.key.clone())
        .filter(|key| state.is_held(key) && differs(key))
        .collect();
    keys.sort();
    keys.dedup();
    keys.truncate(limit);
    keys
}
