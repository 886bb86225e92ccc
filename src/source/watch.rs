//! The thread that orders all updates. Follows the file system: events where there are some, a look every second where
//! there are none. Takes what network sources bring.

mod directories;
mod writers;

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::courtesy;
use crate::source::grpc;
use crate::source::http;
use crate::source::loader::Loader;
use crate::source::look::Look;
use crate::source::post::News;
use crate::source::post::Post;
use crate::source::post::Wake;
use crate::source::spec::Kind;
use crate::source::status::Statuses;
use crate::source::watch::directories::Directories;
use crate::source::watch::writers::Writers;

/// How often files are looked at without an event. Network file systems and links into other directories send none.
const POLL: Duration = Duration::from_secs(1);
/// Deep enough for the deepest document, several times over.
const STACK: usize = 8 * 1024 * 1024;

/// A running watch; everything in it ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    wake: mpsc::Sender<Wake>,
    first: watch::Receiver<Option<Result<(), String>>>,
    /// How the sources are doing.
    pub statuses: Statuses,
}

/// Reads the sources and then follows them, on a thread of its own. Network sources are tasks on the runtime from which
/// this is called.
///
/// # Errors
/// If the system has no more threads to give, or there are network sources and no runtime.
pub fn start(loader: Loader) -> std::io::Result<Watch> {
    let (wake, events) = mpsc::channel();
    let (done, first) = watch::channel(None);
    let statuses = loader.statuses();
    let runtime = if loader.network().is_empty() {
        None
    } else {
        Some(Handle::try_current().map_err(std::io::Error::other)?)
    };
    let thread = Thread {
        loader,
        wake: wake.clone(),
        done,
        runtime,
        tasks: JoinSet::new(),
    };
    std::thread::Builder::new()
        .name("source".to_owned())
        .stack_size(STACK)
        .spawn(move || thread.follow(&events))?;
    Ok(Watch {
        wake,
        first,
        statuses,
    })
}

impl Watch {
    /// Completes when every source was asked once, whether there were flags or not.
    ///
    /// # Errors
    /// If a source brought no flags and the settings say that the start fails then.
    pub fn first_look(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let mut first = self.first.clone();
        async move {
            match first.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
                // The thread has ended, so there is nothing to wait for.
                Err(_) => Ok(()),
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread ends when it is done with what it does; nobody has to wait for that.
        let _ = self.wake.send(Wake::Stop);
    }
}

/// Lets whoever asks go before this thread, once the first flags are there: an edit can wait for some milliseconds. A quarter
/// of a core is left to it where requests would take all of them.
fn give_way() {
    const NICENESS: i32 = 5;
    courtesy::begin();
    // Linux counts by thread; elsewhere requests would be slowed down, too.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICENESS)
    {
        tracing::debug!(%error, "the thread of the sources cannot give way");
    }
}

/// The thread that orders all updates.
struct Thread {
    loader: Loader,
    wake: mpsc::Sender<Wake>,
    done: watch::Sender<Option<Result<(), String>>>,
    runtime: Option<Handle>,
    /// The network sources. They end with this.
    tasks: JoinSet<()>,
}

impl Thread {
    fn follow(mut self, events: &mpsc::Receiver<Wake>) {
        let mut directories = Directories::new(sender(self.wake.clone()));
        let mut writers = Writers::default();
        // Watch first, read then: what happens in between is seen twice, not missed.
        directories.follow(self.loader.directories());
        self.loader.open();
        self.connect();
        give_way();
        let mut looked = Instant::now();
        loop {
            self.tell();
            // What links lead to may have changed with the last scan.
            directories.follow(self.loader.directories());
            let Some(turn) = next(events, &mut writers, looked) else {
                return;
            };
            if turn.look.is_some() {
                looked = Instant::now();
                self.loader.tick(SystemTime::now());
            }
            self.loader.turn(turn.look.as_ref(), turn.news);
        }
    }

    /// Starts the network sources.
    fn connect(&mut self) {
        let Some(runtime) = &self.runtime else {
            return;
        };
        let pace = self.loader.pace;
        for (source, kind, etag) in self.loader.network() {
            let wake = self.wake.clone();
            let post = Post { source, wake };
            match kind {
                Kind::File(_) => {}
                Kind::Http(settings) => {
                    let task = http::follow(*settings, etag, pace, post);
                    self.tasks.spawn_on(task, runtime);
                }
                Kind::Grpc(settings) => {
                    let task = grpc::follow(*settings, pace, post);
                    self.tasks.spawn_on(task, runtime);
                }
            }
        }
    }

    /// Tells once that every source was asked.
    fn tell(&self) {
        if self.done.borrow().is_none() && self.loader.is_attempted() {
            self.done.send_replace(Some(self.loader.verdict()));
        }
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

/// What there is to do.
struct Turn {
    /// How to look at the files, if at all.
    look: Option<Look>,
    /// What network sources have to tell.
    news: Vec<(usize, News)>,
}

impl Turn {
    /// Takes what woke the thread. `None` if everything ends.
    fn add(&mut self, wake: Wake, writers: &mut Writers) -> Option<()> {
        match wake {
            Wake::Stop => return None,
            Wake::News(source, news) => self.news.push((source, news)),
            Wake::Lost => self.look().all = true,
            Wake::Event(event) => {
                writers.note(&event, Instant::now());
                self.look().touched.extend(event.paths);
            }
        }
        Some(())
    }

    fn look(&mut self) -> &mut Look {
        self.look.get_or_insert_default()
    }
}

/// Waits for events and news, for a writer to be done, or for the time to look without an event. `looked` is when files
/// were looked at last.
fn next(events: &mpsc::Receiver<Wake>, writers: &mut Writers, looked: Instant) -> Option<Turn> {
    let now = Instant::now();
    let poll = POLL.saturating_sub(now - looked);
    let wait = writers.patience(now).map_or(poll, |left| left.min(poll));
    let mut turn = Turn {
        look: None,
        news: Vec::new(),
    };
    match events.recv_timeout(wait) {
        Ok(wake) => turn.add(wake, writers)?,
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => turn.look = Some(Look::default()),
    }
    // What else has come already is part of the same change.
    while let Ok(wake) = events.try_recv() {
        turn.add(wake, writers)?;
    }
    if turn.look.is_some() || looked.elapsed() >= POLL {
        let look = turn.look();
        look.touched.extend(writers.release(Instant::now()));
        look.busy = writers.busy();
    }
    Some(turn)
}
