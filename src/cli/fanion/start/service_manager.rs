//! Notifies the service manager of the process's state, as systemd's `sd_notify(3)` specifies: `READY=1`, `WATCHDOG=1`
//! and `STOPPING=1`, each a datagram on the socket that `NOTIFY_SOCKET` names.

use std::io;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::serve::admin::worker_liveness::WorkerLiveness;
use crate::source::updater::liveness::Liveness;

/// The connection to the service manager that started this process.
#[derive(Debug)]
pub struct ServiceManager {
    socket: UnixDatagram,
    /// The time after which the manager restarts a process that sends no `WATCHDOG=1`.
    watchdog_timeout: Option<Duration>,
}

/// The threads that must respond before the watchdog is notified.
#[derive(Debug)]
pub struct SupervisedThreads {
    /// The workers, which serve requests.
    pub workers: WorkerLiveness,
    /// The update thread.
    pub updater: Liveness,
}

impl ServiceManager {
    /// Connects to the manager that these environment variables name. Returns none if there is no such manager. A manager
    /// that does not respond is logged: the flags are served without it.
    pub fn from_env(env: impl Fn(&str) -> Option<String>) -> Option<ServiceManager> {
        let path = env("NOTIFY_SOCKET").filter(|path| !path.is_empty())?;
        match connect(&path) {
            Ok(socket) => Some(ServiceManager {
                socket,
                watchdog_timeout: watchdog_timeout(env, std::process::id()),
            }),
            Err(error) => {
                tracing::warn!("cannot notify the service manager at `{path}`: {error}");
                None
            }
        }
    }

    /// Sends a state. The socket does not block, because this thread also answers probes.
    fn notify(&self, state: &str) {
        if let Err(error) = self.socket.send(state.as_bytes()) {
            tracing::warn!("cannot send `{state}` to the service manager: {error}");
        }
    }
}

/// Notifies the manager: when `loaded` completes, regularly while the threads respond, and when the shutdown begins.
pub async fn run(
    manager: ServiceManager,
    threads: SupervisedThreads,
    loaded: impl Future<Output = ()>,
    mut shutdown: watch::Receiver<bool>,
) {
    let working = async {
        loaded.await;
        manager.notify("READY=1");
        match manager.watchdog_timeout {
            Some(timeout) => notify_watchdog(&manager, &threads, timeout / 2).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = shutdown.wait_for(|shuts| *shuts) => {}
        () = working => {}
    }
    manager.notify("STOPPING=1");
}

/// Sends `WATCHDOG=1` in this interval while the threads respond. Threads that are blocked end the notifications, so the
/// manager restarts the process.
async fn notify_watchdog(
    manager: &ServiceManager,
    threads: &SupervisedThreads,
    interval: Duration,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (workers, updater) = tokio::join!(threads.workers.check(), threads.updater.check());
        if workers && updater {
            manager.notify("WATCHDOG=1");
        }
    }
}

/// Connects to a path, or with `@` to an abstract socket.
fn connect(path: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address(path)?)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn address(path: &str) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(path),
    }
}

#[cfg(not(target_os = "linux"))]
fn address(path: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(path)
}

/// Returns the timeout of the watchdog. `WATCHDOG_PID` guards against variables that another process has inherited.
fn watchdog_timeout(env: impl Fn(&str) -> Option<String>, own_pid: u32) -> Option<Duration> {
    let microseconds = env("WATCHDOG_USEC")?.parse().ok()?;
    let is_own = env("WATCHDOG_PID").is_none_or(|pid| pid == own_pid.to_string());
    (is_own && microseconds > 0).then(|| Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], want: Option<Duration>) {
        let value = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(watchdog_timeout(value, 42), want);
    }

    #[test]
    fn watchdog_needs_a_timeout_for_this_process() {
        let timeout = Duration::from_secs(30);
        let usec = ("WATCHDOG_USEC", "30000000");
        check(&[usec, ("WATCHDOG_PID", "42")], Some(timeout));
        check(&[usec], Some(timeout));
        check(&[usec, ("WATCHDOG_PID", "43")], None);
        check(&[("WATCHDOG_PID", "42")], None);
        check(&[("WATCHDOG_USEC", "0")], None);
        check(&[("WATCHDOG_USEC", "soon")], None);
    }
}
