//! The commands beside `start`, and how `start` ends.

use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::time::Duration;

use ::fanion::serve::listen::socket::ListenAddr;
use ::fanion::serve::listen::socket::Listener;
use socket2::Domain;
use socket2::SockAddr;
use socket2::Socket;
use socket2::Type;
use tokio::net::UnixStream;

use crate::support::daemon::DEADLINE;
use crate::support::daemon::Daemon;
use crate::support::daemon::command;
use crate::support::server;
use crate::support::server::Client;
use crate::support::server::Http;

fn fanion(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanion"));
    let output = command.env_clear().args(arguments).output();
    output.expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn flags(directory: &Path) {
    let text = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;
    std::fs::write(directory.join("flags.json"), text).expect("a file");
}

#[test]
fn version_output_has_flagd_format() {
    let output = fanion(&["version"]);
    assert_eq!(output.status.code(), Some(0));
    let version = env!("CARGO_PKG_VERSION");
    let said = text(&output.stdout);
    assert!(said.starts_with(&format!("fanion: {version} (")), "{said}");
    assert!(
        said.contains("), built at: ") && said.ends_with('\n'),
        "{said}"
    );
}

#[test]
fn completions_are_generated_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = fanion(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(text(&output.stdout).contains("sync-socket-path"), "{shell}");
    }
    let output = fanion(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn help_shows_environment_variables_and_defaults() {
    let output = fanion(&["start", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for part in [
        "-p, --port <PORT>",
        "[env: FLAGD_PORT] [default: 8013]",
        "TLS:",
        "--print-config",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}

#[test]
fn print_config_exits_without_starting() {
    let output = fanion(&["start", "-f", "file:x", "--print-config"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("uri: [\"file:x\"] # --uri\n"));
    let output = fanion(&["start", "-p", "x", "--print-config"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
}

#[test]
fn healthcheck_exit_status_follows_readyz() {
    let directory = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let port = daemon.management.to_string();
    let check =
        |more: &[&str]| fanion(&[&["healthcheck", "-m", &port, "--timeout", "10s"], more].concat());
    let unready = check(&[]);
    assert_eq!(unready.status.code(), Some(1));
    assert!(
        text(&unready.stderr).contains("/readyz answers 412"),
        "{unready:?}"
    );
    assert_eq!(check(&["--live"]).status.code(), Some(0));
    flags(directory.path());
    daemon.in_force();
    assert_eq!(check(&[]).status.code(), Some(0));
    drop(daemon);
    let gone = check(&[]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("no answer from"), "{gone:?}");
    let wrong = fanion(&["healthcheck", "-m", "x", "--timeout", "1s"]);
    assert!(
        text(&wrong.stderr).contains("--management-port"),
        "{wrong:?}"
    );
}

#[test]
fn healthcheck_times_out_without_a_response() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port().to_string();
    let arguments = [
        "healthcheck",
        "--address",
        "127.0.0.1",
        "-m",
        &port,
        "--timeout",
        "50ms",
    ];
    assert_eq!(fanion(&arguments).status.code(), Some(1));
}

/// What a healthcheck says of something that treats each connection in this way.
fn said_of(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port().to_string();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            answer(socket);
        }
    });
    let address = ["--address", "127.0.0.1", "-m", &port];
    let output = fanion(&[&["healthcheck", "--timeout", "500ms"], &address[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    text(&output.stderr).to_owned()
}

#[test]
fn healthcheck_rejects_a_peer_that_does_not_speak_http() {
    for answer in [
        "SSH-2.0 200 OK\r\n",
        "FTP 200\r\n",
        "HTTP/1.1\r\n",
        "HTTP/1.1 200200 OK\r\n",
        "",
    ] {
        let told = said_of(move |mut socket| {
            let mut request = [0; 16];
            let _ = socket.read(&mut request);
            let _ = socket.write_all(answer.as_bytes());
            // Let it have been read before the rest of the request resets the connection.
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket.read_to_end(&mut Vec::new());
        });
        assert!(
            told.contains("it does not speak HTTP"),
            "{answer:?}: {told}"
        );
    }
}

#[test]
fn healthcheck_times_out_on_a_slow_response() {
    let told = said_of(|mut socket| {
        let drip = Duration::from_millis(20);
        let _ = socket.set_read_timeout(Some(drip));
        // Each byte comes well within the deadline, the whole line does not.
        while socket.write_all(b"H").is_ok() {
            while socket.read(&mut [0; 512]).is_ok_and(|read| read > 0) {}
        }
    });
    assert!(told.contains("nothing within 500ms"), "{told}");
}

#[test]
fn healthcheck_uses_the_configured_management_address() {
    let directory = tempfile::tempdir().expect("a directory");
    flags(directory.path());
    let options = ["--uri", "file:flags.json", "--bind-address", "127.0.0.2"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let port = daemon.management.to_string();
    let config = directory.path().join("fanion.yaml");
    let write = |text: &str| std::fs::write(&config, text).expect("a file");
    write(&format!(
        "management-port: {port}\nbind-address: 127.0.0.2\n"
    ));
    let config = config.to_str().expect("text");
    let check = |arguments: &[&str], env: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanion"));
        command.env_clear().envs(env.iter().copied());
        command
            .args(["healthcheck", "--timeout", "10s"])
            .args(arguments);
        let output = command.output().expect("the program runs");
        let told = text(&output.stderr).to_owned();
        (output.status.code(), told)
    };
    let address = ("FLAGD_BIND_ADDRESS", "127.0.0.2");
    let well = (Some(0), String::new());
    assert_eq!(check(&["-m", &port], &[address]), well);
    assert_eq!(
        check(&[], &[address, ("FLAGD_MANAGEMENT_PORT", &port)]),
        well
    );
    assert_eq!(check(&["--config", config], &[]), well);
    assert_eq!(check(&[], &[("FLAGD_CONFIG", config)]), well);
    // Nobody listens there.
    assert_eq!(check(&["-m", &port], &[]).0, Some(1));
    assert_eq!(
        check(&["-m", &port, "--address", "::1"], &[address]).0,
        Some(1)
    );
    // A file that was broken since does no harm, but may be why there is no answer.
    write(&format!("management-port: {port}\nprot: 1\n"));
    assert_eq!(check(&["--config", config], &[address]), well);
    let (code, told) = check(&["--config", config], &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("no answer from localhost:"), "{told}");
    assert!(told.contains("there is no option `prot`"), "{told}");
    // An address that means all of them is not one to ask.
    let everywhere = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    everywhere.in_force();
    let port = everywhere.management.to_string();
    for all in ["0.0.0.0", "::"] {
        assert_eq!(check(&["-m", &port], &[("FLAGD_BIND_ADDRESS", all)]), well);
    }
    let (code, told) = check(&["-m", "0"], &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("must be a port from 1 to 65535"), "{told}");
}

#[test]
fn unexpected_argument_is_an_error_with_a_suggestion() {
    for (arguments, hints) in [
        (
            &["--debug", "false"][..],
            &["unexpected argument 'false'", "write `--debug=false`"][..],
        ),
        (&["-x", "true", "-f", "file:a"], &["write `--debug=true`"]),
        (
            &["-f", "file:a", "file:b"],
            &["say the option again: `--uri file:b`"],
        ),
        (&["file:a"], &["unexpected argument 'file:a'"]),
    ] {
        let output = fanion(&[&["start"], arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        for hint in hints {
            assert!(text(&output.stderr).contains(hint), "{output:?}");
        }
    }
}

/// On Linux, as in Go, `@` begins a name that is no file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn abstract_unix_socket_is_served_and_released() {
    use std::os::linux::net::SocketAddrExt as _;

    let directory = tempfile::tempdir().expect("a directory");
    flags(directory.path());
    let name = format!("fanion-{}", directory.path().display());
    let socket = format!("@{name}");
    let options = ["--uri", "file:flags.json", "-d", &socket];
    let mut daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).expect("a name");
    let connection = std::os::unix::net::UnixStream::connect_addr(&address).expect("it listens");
    connection.set_nonblocking(true).expect("a socket");
    let connection = UnixStream::from_std(connection).expect("a socket");
    let mut client = Client::over(connection, Http::Two).await;
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    let json = ["content-type: application/json"];
    let answer = client.post(path, &json, r#"{"flagKey": "f"}"#).await;
    assert_eq!(answer.json()["value"], true);
    let taken = command(directory.path(), &options).output();
    let taken = taken.expect("the program runs");
    assert_eq!(taken.status.code(), Some(1));
    let told = text(&taken.stderr);
    assert!(
        told.contains(&format!("cannot listen on evaluation socket {socket}")),
        "{told}"
    );
    daemon.terminate();
    assert_eq!(daemon.child.wait().expect("it ends").code(), Some(0));
    let left = std::fs::read_dir(directory.path()).expect("a directory");
    assert_eq!(left.count(), 1, "flags.json only");
    std::os::unix::net::UnixStream::connect_addr(&address).expect_err("nobody listens");
}

#[tokio::test]
async fn bind_fails_while_a_busy_process_owns_the_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("busy.sock");
    let address = SockAddr::unix(&path).expect("an address");
    let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    let busy = socket();
    busy.bind(&address).expect("bound");
    busy.listen(0).expect("it listens");
    // Connections until the queue is full.
    let mut waiting = Vec::new();
    let full = loop {
        let client = socket();
        client.set_nonblocking(true).expect("a socket");
        match client.connect(&address) {
            Ok(()) => waiting.push(client),
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    let bound = tokio::task::spawn_blocking({
        let runtime = tokio::runtime::Handle::current();
        let place = ListenAddr::Unix(path.clone());
        move || runtime.block_on(Listener::bind(&place))
    });
    let bound = tokio::time::timeout(DEADLINE, bound).await;
    let error = bound
        .expect("in time")
        .expect("no panic")
        .expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(path.exists());
}

#[tokio::test]
async fn sockets_of_a_killed_process_are_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    flags(directory.path());
    let options = [
        "--uri",
        "file:flags.json",
        "-d",
        "evaluation.sock",
        "-e",
        "sync.sock",
    ];
    let ask = async || {
        let socket = UnixStream::connect(directory.path().join("evaluation.sock")).await;
        let mut client = Client::over(socket.expect("a connection"), Http::Two).await;
        let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
        let answer = client.post(
            path,
            &["content-type: application/json"],
            r#"{"flagKey": "f"}"#,
        );
        answer.await.json()["value"].clone()
    };
    for _ in 0..2 {
        let mut daemon = Daemon::start(directory.path(), &options);
        daemon.in_force();
        assert_eq!(ask().await, true);
        // SIGKILL: nothing is tidied up.
        daemon.child.kill().expect("it runs");
        daemon.child.wait().expect("it ends");
        assert!(directory.path().join("evaluation.sock").exists());
        assert!(directory.path().join("sync.sock").exists());
    }
    let mut last = Daemon::start(directory.path(), &options);
    last.in_force();
    last.terminate();
    assert_eq!(last.child.wait().expect("it ends").code(), Some(0));
    assert!(!directory.path().join("evaluation.sock").exists());
    assert!(!directory.path().join("sync.sock").exists());
}

#[tokio::test]
async fn every_stream_gets_a_final_message_at_shutdown() {
    let directory = tempfile::tempdir().expect("a directory");
    flags(directory.path());
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    daemon.in_force();
    let mut opened = Vec::new();
    let service = "/flagd.evaluation.v1.Service/EventStream";
    let sync = "/flagd.sync.v1.FlagSyncService/SyncFlags";
    for (port, path, content, last) in [
        (
            daemon.port,
            service,
            "application/grpc",
            "provider_shutdown",
        ),
        (
            daemon.port,
            service,
            "application/connect+json",
            "provider_shutdown",
        ),
        (
            daemon.port,
            service,
            "application/grpc-web",
            "provider_shutdown",
        ),
        (daemon.sync, sync, "application/grpc", r#"{"flags":"#),
    ] {
        let body: &[u8] = if content.ends_with("json") {
            b"\0\0\0\0\x02{}"
        } else {
            b"\0\0\0\0\0"
        };
        let content = format!("content-type: {content}");
        let (head, rest) = server::stream(port, path, &[&content], body).await;
        assert_eq!(head.status, 200);
        opened.push((rest, last));
    }
    let changes = server::get(daemon.ofrep, "/ofrep/v1/sse", &[]).await;
    assert_eq!(changes.status(), 200);
    opened.push((changes.into_body(), "retry: 1000"));
    daemon.terminate();
    for (mut body, last) in opened {
        let whole = tokio::time::timeout(DEADLINE, server::whole(&mut body)).await;
        let whole = whole.expect("it ends").expect("without an error");
        let whole = String::from_utf8_lossy(&whole).into_owned();
        assert!(whole.contains(last), "{last} is not in {whole}");
    }
    assert_eq!(daemon.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn invalid_certificate_or_bind_address_fails_startup() {
    let directory = tempfile::tempdir().expect("a directory");
    let start = |options: &[&str]| {
        command(directory.path(), options)
            .output()
            .expect("it runs")
    };
    let output = start(&["--uri", "file:x", "-c", "no.pem", "-k", "no.key"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("cannot use no.pem: No such file"),
        "{output:?}"
    );
    // An address of nobody here: documentation's own.
    let output = start(&["--uri", "file:x", "--bind-address", "192.0.2.1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("cannot listen on evaluation 192.0.2.1:0"),
        "{output:?}"
    );
}
