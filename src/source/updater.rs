//! The thread that orders all updates. Follows the file system: events where there are some, a look every second where
//! there are none. Takes what network sources bring.

pub mod loader;
mod managed_source;
mod reporting;

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

use crate::coop;
use crate::source::file::directory_watcher::DirectoryWatcher;
use crate::source::file::open_writers::OpenWriters;
use crate::source::file::scan_scope::ScanScope;
use crate::source::network::grpc;
use crate::source::network::http;
use crate::source::spec::SourceKind;
use crate::source::status::SourceStatuses;
use crate::source::update_channel::SourceUpdate;
use crate::source::update_channel::UpdateSender;
use crate::source::update_channel::Wakeup;
use crate::source::updater::loader::Loader;

/// How often files are looked at without an event. Network file systems and links into other directories send none.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Deep enough for the deepest document, several times over.
const STACK_SIZE: usize = 8 * 1024 * 1024;

/// A running watch; everything in it ends when it is dropped.
#[derive(Debug)]
pub struct Updater {
    wakeups: mpsc::Sender<Wakeup>,
    initial_result: watch::Receiver<Option<Result<(), String>>>,
    /// How the sources are doing.
    pub statuses: SourceStatuses,
}

/// Reads the sources and then follows them, on a thread of its own. Network sources are tasks on the runtime from which
/// this is called.
///
/// # Errors
/// If the system has no more threads to give, or there are network sources and no runtime.
pub fn start(loader: Loader) -> std::io::Result<Updater> {
    let (wake, events) = mpsc::channel();
    let (done, first) = watch::channel(None);
    let statuses = loader.statuses();
    let runtime = if loader.network_sources().is_empty() {
        None
    } else {
        Some(Handle::try_current().map_err(std::io::Error::other)?)
    };
    let thread = UpdateThread {
        loader,
        wakeups: wake.clone(),
        initial_result: done,
        runtime,
        tasks: JoinSet::new(),
    };
    std::thread::Builder::new()
        .name("source".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || thread.run(&events))?;
    Ok(Updater {
        wakeups: wake,
        initial_result: first,
        statuses,
    })
}

impl Updater {
    /// Completes when every source was asked once, whether there were flags or not.
    ///
    /// # Errors
    /// If a source brought no flags and the settings say that the start fails then.
    pub fn initial_load(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let mut first = self.initial_result.clone();
        async move {
            match first.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
                // The thread has ended, so there is nothing to wait for.
                Err(_) => Ok(()),
            }
        }
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        // The thread ends when it is done with what it does; nobody has to wait for that.
        let _ = self.wakeups.send(Wakeup::Stop);
    }
}

/// Lets whoever asks go before this thread, once the first flags are there: an edit can wait for some milliseconds. A quarter
/// of a core is left to it where requests would take all of them.
fn lower_priority() {
    const NICENESS: i32 = 5;
    coop::enable_on_this_thread();
    // Linux counts by thread; elsewhere requests would be slowed down, too.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICENESS)
    {
        tracing::debug!(%error, "the thread of the sources cannot give way");
    }
}

/// The thread that orders all updates.
struct UpdateThread {
    loader: Loader,
    wakeups: mpsc::Sender<Wakeup>,
    initial_result: watch::Sender<Option<Result<(), String>>>,
    runtime: Option<Handle>,
    /// The network sources. They end with this.
    tasks: JoinSet<()>,
}

impl UpdateThread {
    fn run(mut self, events: &mpsc::Receiver<Wakeup>) {
        let mut directories = DirectoryWatcher::new(notify_handler(self.wakeups.clone()));
        let mut writers = OpenWriters::default();
        // Watch first, read then: what happens in between is seen twice, not missed.
        directories.set_directories(self.loader.watched_directories());
        self.loader.load_initial();
        self.spawn_network_sources();
        lower_priority();
        let mut last_scan = Instant::now();
        loop {
            self.publish_initial_result();
            // What links lead to may have changed with the last scan.
            directories.set_directories(self.loader.watched_directories());
            let Some(batch) = next_batch(events, &mut writers, last_scan) else {
                return;
            };
            if batch.scan.is_some() {
                last_scan = Instant::now();
                self.loader.tick(SystemTime::now());
            }
            self.loader.apply(batch.scan.as_ref(), batch.updates);
        }
    }

