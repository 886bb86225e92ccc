//! The documents of other flag services, as views of the flags of an environment. Pure: no I/O, no clock.
//!
//! ```text
//! document ──parse──▶ typed document ──to_definition──▶ flag definition
//! document + state ──view──▶ document as it now reads
//! ```
//!
//! Each format has a file of its own, with its fields, its order of evaluation and its reasons.

pub mod bucket;
pub mod condition;
pub mod definition_service;
pub mod document_reader;
pub mod flag_service;
pub mod foreign;
pub mod json_edit;
pub mod json_member;
pub mod portable_pattern;
pub mod remote_rollout;
pub mod typed_document;
pub mod user_context;
pub mod view;
