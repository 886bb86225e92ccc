//! The control plane.

mod bounds;
mod fleet_sync;
mod fleet_upstream;
mod peer_versions;
mod portability;
mod sidecar_process;
mod sidecar_sync;
