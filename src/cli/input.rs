//! Command-line input: flag files, git revisions, running replicas, and the configuration files that name them.

pub mod definitions;
pub mod files;
pub mod flagctl_config;
pub mod flagrc;
pub mod git;
pub mod replica;
