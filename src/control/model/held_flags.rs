//! Flags whose edits wait: while a flag is paused or its environment is frozen, the previous definition stays.

use std::sync::Arc;

use crate::control::model::environment_state::EnvironmentState;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// Returns the flags to serve after an edit: those of `edited`, but the flags of `previous` that are held.
pub fn adopt(
    edited: &[Arc<CompiledFlag>],
    previous: &Ruleset,
    state: &EnvironmentState,
) -> Vec<Arc<CompiledFlag>> {
    let is_held = |flag: &&Arc<CompiledFlag>| state.is_held(&flag.key);
    let held = previous.flags.iter().filter(is_held);
    let new = edited.iter().filter(|flag| !is_held(flag));
    let mut flags: Vec<Arc<CompiledFlag>> = held.chain(new).cloned().collect();
    flags.sort_by(|a, b| a.identity().cmp(&b.identity()));
    flags
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
