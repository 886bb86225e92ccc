//! The tokens of the store: read at the start; the time of their last use is written at intervals.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use crate::control::access::Token;
use crate::control::access::TokenRegistry;
use crate::control::environment::journal::Journal;
use crate::control::store::Record;
use crate::control::store::RecordChange;
use crate::control::store::RecordKind;
use crate::control::store::StoreReader;
use crate::serve::shutdown_watch;

/// The time between two writes. After a crash, the last use may be shown as earlier by as much.
const INTERVAL: Duration = Duration::from_secs(60);

/// Reads the tokens.
///
/// # Errors
/// If the store cannot be read. A damaged token is dropped with a warning: its holder gets 401.
pub fn load(reader: &dyn StoreReader) -> Result<TokenRegistry, String> {
    let records = |kind| reader.records(kind).map_err(|error| error.to_string());
    let uses = records(RecordKind::TokenUse)?.into_iter();
    let uses: HashMap<String, u64> = uses.map(|record| (record.key, record.at_ms)).collect();
    let tokens = records(RecordKind::Token)?
        .into_iter()
        .filter_map(|record| {
            let token = Token::from_stored(&record.value);
            if token.is_none() {
                tracing::warn!(id = record.key, "a stored token is damaged, and not valid");
            }
            Some((token?, uses.get(&record.key).copied().unwrap_or(0)))
        });
    Ok(TokenRegistry::new(tokens))
}

/// Writes when tokens were used last, at intervals and at the shutdown.
pub async fn follow(
    tokens: Arc<TokenRegistry>,
    journal: Journal,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut written = last_uses(&tokens);
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(INTERVAL) => false,
            () = shutdown_watch::requested(&mut shutdown) => true,
        };
        let uses = last_uses(&tokens);
        let changed = uses.iter().filter(|(id, at)| written.get(*id) != Some(at));
        let changes: Vec<RecordChange> = changed.map(|(id, at_ms)| put(id, *at_ms)).collect();
        if !changes.is_empty() && write(&journal, changes).await {
            written = uses;
        }
        if is_last {
            return;
        }
    }
}

fn last_uses(tokens: &TokenRegistry) -> HashMap<Arc<str>, u64> {
    let all = tokens.list().into_iter();
    let uses = all.map(|live| {
        let at = live.last_used_ms.load(Ordering::Relaxed);
        (live.token.id.clone(), at)
    });
    uses.filter(|(_, at)| *at > 0).collect()
}

fn put(id: &str, at_ms: u64) -> RecordChange {
    let record = Record {
        key: id.to_owned(),
        value: String::new(),
        at_ms,
        expires_ms: None,
    };
    RecordChange::Put(RecordKind::TokenUse, record)
}

/// Returns true if the store has taken the changes. If it does not, the next interval tries again.
async fn write(journal: &Journal, changes: Vec<RecordChange>) -> bool {
    let Ok(written) = journal.write_records(changes) else {
        return false;
    };
    matches!(written.await, Ok(Ok(())))
}
