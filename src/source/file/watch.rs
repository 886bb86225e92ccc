//! Watches flag files for changes. Where every change causes an event, files are read only after an event.
//!
//! Linux has inotify. Elsewhere, and for file systems that report only the changes of this host, files are polled.

#[cfg(target_os = "linux")]
mod event_thread;
#[cfg(target_os = "linux")]
mod inotify_watcher;
#[cfg(target_os = "linux")]
mod inotify_watches;
#[cfg(target_os = "linux")]
mod local_file_system;
mod path_walk;
#[cfg(not(target_os = "linux"))]
mod polling_watcher;
pub mod watch_set;

#[cfg(target_os = "linux")]
pub use inotify_watcher::FileWatcher;
#[cfg(not(target_os = "linux"))]
pub use polling_watcher::PollingWatcher as FileWatcher;
