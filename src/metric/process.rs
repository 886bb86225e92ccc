//! Process metrics from Linux's `/proc`; on other systems only the limit of file descriptors.
//!
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use std::fs;

use rustix::process::Resource;

use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// Returns the CPU time, memory, file descriptors and start time of the process.
pub fn collect() -> Vec<MetricFamily> {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    let mut families = stat.and_then(|stat| parse_stat(&stat)).unwrap_or_default();
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let help = "Number of open file descriptors.";
        // Reading the directory opens one itself.
        let open = open.count().saturating_sub(1) as f64;
        families.push(MetricFamily::gauge("process.open_fds", "", help, open));
    }
    let most = rustix::process::getrlimit(Resource::Nofile).current;
    let help = "Maximum number of open file descriptors.";
    let most = most.map_or(f64::INFINITY, |most| most as f64);
    families.push(MetricFamily::gauge("process.max_fds", "", help, most));
    families
}

/// Returns the resident memory in bytes; 0 on systems without `/proc`.
pub fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1);
    let pages: u64 = pages.and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Returns the metrics in the fields of `/proc/self/stat`.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn parse_stat(stat: &str) -> Option<Vec<MetricFamily>> {
    // The second field is the program's name, which may contain any character and ends with the last parenthesis.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| -> Option<f64> { fields.get(number - 3)?.parse().ok() };
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let page = rustix::param::page_size() as f64;
    let help = "Total user and system CPU time spent in seconds.";
    let mut processor = MetricFamily::new("process.cpu", "s", MetricKind::Counter, help);
    let seconds = (field(14)? + field(15)?) / ticks;
    processor.push(Vec::new(), MetricValue::Number(seconds));
    let resident = (field(24)? * page, "Resident memory size in bytes.");
    let virt = (field(23)?, "Virtual memory size in bytes.");
    let help = "Start time of the process since unix epoch in seconds.";
    let begun = boot_time()? + field(22)? / ticks;
    Some(vec![
        processor,
        MetricFamily::gauge("process.resident_memory", "By", resident.1, resident.0),
        MetricFamily::gauge("process.virtual_memory", "By", virt.1, virt.0),
        MetricFamily::gauge("process.start_time", "s", help, begun),
    ])
}

/// Returns the boot time of the system, in seconds since the epoch.
fn boot_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}
