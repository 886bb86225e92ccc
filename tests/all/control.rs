//! The control plane.

mod fleet_sync;
mod fleet_upstream;
