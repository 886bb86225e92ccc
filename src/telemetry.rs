//! Telemetry of the process: logs on standard error, metrics, and traces over OTLP.

pub mod config;
mod evaluation_event;
pub mod exporters;
pub mod collect_families;
pub mod log_queue;
pub mod logging;
pub mod otlp_client;
pub mod otlp_metrics;
pub mod otlp_traces;
pub mod trace;
pub mod decision_log;
