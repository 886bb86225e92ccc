//! Reload of flag files and directories.

pub mod reload;
