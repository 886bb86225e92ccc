//! The state directory, which keeps the last good flags across restarts.

pub mod restart;