    /// Starts the network sources.
    fn spawn_network_sources(&mut self) {
        let Some(runtime) = &self.runtime else {
            return;
        };
        let pace = self.loader.timing;
        for (source, kind, etag) in self.loader.network_sources() {
            let wake = self.wakeups.clone();
            let post = UpdateSender {
                source_index: source,
                wakeups: wake,
            };
            match kind {
                SourceKind::File(_) => {}
                SourceKind::Http(settings) => {
                    let task = http::run_polling(*settings, etag, pace, post);
                    self.tasks.spawn_on(task, runtime);
                }
                SourceKind::Grpc(settings) => {
                    let task = grpc::run_sync_stream(*settings, pace, post);
                    self.tasks.spawn_on(task, runtime);
                }
            }
        }
    }

    /// Tells once that every source was asked.
    fn publish_initial_result(&self) {
        if self.initial_result.borrow().is_none() && self.loader.all_attempted() {
            self.initial_result
                .send_replace(Some(self.loader.startup_result()));
        }
    }
}

/// Passes on the events that matter. Opening and reading do not: we do that ourselves.
fn notify_handler(
    wake: mpsc::Sender<Wakeup>,
) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        let wake_up = match event {
            Ok(event) => match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => Wakeup::FileEvent(event),
                EventKind::Access(_) => return,
                _ if event.need_rescan() => Wakeup::EventsLost,
                _ => Wakeup::FileEvent(event),
            },
            Err(_) => Wakeup::EventsLost,
        };
        // When nobody listens any more, nobody needs to know.
        let _ = wake.send(wake_up);
    }
}

/// What there is to do.
struct Batch {
    /// How to look at the files, if at all.
    scan: Option<ScanScope>,
    /// What network sources have to tell.
    updates: Vec<(usize, SourceUpdate)>,
}

impl Batch {
    /// Takes what woke the thread. `None` if everything ends.
    fn add(&mut self, wake: Wakeup, writers: &mut OpenWriters) -> Option<()> {
        match wake {
            Wakeup::Stop => return None,
            Wakeup::Update(source, news) => self.updates.push((source, news)),
            Wakeup::EventsLost => self.scan_scope().read_all = true,
            Wakeup::FileEvent(event) => {
                writers.record_event(&event, Instant::now());
                self.scan_scope().changed_paths.extend(event.paths);
            }
        }
        Some(())
    }

    fn scan_scope(&mut self) -> &mut ScanScope {
        self.scan.get_or_insert_default()
    }
}

/// Waits for events and news, for a writer to be done, or for the time to look without an event. `looked` is when files
/// were looked at last.
fn next_batch(
    events: &mpsc::Receiver<Wakeup>,
    writers: &mut OpenWriters,
    last_scan: Instant,
) -> Option<Batch> {
    let now = Instant::now();
    let poll = POLL_INTERVAL.saturating_sub(now - last_scan);
    let wait = writers
        .time_until_release(now)
        .map_or(poll, |left| left.min(poll));
    let mut batch = Batch {
        scan: None,
        updates: Vec::new(),
    };
    match events.recv_timeout(wait) {
        Ok(wake) => batch.add(wake, writers)?,
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => batch.scan = Some(ScanScope::default()),
    }
    // What else has come already is part of the same change.
    while let Ok(wake) = events.try_recv() {
        batch.add(wake, writers)?;
    }
    if batch.scan.is_some() || last_scan.elapsed() >= POLL_INTERVAL {
        let look = batch.scan_scope();
        look.changed_paths
            .extend(writers.take_finished(Instant::now()));
        look.open_paths = writers.paths();
    }
    Some(batch)
}
