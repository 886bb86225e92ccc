//! `PendingAnswer`: the answer to the task of a source, which is due when its update is published.

use tokio::sync::oneshot;

use crate::source::last_good::UpdateResult;
use crate::source::update_channel::RevisionVerdict;

/// An answer that is not sent yet.
#[derive(Debug)]
pub enum PendingAnswer {
    /// True if the document is active.
    Document(oneshot::Sender<bool>, bool),
    /// The verdict on a revision.
    Revision(oneshot::Sender<RevisionVerdict>, RevisionVerdict),
}

impl PendingAnswer {
    /// The verdict on a revision, whose base is unknown if there is no result.
    pub fn of_revision(
        sender: oneshot::Sender<RevisionVerdict>,
        result: Option<UpdateResult>,
        reason: String,
    ) -> PendingAnswer {
        let verdict = match result.map(UpdateResult::is_active) {
            Some(true) => RevisionVerdict::Applied,
            Some(false) => RevisionVerdict::Refused(reason),
            None => RevisionVerdict::UnknownBase,
        };
        PendingAnswer::Revision(sender, verdict)
    }

    /// Sends the answer, unless the task has ended.
    pub fn send(self) {
        match self {
            PendingAnswer::Document(sender, is_active) => drop(sender.send(is_active)),
            PendingAnswer::Revision(sender, verdict) => drop(sender.send(verdict)),
        }
    }
}
