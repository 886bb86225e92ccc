//! Follows the file system: events where there are some, a look every second where there are none.

mod directories;
mod writers;

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;

use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;

use crate::source::known::Look;
use crate::source::loader::Loader;
use crate::source::watch::directories::Directories;
use crate::source::watch::writers::Writers;

/// How often files are looked at without an event. Network file systems and links into other directories send none.
const POLL: Duration = Duration::from_secs(1);
/// Deep enough for the deepest document, several times over.
const STACK: usize = 8 * 1024 * 1024;

/// A running watch; ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    wake: mpsc::Sender<Wake>,
    first: Option<tokio::sync::oneshot::Receiver<()>>,
}

enum Wake {
    Event(notify::Event),
    /// Events were lost.
    Lost,
    Stop,
}

/// Reads the sources and then follows them, on a thread of its own.
///
/// # Errors
/// If the system has no more threads to give.
pub fn start(loader: Loader) -> std::io::Result<Watch> {
    let (wake, events) = mpsc::channel();
    let (done, first) = tokio::sync::oneshot::channel();
    let sender = wake.clone();
    std::thread::Builder::new()
        .name("source".to_owned())
        .stack_size(STACK)
        .spawn(move || follow(loader, &sender, &events, done))?;
    let first = Some(first);
    Ok(Watch { wake, first })
}

impl Watch {
    /// Completes when every source was looked at once, whether there were flags or not. Only the first caller waits.
    pub async fn first_look(&mut self) {
        if let Some(first) = self.first.take() {
            let _ = first.await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread ends when it is done with what it does; nobody has to wait for that.
        let _ = self.wake.send(Wake::Stop);
    }
}

fn follow(
    mut loader: Loader,
    wake: &mpsc::Sender<Wake>,
    events: &mpsc::Receiver<Wake>,
    done: tokio::sync::oneshot::Sender<()>,
) {
    let mut directories = Directories::new(sender(wake.clone()));
    let mut writers = Writers::default();
    // Watch first, read then: what happens in between is seen twice, not missed.
    directories.follow(loader.directories());
    loader.scan(Look::All, &BTreeSet::new());
    let _ = done.send(());
    loop {
        // What links lead to may have changed with the last scan.
        directories.follow(loader.directories());
        let (look, busy) = match next(events, &mut writers) {
            Next::Stop => return,
            Next::Look(look) => (look, writers.busy(Instant::now())),
        };
        loader.scan(look, &busy);
    }
}

/// Passes on the events that matter. Opening and reading do not: we do that ourselves.
fn sender(wake: mpsc::Sender<Wake>) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        let wake_up = match event {
            Ok(event) => match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => Wake::Event(event),
                EventKind::Access(_) => return,
                _ if event.need_rescan() => Wake::Lost,
                _ => Wake::Event(event),
            },
            Err(_) => Wake::Lost,
        };
        // When nobody listens any more, nobody needs to know.
        let _ = wake.send(wake_up);
    }
}

enum Next {
    Stop,
    Look(Look),
}

/// Waits for events, for a writer to be done, or for the time to look without an event.
fn next(events: &mpsc::Receiver<Wake>, writers: &mut Writers) -> Next {
    let now = Instant::now();
    let wait = writers.patience(now).map_or(POLL, |left| left.min(POLL));
    let mut look = match events.recv_timeout(wait) {
        Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return Next::Stop,
        Ok(Wake::Lost) => Look::All,
        Ok(Wake::Event(event)) => {
            writers.note(&event, Instant::now());
            Look::All
        }
        Err(RecvTimeoutError::Timeout) if wait < POLL => Look::All,
        Err(RecvTimeoutError::Timeout) => Look::Changed,
    };
    // What else has come already is part of the same change.
    loop {
        match events.try_recv() {
            Ok(Wake::Event(event)) => {
                writers.note(&event, Instant::now());
                look = Look::All;
            }
            Ok(Wake::Lost) => look = Look::All,
            Ok(Wake::Stop) => return Next::Stop,
            Err(_) => return Next::Look(look),
        }
    }
}
