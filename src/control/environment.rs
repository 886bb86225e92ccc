//! `Environment`: its authored flags, its state, its revisions, and the order in which they change.
//!
//! Changes are processed one at a time: each is recorded, then published. A kill is the exception: if the store does not
//! record it in time, it is published at once, marked as not recorded, and recorded as soon as the store works again.
//! Until then every other change is refused.

mod authored_flags;
mod change;
mod change_request;
mod current;
pub mod error;
mod handle;
pub mod journal;
mod journalled_write;
mod prepare;
mod provisional_kill;
mod revision_builder;
pub mod startup;
mod write;

pub use crate::control::environment::change_request::AnswerRecorder;
pub use crate::control::environment::change_request::ChangeRequest;
pub use crate::control::environment::change_request::Changed;
pub use crate::control::environment::change_request::ExpectedFlag;
pub use crate::control::environment::change_request::now_ms;
pub use crate::control::environment::handle::Environment;
pub use crate::control::environment::handle::EnvironmentStatus;
