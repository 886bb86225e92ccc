//! Reload of flag files and directories.

pub mod directory_reload;
#[cfg(target_os = "linux")]
pub mod event_delivery;
pub mod partial_write;
pub mod reload;
pub mod special_file;
