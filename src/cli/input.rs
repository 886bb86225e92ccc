//! Command-line input: flag files, git revisions, running replicas, source code, and the configuration files.

pub mod read_definitions;
pub mod evaluation_context;
pub mod files;
pub mod flag_location;
pub mod flagctl_config;
pub mod flagrc;
pub mod git;
pub mod loaded_flags;
pub mod location_args;
pub mod path_or_revision;
pub mod replica;
pub mod source_code;
pub mod stdin;
