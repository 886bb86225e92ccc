//! File sources: a file, the files of a directory, or those that match a glob.

pub mod metadata;
pub mod mmap_buffer;
pub mod file_events;
pub mod open_writers;
pub mod file_pattern;
pub mod scan_scope;
pub mod scan_worker;
pub mod source;
mod stable_listing;
pub mod stable_read;
pub mod tracked_file;
pub mod watch;
