//! Metrics: counters that a request touches by index, and metric families as they are exported.
//!
//! Counting is a relaxed addition: no lock, no hash, no allocation once a counter has been used. Names and labels are
//! made on export. <https://flagd.dev/reference/monitoring/>

pub mod family;
pub mod histogram;
pub mod http_server;
pub mod process;
pub mod registry;
pub mod sync_stream;
pub mod task_panics;
pub mod evaluation;
pub mod prometheus;

/// The name under which the process reports, for flagd's dashboards the same as flagd's.
pub const SERVICE_NAME: &str = "flagd";
