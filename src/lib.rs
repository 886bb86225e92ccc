//! fanion, a feature-flag sidecar: a drop-in for [flagd](https://flagd.dev) in a few MiB.
//!
//! The program is two lines:
//!
//! ```text
//! flag files ──parse──▶ Document ──compile──▶ Layer ──merge──▶ Ruleset ──build──▶ Snapshot ──publish──▶ Live
//! request bytes ──decode──▶ Context ──decide(Ruleset)──▶ Decision ──encode──▶ response bytes
//! ```
//!
//! The first line runs once per change, on the update thread, in [`source::updater`]. It parses and compiles only the
//! flags that changed, and drops a flag's syntax tree as soon as the flag is compiled. The second line runs once per
//! request, in [`resolve`], called by the handlers in [`serve`]. Each arrow is one verb.
//!
//! All checks that need only the flag file run left of [`ruleset::Ruleset`]. Right of `decode` the only
//! failure is an evaluation error, and time and memory are bounded.
//!
//! Compiling a flag includes expanding its rollout fields into a targeting rule; prerequisites on flags of other
//! documents are resolved when layers are merged. [`stickiness`] compares an edit with the flags before it, and reports
//! users who would lose their variant.
//!
//! # Invariants
//!
//! * A module uses only modules above it in the list below; a test reads the `use` lines and enforces it. `rule` does
//!   not use gRPC, `serve` does not use YAML.
//! * A response depends on the request and on one snapshot. [`live::Live`] holds the active snapshot; a request loads
//!   it once, so that it never sees flags of two generations.
//! * One thread orders all updates from all sources, and merges the layers of all documents again after each change.
//! * A flag that is reused from the previous document equals the flag that parsing it again would give.
//! * A rejected document changes nothing. A faulty flag evaluates to its error and affects no other flag.
//! * A value from a caller's context is data. It is never evaluated as a rule.
//! * Memory and time per request and per document are bounded by [`limits`].
//!
//! # Shared mutable state
//!
//! Of the sidecar; `control` has an environment's state behind a lock.
//!
//! * [`live::Live`]: the active snapshot, replaced as a whole. No other shared state changes what a flag evaluates to.
//! * Metrics: the counters in [`metric::registry::Metrics`], and the evaluation counters, which each snapshot inherits
//!   from the previous one.
//! * [`source::status`]: the health of each source, for probes, metrics and debug endpoints.
//! * Caches by selector in each snapshot; they hold only values computed from that snapshot.
//! * The TLS configuration of the servers and of the OTLP client, read again from its files at intervals.
//! * The bearer tokens of each port, read again from their files at intervals.
//! * The number of connections of each client, if it is limited.
//! * Semaphores for connections, streams and debug requests, and the channels that announce shutdown and the initial
//!   load.
//! * The span of a traced request, shared by the tasks of that request.
//!
//! `wire` precedes `snapshot`, because snapshots keep encoded responses. [`fault_injection`] does nothing in release
//! builds; tests of debug builds use it to make named points panic or block.

#![forbid(unsafe_code)]

// Basic types: no async, no wire formats, and no I/O except in `regular_file`.
pub mod sync_primitives;
pub mod limits;
pub mod number;
pub mod value;
pub mod diag;
pub mod coop;
pub mod fingerprint;
pub mod json;
pub mod decision;
pub mod selector;
pub mod change;
pub mod context;
pub mod error_chain;
pub mod panic_message;
pub mod fault_injection;
pub mod regular_file;
// From flag files to compiled flags.
pub mod document;
pub mod rule;
pub mod ruleset;
pub mod stickiness;
// Wire formats, and the event log of the control plane.
pub mod wire;
pub mod event_log;
// The statistics of rollouts.
pub mod evidence;
// Metrics, snapshots and evaluation.
pub mod metric;
pub mod snapshot;
pub mod resolve;
// Static analysis.
pub mod analysis;
// The process.
pub mod live;
pub mod tls;
pub mod http_client;
pub mod telemetry;
pub mod source;
pub mod serve;
pub mod config;
#[cfg(feature = "control")]
pub mod control;
pub mod cli;
