//! The thread that receives the events of inotify and changes of mounts.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::poll;
use rustix::fs::inotify::Event;
use rustix::fs::inotify::ReadFlags;
use rustix::fs::inotify::Reader;
use rustix::io::Errno;

use crate::fault_injection;
use crate::source::file::file_events::FileEvent;
use crate::source::file::file_events::FileEvents;
use crate::source::file::watch::inotify_watches::InotifyWatches;
use crate::source::file::watch::watch_set::WatchKind;
use crate::source::update_channel::Wakeup;
use crate::source::update_channel::WakeupSender;

/// The size of the buffer for events, in bytes: at least one with the longest name, and usually all that have arrived.
const BUFFER: usize = 4096;

/// Starts the thread.
///
/// # Errors
/// If no thread can be created.
pub fn start(
    watches: Arc<InotifyWatches>,
    events: Arc<FileEvents>,
    wakeups: WakeupSender,
) -> io::Result<()> {
    let recorder = EventRecorder { events, wakeups };
    thread::Builder::new()
        .name("file events".to_owned())
        .spawn(move || {
            if let Err(error) = receive(&watches, &recorder) {
                tracing::error!(%error, "cannot receive file events");
            }
        })?;
    Ok(())
}

/// Records events until the watches are dropped.
fn receive(watches: &InotifyWatches, recorder: &EventRecorder) -> rustix::io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    loop {
        let mut ready = vec![
            PollFd::new(&watches.control, PollFlags::IN),
            PollFd::new(&watches.instance, PollFlags::IN),
        ];
        let mounts = watches.mounts.as_ref();
        ready.extend(mounts.map(|mounts| PollFd::new(mounts, PollFlags::PRI)));
        match poll(&mut ready, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let is_ready = |at: usize| ready.get(at).is_some_and(|fd| !fd.revents().is_empty());
        if is_ready(0) && !watches.answer() {
            return Ok(());
        }
        if is_ready(2) {
            recorder.record(FileEvent::Unknown);
        }
        if is_ready(1) {
            read_events(watches, recorder, &mut buffer)?;
        }
    }
}

/// Records the events that have arrived.
fn read_events(
    watches: &InotifyWatches,
    recorder: &EventRecorder,
    buffer: &mut [MaybeUninit<u8>],
) -> rustix::io::Result<()> {
    let mut reader = Reader::new(&watches.instance, buffer);
    loop {
        match reader.next() {
            Ok(event) => {
                if let Some(event) = file_event(watches, &event) {
                    recorder.record(event);
                }
            }
            Err(Errno::AGAIN) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the change that an event reports. `None` for the end of a watch that is no longer needed.
fn file_event(watches: &InotifyWatches, event: &Event<'_>) -> Option<FileEvent> {
    let flags = event.events();
    if flags.contains(ReadFlags::IGNORED) {
        return watches.forget(event.wd()).then_some(FileEvent::Unknown);
    }
    let Some((watched, kind)) = watches.watched_path(event.wd()) else {
        // The thread of the source has not recorded the watch yet.
        return Some(FileEvent::Unknown);
    };
    let path = match (event.file_name(), kind) {
        (Some(name), _) => watched.join(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()))),
        (None, WatchKind::File) => watched,
        (None, _) => return Some(FileEvent::Unknown),
    };
    let is_file = !flags.contains(ReadFlags::ISDIR);
    let replaced = ReadFlags::MOVED_FROM | ReadFlags::MOVED_TO | ReadFlags::DELETE;
    let itself = ReadFlags::MOVE_SELF | ReadFlags::DELETE_SELF;
    Some(if flags.intersects(itself) {
        FileEvent::Unknown
    } else if flags.intersects(replaced | ReadFlags::CLOSE_WRITE) {
        FileEvent::Complete(path)
    } else if is_file && flags.intersects(ReadFlags::CREATE | ReadFlags::MODIFY) {
        FileEvent::Written(path)
    } else {
        FileEvent::Changed(path)
    })
}

/// Records events, and their end when this is dropped.
struct EventRecorder {
    events: Arc<FileEvents>,
    wakeups: WakeupSender,
}

impl EventRecorder {
    fn record(&self, event: FileEvent) {
        if self.events.record(event) {
            fault_injection::point("file-event");
            self.wakeups.send(Wakeup::FilesChanged);
        }
    }
}

impl Drop for EventRecorder {
    fn drop(&mut self) {
        // The update thread must poll from now on.
        if self.events.report_end() {
            self.wakeups.send(Wakeup::FilesChanged);
        }
    }
}
