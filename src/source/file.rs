//! Sources that are files: a file, the files of a directory, or those that match a glob.

pub mod directory_watcher;
pub mod mmap_buffer;
pub mod open_writers;
pub mod path_set;
pub mod scan_scope;
pub mod source;
pub mod stable_read;
pub mod tracked_file;
