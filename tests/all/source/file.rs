//! Reload of flag files and directories.

pub mod directory_reload;
pub mod partial_write;
pub mod reload;
pub mod special_file;
