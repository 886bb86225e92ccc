//! fanion, a feature-flag sidecar: a drop-in for [flagd](https://flagd.dev) in a few MiB.
//!
//! The program is two lines:
//!
//! ```text
//! flag files ──parse──▶ Document ──compile──▶ Layer ──lay──▶ Ruleset ──build──▶ Snapshot ──publish──▶ Live
//! request bytes ──decode──▶ Context ──decide(Ruleset)──▶ Decision ──encode──▶ response bytes
//! ```
//!
//! The first runs once per change, in [`source::loader`], for the flags that changed: what was written is let go flag by
//! flag, and only what is compiled is kept. The second runs once per request, in [`resolve`]. Each arrow is one verb.
//! Whatever can be asked of a flag when it loads is answered left of [`ruleset::Ruleset`]; nothing right of
//! `decode` can fail for reasons of its own.
//!
//! Compiling a flag includes turning its words for rollouts into a rule; what it requires of flags in other documents is
//! put in when layers are laid over each other. `promise` holds an edit against what those words promise.
//!
//! # Invariants
//!
//! * A module uses only those above it in the list below; a test reads the `use` lines and keeps it so. `rule` has
//!   never heard of gRPC, `serve` has never heard of YAML.
//! * [`live::Live`] is the only state that is shared and changes, beside what [`source::status`] notes for people. A
//!   request loads it once and sees one generation.
//! * One thread orders all updates, whatever source they come from, and lays all documents' flags over each other anew.
//! * A flag that is taken over from the document before is what it would be if it were read anew.
//! * A document that is refused changes nothing. A flag that is faulty answers with its error and harms no other.
//! * A value from a caller's context is data. It is never evaluated as a rule.
//! * Nothing a client or a source sends makes memory or time grow without a bound from [`limits`].
//!
//! `wire` stands before `snapshot`, because snapshots keep encoded answers.

#![forbid(unsafe_code)]

// Words: no I/O, no async, no wire formats.
pub mod limits;
pub mod number;
pub mod value;
pub mod diag;
pub mod fingerprint;
pub mod json;
pub mod decision;
pub mod selector;
pub mod change;
pub mod context;
pub mod coop;
pub mod fault_injection;
// Flag files into compiled flags.
pub mod document;
pub mod rule;
pub mod ruleset;
pub mod stickiness;
// Bytes.
pub mod wire;
// Counting.
pub mod metric;
pub mod snapshot;
pub mod resolve;
// Reasoning.
pub mod analysis;
// The process.
pub mod live;
pub mod telemetry;
pub mod source;
pub mod serve;
pub mod config;
pub mod cli;
