//! `LogEventKind`: the kind of an event, by a name that does not change between releases.

use std::fmt;

/// The kind of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LogEventKind {
    /// The state of a flag was set: percentage, rings, allow and deny lists.
    FlagSet,
    /// A flag was killed: all users get its safe variant.
    FlagKilled,
    /// A killed flag was restored.
    FlagRestored,
    /// The rollout of a flag was paused.
    FlagPaused,
    /// The rollout of a flag was resumed.
    FlagResumed,
    /// A flag was created in the store.
    FlagCreated,
    /// The definition of a flag in the store was changed.
    FlagUpdated,
    /// A flag was deleted from the store.
    FlagDeleted,
    /// The environment was created.
    EnvironmentCreated,
    /// The environment was frozen.
    EnvironmentFrozen,
    /// The environment was unfrozen.
    EnvironmentUnfrozen,
    /// Authored files changed.
    FilesChanged,
    /// The whole document was sent again to all sidecars.
    SyncForced,
    /// The store was restored from a backup.
    StoreRestored,
    /// A token was made.
    TokenCreated,
    /// A token was revoked.
    TokenRevoked,
    /// A kind of a newer release, by its name.
    Other(Box<str>),
}

/// The kinds of this release with their names.
const NAMES: [(LogEventKind, &str); 16] = [
    (LogEventKind::FlagSet, "flag.set"),
    (LogEventKind::FlagKilled, "flag.killed"),
    (LogEventKind::FlagRestored, "flag.restored"),
    (LogEventKind::FlagPaused, "flag.paused"),
    (LogEventKind::FlagResumed, "flag.resumed"),
    (LogEventKind::FlagCreated, "flag.created"),
    (LogEventKind::FlagUpdated, "flag.updated"),
    (LogEventKind::FlagDeleted, "flag.deleted"),
    (LogEventKind::EnvironmentCreated, "environment.created"),
    (LogEventKind::EnvironmentFrozen, "environment.frozen"),
    (LogEventKind::EnvironmentUnfrozen, "environment.unfrozen"),
    (LogEventKind::FilesChanged, "files.changed"),
    (LogEventKind::SyncForced, "sync.forced"),
    (LogEventKind::StoreRestored, "store.restored"),
    (LogEventKind::TokenCreated, "token.created"),
    (LogEventKind::TokenRevoked, "token.revoked"),
];

impl LogEventKind {
    /// The kinds of this release.
    pub fn known() -> impl Iterator<Item = LogEventKind> {
        NAMES.into_iter().map(|(kind, _)| kind)
    }

    /// The name in events.
    pub fn name(&self) -> &str {
        if let LogEventKind::Other(name) = self {
            return name;
        }
        let known = NAMES.iter().find(|(kind, _)| kind == self);
        known.map_or("", |(_, name)| name)
    }

    /// The kind of this name; `Other` if this release does not know it.
    pub fn parse(name: &str) -> LogEventKind {
        let known = NAMES.into_iter().find(|(_, known)| *known == name);
        known.map_or_else(|| LogEventKind::Other(name.into()), |(kind, _)| kind)
    }
}

impl fmt::Display for LogEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_that_reads_back() {
        for kind in LogEventKind::known() {
            assert!(!kind.name().is_empty(), "{kind:?}");
            assert_eq!(LogEventKind::parse(kind.name()), kind);
        }
    }

    #[test]
    fn unknown_name_of_a_newer_release_is_kept() {
        let kind = LogEventKind::parse("rollout.advanced");
        assert_eq!(kind, LogEventKind::Other("rollout.advanced".into()));
        assert_eq!(kind.to_string(), "rollout.advanced");
    }
}
