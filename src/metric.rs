//! Metrics: counters that requests increment by index, and metric families for export.
//!
//! Counting is a relaxed addition: no lock, no hash, no allocation once a counter has been used. Names and labels are
//! built on export. <https://flagd.dev/reference/monitoring/>

pub mod authentication;
pub mod family;
pub mod histogram;
pub mod http_server;
pub mod limit_hits;
pub mod process;
pub mod registry;
pub mod sync_stream;
pub mod task_panics;
pub mod thread_activity;
pub mod evaluation;
pub mod prometheus;

/// The service name in metrics and traces: flagd's, so that flagd's dashboards apply.
pub const SERVICE_NAME: &str = "flagd";
