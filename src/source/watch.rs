//! Follows the file system: events where there are some, a look every second where there are none.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use notify::EventKind;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;
use notify::event::AccessKind;
use notify::event::AccessMode;
use notify::event::ModifyKind;

use crate::source::known::Look;
use crate::source::loader::Loader;

/// How often files are looked at without an event. Network file systems and links into other directories send none.
const POLL: Duration = Duration::from_secs(1);
/// How long a writer may keep a file open before what it has written so far is believed.
const WRITER: Duration = Duration::from_millis(100);

/// A running watch; ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    wake: mpsc::Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

enum Wake {
    Event(notify::Result<notify::Event>),
    Stop,
}

/// Reads the sources once and then follows them on a thread of its own.
///
/// # Errors
/// If the system has no more watches or threads to give.
pub fn start(mut loader: Loader) -> std::io::Result<Watch> {
    let (wake, events) = mpsc::channel();
    let sender = wake.clone();
    let watcher = notify::recommended_watcher(move |event| {
        // When nobody listens any more, nobody needs to know.
        let _ = sender.send(Wake::Event(event));
    })
    .map_err(std::io::Error::other)?;
    let mut directories = Directories {
        watcher,
        watched: BTreeMap::new(),
    };
    // Watch first, read then: what happens in between is seen twice, not missed.
    directories.follow(loader.directories());
    loader.scan(Look::All);
    let thread = std::thread::Builder::new()
        .name("source".to_owned())
        .spawn(move || follow(&mut loader, &mut directories, &events))?;
    let thread = Some(thread);
    Ok(Watch { wake, thread })
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.wake.send(Wake::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn follow(loader: &mut Loader, directories: &mut Directories, events: &mpsc::Receiver<Wake>) {
    loop {
        // What links lead to may have changed with the last scan.
        directories.follow(loader.directories());
        match events.recv_timeout(POLL) {
            Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => loader.scan(Look::Changed),
            Ok(Wake::Event(event)) => {
                let mut burst = Burst::default();
                burst.add(event);
                if burst.drain(events).is_err() {
                    return;
                }
                if burst.matters {
                    loader.scan(Look::All);
                }
            }
        }
    }
}

/// Events that came together.
#[derive(Default)]
struct Burst {
    matters: bool,
    writing: BTreeSet<PathBuf>,
}

struct Stopped;

impl Burst {
    /// Takes what else has come, and waits a little for writers to close their files.
    fn drain(&mut self, events: &mpsc::Receiver<Wake>) -> Result<(), Stopped> {
        let end = Instant::now() + WRITER;
        loop {
            let wait = if self.writing.is_empty() {
                Duration::ZERO
            } else {
                end.saturating_duration_since(Instant::now())
            };
            match events.recv_timeout(wait) {
                Ok(Wake::Event(event)) => self.add(event),
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return Err(Stopped),
                Err(RecvTimeoutError::Timeout) => return Ok(()),
            }
        }
    }

    fn add(&mut self, event: notify::Result<notify::Event>) {
        let Ok(event) = event else {
            self.matters = true;
            return;
        };
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                event.paths.iter().for_each(|path| {
                    self.writing.remove(path);
                });
            }
            // Our own reading.
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Data(_)) => self.writing.extend(event.paths),
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => {}
        }
        self.matters = true;
    }
}

/// The watched directories.
struct Directories {
    watcher: RecommendedWatcher,
    /// With the inode: a directory that was made anew must be watched anew.
    watched: BTreeMap<PathBuf, u64>,
}

impl Directories {
    fn follow(&mut self, wanted: Vec<PathBuf>) {
        let inode = |path: &PathBuf| std::fs::metadata(path).map(|m| m.ino()).ok();
        let wanted: BTreeMap<PathBuf, u64> = wanted
            .into_iter()
            .filter_map(|path| inode(&path).map(|inode| (path, inode)))
            .collect();
        if wanted == self.watched {
            return;
        }
        for path in self.watched.keys() {
            // Fails for directories that are gone, which is just as well.
            let _ = self.watcher.unwatch(path);
        }
        self.watched.clear();
        for (path, inode) in wanted {
            match self.watcher.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(path, inode);
                }
                Err(error) => {
                    tracing::warn!(directory = %path.display(), %error, "no events from this directory; it is looked at every second");
                }
            }
        }
    }
}
