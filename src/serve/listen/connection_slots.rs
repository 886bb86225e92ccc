//! Connection slots of the probes and of the other ports, sized by the file descriptor limit of the process.

use std::sync::Arc;

use rustix::process::Resource;
use rustix::process::getrlimit;
use rustix::process::setrlimit;
use tokio::sync::Semaphore;

use crate::limits;

/// Connection slots of the probes, and those that all other ports share: at most the file descriptor limit of the
/// process, minus a reserve for flag files. Raises the soft limit to the hard limit.
pub fn connection_slots() -> (Arc<Semaphore>, Arc<Semaphore>) {
    let free = max_connections(raise_descriptor_limit());
    let probes = (free / 4).clamp(1, limits::PROBE_CONNECTIONS);
    let others = free.saturating_sub(probes).max(1);
    (
        Arc::new(Semaphore::new(probes)),
        Arc::new(Semaphore::new(others)),
    )
}

/// Raises the soft limit of file descriptors to the hard limit, and returns it.
pub fn raise_descriptor_limit() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The number of connections that a limit of file descriptors leaves.
pub fn max_connections(descriptors: u64) -> usize {
    let free = usize::try_from(descriptors.saturating_sub(limits::RESERVED_FILE_DESCRIPTORS));
    free.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}
