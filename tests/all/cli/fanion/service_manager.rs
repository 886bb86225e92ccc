//! The notifications of the service manager, received on a socket as systemd's.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;
use std::time::Instant;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// The timeout of the watchdog in these tests: the process notifies it twice in this time.
const WATCHDOG: Duration = Duration::from_millis(100);

/// Starts a daemon that is told of this socket.
fn start(directory: &TempDir, socket: &str, variables: &[(&str, String)]) -> Daemon {
    directory.write("flags.yaml", "flags: {}");
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.yaml"]);
    command.env("NOTIFY_SOCKET", socket);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    Daemon::spawn(command)
}

fn bind(directory: &TempDir) -> (UnixDatagram, String) {
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    (socket, path.to_str().expect("UTF-8").to_owned())
}

/// The next state, or none if no state arrives in this time.
fn receive(socket: &UnixDatagram, within: Duration) -> Option<String> {
    let mut buffer = [0; 64];
    socket.set_read_timeout(Some(within)).expect("a timeout");
    match socket.recv(&mut buffer) {
        Ok(length) => Some(String::from_utf8_lossy(&buffer[..length]).into_owned()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn expect(socket: &UnixDatagram, state: &str) {
    assert_eq!(receive(socket, DEADLINE).as_deref(), Some(state));
}

#[test]
fn manager_is_told_of_readiness_and_of_the_shutdown() {
    let directory = TempDir::new();
    let (socket, path) = bind(&directory);
    let mut daemon = start(&directory, &path, &[]);
    expect(&socket, "READY=1");
    daemon.terminate();
    expect(&socket, "STOPPING=1");
    let status = daemon.child.wait().expect("the process ends");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn manager_is_reached_through_an_abstract_socket() {
    let directory = TempDir::new();
    let name = format!("fanion-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("an address");
    let socket = UnixDatagram::bind_addr(&address).expect("a socket");
    let _daemon = start(&directory, &format!("@{name}"), &[]);
    expect(&socket, "READY=1");
}

#[test]
fn missing_manager_is_logged_and_flags_are_served() {
    let directory = TempDir::new();
    let daemon = start(&directory, "/no/such/socket", &[]);
    let said = "cannot notify the service manager at `/no/such/socket`";
    daemon.wait_for_log(|line| line["message"].as_str().is_some_and(|m| m.contains(said)));
    daemon.wait_for_reload();
}

#[test]
fn process_without_its_initial_load_is_not_ready() {
    let directory = TempDir::new();
    let (socket, path) = bind(&directory);
    let mut command = daemon::command(
        directory.path(),
        &["--uri", "file:missing.yaml", "--fail-fast"],
    );
    command.env("NOTIFY_SOCKET", path);
    let mut daemon = Daemon::spawn(command);
    expect(&socket, "STOPPING=1");
    let status = daemon.child.wait().expect("the process ends");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn watchdog_hears_nothing_while_a_thread_is_blocked() {
    let directory = TempDir::new();
    let (socket, path) = bind(&directory);
    let faults = directory.path().join("faults");
    let variables = [
        ("WATCHDOG_USEC", WATCHDOG.as_micros().to_string()),
        ("FANION_FAULTS", faults.to_str().expect("UTF-8").to_owned()),
    ];
    let _daemon = start(&directory, &path, &variables);
    expect(&socket, "READY=1");
    for _ in 0..3 {
        expect(&socket, "WATCHDOG=1");
    }
    std::fs::write(&faults, "block updater").expect("a file");
    let begun = Instant::now();
    while receive(&socket, 5 * WATCHDOG).is_some() {
        assert!(begun.elapsed() < DEADLINE, "the watchdog is still notified");
    }
    std::fs::write(&faults, "").expect("a file");
    expect(&socket, "WATCHDOG=1");
}
