//! The lifecycle fields of a flag (owner, dates, status, ticket) and their accepted names.

/// A lifecycle field of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleField {
    /// The owner.
    Owner,
    /// The date of creation.
    Created,
    /// The date of planned removal.
    Expires,
    /// The status.
    Status,
    /// The ticket for its removal.
    Ticket,
}

impl LifecycleField {
    /// All fields with their names; the first name is preferred.
    pub const NAMES: [(LifecycleField, &'static [&'static str]); 5] = [
        (LifecycleField::Owner, &["owner"]),
        (LifecycleField::Created, &["created", "createdAt"]),
        (LifecycleField::Expires, &["expires", "expectedCleanupDate"]),
        (LifecycleField::Status, &["status"]),
        (LifecycleField::Ticket, &["ticket", "jiraTicket"]),
    ];

    /// Its names.
    pub fn names(self) -> &'static [&'static str] {
        let found = LifecycleField::NAMES
            .iter()
            .find(|(known, _)| *known == self);
        found.map_or(&[], |(_, names)| names)
    }

    /// The preferred name.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or("")
    }
}
