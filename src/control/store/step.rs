//! `Step`: the steps of an append and of opening. Tests fail, block or end the process at each of them.

use crate::control::store::error::StoreError;

/// A step of an append, named by the operation that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The transaction begins.
    Begin,
    /// The event is inserted.
    Event,
    /// The revision is inserted.
    Revision,
    /// The state and the head are updated.
    State,
    /// The transaction is committed.
    Commit,
    /// The transaction is committed, and the append is about to be acknowledged.
    Committed,
    /// A checkpoint copies the write-ahead log into the database.
    Checkpoint,
    /// The checkpoint is complete.
    Checkpointed,
}

/// Called before each step. An error makes the append fail at this step; after `Step::Committed` it is ignored.
pub type StepHook = Box<dyn FnMut(Step) -> Result<(), StoreError> + Send>;
