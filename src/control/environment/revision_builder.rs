//! Builds the revision of effective flags; definitions of unchanged flags are shared with the previous revision.

use std::sync::Arc;

use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
use crate::snapshot::Snapshot;
use crate::wire::content_hash::ContentHash;
use crate::wire::flag_sync;

/// Returns the revision of these flags, which follows `previous` and has this number.
pub fn build_revision(ruleset: Ruleset, number: u64, previous: &Revision) -> Revision {
    let definitions = build_definitions(&ruleset, previous);
    let content_hash = hash_definitions(&definitions);
    Revision {
        number,
        epoch: previous.epoch,
        content_hash,
        definitions: Arc::new(definitions),
        snapshot: Arc::new(Snapshot::build(ruleset, &previous.snapshot)),
    }
}

/// Returns the hash of definitions.
pub fn hash_definitions(definitions: &Definitions) -> ContentHash {
    ContentHash::of_definitions(definitions.iter().map(|(key, text)| (&**key, &**text)))
}

/// The definitions of all flags that can be evaluated.
fn build_definitions(ruleset: &Ruleset, previous: &Revision) -> Definitions {
    let positions = ruleset.select_positions(&Selector::All);
    let flags = positions.filter_map(|position| ruleset.flags.get(position));
    let sound = flags.filter(|flag| !flag.is_faulty());
    sound
        .map(|flag| (flag.key.clone(), definition(flag, previous)))
        .collect()
}

fn definition(flag: &Arc<CompiledFlag>, previous: &Revision) -> Arc<str> {
    let before = &previous.snapshot.ruleset;
    let position = before.position(&flag.key, &Selector::All);
    let same = position.and_then(|position| before.flags.get(position));
    let known = same
        .filter(|same| Arc::ptr_eq(same, flag))
        .and_then(|_| previous.definitions.get(&flag.key));
    match known {
        Some(text) => text.clone(),
        None => flag_sync::flag_definition(flag).into(),
    }
}
