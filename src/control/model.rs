//! The model of an environment: the state that overlays authored flags, and the commands that change it. No I/O.

pub mod command;
pub mod environment_state;
pub mod flag_state;
pub mod flag_version;
pub mod overlay;
mod override_rollout;
pub mod owned_flags;
pub mod refusal;
pub mod service_document;
pub mod written_document;
pub mod held_flags;
