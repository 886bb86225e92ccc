//! `InotifyWatches`: one inotify instance, and the paths that each source watches.
//!
//! The threads of the sources add watches: the kernel looks up a path before it watches it, which does not end while a
//! network file system does not respond. One instance is enough: the kernel limits the instances of a user to 128.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rustix::event::EventfdFlags;
use rustix::event::eventfd;
use rustix::fs::inotify;
use rustix::fs::inotify::CreateFlags;
use rustix::fs::inotify::WatchFlags;
use rustix::io::Errno;

use crate::metric::thread_activity::ThreadActivity;
use crate::source::file::watch::watch_set::WatchKind;
use crate::source::file::watch::watch_set::WatchSet;

/// The inotify instance and its watches.
#[derive(Debug)]
pub struct InotifyWatches {
    /// The instance.
    pub instance: OwnedFd,
    /// The mounts of this process, which a poll reports when they change. `None` if they cannot be read.
    pub mounts: Option<File>,
    /// Readable if the thread is pinged, or must end.
    pub control: OwnedFd,
    /// The activity of the thread.
    activity: Arc<ThreadActivity>,
    is_stopped: AtomicBool,
    registry: Mutex<Registry>,
}

#[derive(Debug, Default)]
struct Registry {
    by_descriptor: BTreeMap<i32, Watch>,
    /// The sources with a watch that failed, so that it is logged once.
    failed: BTreeSet<usize>,
}

/// A watch of one inode.
#[derive(Debug)]
struct Watch {
    path: PathBuf,
    kind: WatchKind,
    /// The indexes of the sources that need it.
    sources: BTreeSet<usize>,
}

impl InotifyWatches {
    /// Returns an instance without watches.
    ///
    /// # Errors
    /// If the kernel grants no instance.
    pub fn new(activity: Arc<ThreadActivity>) -> io::Result<InotifyWatches> {
        Ok(InotifyWatches {
            instance: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            mounts: File::open("/proc/self/mountinfo").ok(),
            control: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            activity,
            is_stopped: AtomicBool::new(false),
            registry: Mutex::default(),
        })
    }

    /// Watches exactly these paths for a source. Returns true if it did before.
    pub fn set(&self, source: usize, set: &WatchSet) -> bool {
        let mut descriptors = BTreeSet::new();
        let mut is_unchanged = true;
        let mut failure = None;
        for (path, kind) in &set.paths {
            // The registry is not locked: the file system may not respond.
            match inotify::add_watch(&self.instance, path, flags(*kind)) {
                Ok(descriptor) => {
                    is_unchanged &= self.lock().add(descriptor, path, *kind, source);
                    descriptors.insert(descriptor);
                }
                // The path was replaced meanwhile: the next scan finds the new one.
                Err(Errno::NOENT | Errno::NOTDIR) => is_unchanged = false,
                Err(error) => failure = Some((path, error)),
            }
        }
        for descriptor in self.lock().release(source, &descriptors) {
            // Fails if the inode is gone.
            let _ = inotify::remove_watch(&self.instance, descriptor);
        }
        self.log_failure(source, failure);
        is_unchanged && failure.is_none()
    }

    /// Logs the failure of a watch, unless the source had one before.
    fn log_failure(&self, source: usize, failure: Option<(&PathBuf, Errno)>) {
        let Some((path, error)) = failure else {
            self.lock().failed.remove(&source);
            return;
        };
        if self.lock().failed.insert(source) {
            tracing::warn!(
                path = %path.display(),
                %error,
                "cannot watch this path for changes; polling the files of its source every second"
            );
        }
    }

    /// Ends the thread that receives the events.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Gives the thread work that it finishes at once, if it runs.
    pub fn ping(&self) {
        self.activity.request();
        self.wake();
    }

    fn wake(&self) {
        // Fails only if the counter overflows.
        let _ = rustix::io::write(&self.control, &1_u64.to_ne_bytes());
    }

    /// Answers a ping. Returns false if the thread must end.
    pub fn answer(&self) -> bool {
        // Fails only if there was no ping.
        let _ = rustix::io::read(&self.control, &mut [0; 8]);
        self.activity.during(|| ());
        !self.is_stopped.load(Ordering::Relaxed)
    }

    /// Returns the path and the kind of a watch. `None` if it has ended.
    pub fn watched_path(&self, descriptor: i32) -> Option<(PathBuf, WatchKind)> {
        let registry = self.lock();
        let watch = registry.by_descriptor.get(&descriptor)?;
        Some((watch.path.clone(), watch.kind))
    }

    /// Forgets a watch that the kernel has removed. Returns false if it was not known.
    pub fn forget(&self, descriptor: i32) -> bool {
        self.lock().by_descriptor.remove(&descriptor).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Adds a source to a watch. Returns false if it is new for this source, or reports more events now.
    fn add(&mut self, descriptor: i32, path: &Path, kind: WatchKind, source: usize) -> bool {
        let watch = self.by_descriptor.entry(descriptor).or_insert(Watch {
            path: path.to_owned(),
            kind,
            sources: BTreeSet::new(),
        });
        // The inode may have been moved.
        path.clone_into(&mut watch.path);
        let has_kind = watch.kind >= kind;
        watch.kind = watch.kind.max(kind);
        !watch.sources.insert(source) && has_kind
    }

    /// Removes a source from all watches except the `needed` ones. Returns the watches that no source needs.
    fn release(&mut self, source: usize, needed: &BTreeSet<i32>) -> Vec<i32> {
        let mut unused = Vec::new();
        self.by_descriptor.retain(|descriptor, watch| {
            let is_released = !needed.contains(descriptor) && watch.sources.remove(&source);
            let is_unused = is_released && watch.sources.is_empty();
            unused.extend(is_unused.then_some(*descriptor));
            !is_unused
        });
        unused
    }
}

/// The events of a kind. A second watch of an inode adds its events to the first: another source may need those.
fn flags(kind: WatchKind) -> WatchFlags {
    let itself = WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF | WatchFlags::MASK_ADD;
    let written = WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB;
    let entries = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
    match kind {
        WatchKind::Directory => itself | WatchFlags::ONLYDIR,
        // Replacing a symlink changes its number of links.
        WatchKind::Symlink => itself | WatchFlags::ATTRIB | WatchFlags::DONT_FOLLOW,
        WatchKind::File => itself | written | WatchFlags::DONT_FOLLOW,
        WatchKind::Entries => itself | written | entries | WatchFlags::ONLYDIR,
    }
}
