//! `fanion healthcheck` against ready, unready and non-HTTP peers.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::support::program::daemon::Daemon;
use crate::support::program::printed;
use crate::support::program::run_fanion;
use crate::support::server::rpc::write_one_flag;
use crate::support::temp_dir::TempDir;

#[test]
fn healthcheck_exit_status_follows_readyz() {
    let directory = TempDir::new();
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let port = daemon.management.to_string();
    let check = |more: &[&str]| {
        run_fanion(&[&["healthcheck", "-m", &port, "--timeout", "10s"], more].concat())
    };
    let unready = check(&[]);
    assert_eq!(unready.status.code(), Some(1));
    assert!(
        printed(&unready.stderr).contains("/readyz returned status 412"),
        "{unready:?}"
    );
    assert_eq!(check(&["--live"]).status.code(), Some(0));
    write_one_flag(directory.path());
    daemon.wait_for_reload();
    assert_eq!(check(&[]).status.code(), Some(0));
    drop(daemon);
    let gone = check(&[]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        printed(&gone.stderr).contains("no response from"),
        "{gone:?}"
    );
    let wrong = run_fanion(&["healthcheck", "-m", "x", "--timeout", "1s"]);
    assert!(
        printed(&wrong.stderr).contains("--management-port"),
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
    assert_eq!(run_fanion(&arguments).status.code(), Some(1));
}

/// Returns the error output of a healthcheck against a server that calls `answer` for each connection.
fn healthcheck_stderr_against(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port().to_string();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            answer(socket);
        }
    });
    let address = ["--address", "127.0.0.1", "-m", &port];
    let output = run_fanion(&[&["healthcheck", "--timeout", "500ms"], &address[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    printed(&output.stderr).to_owned()
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
        let told = healthcheck_stderr_against(move |mut socket| {
            let mut request = [0; 16];
            let _ = socket.read(&mut request);
            let _ = socket.write_all(answer.as_bytes());
            // Unread bytes make the kernel send RST, which can discard the response before the client reads it.
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket.read_to_end(&mut Vec::new());
        });
        assert!(told.contains("not an HTTP response"), "{answer:?}: {told}");
    }
}

#[test]
fn healthcheck_times_out_on_a_slow_response() {
    let told = healthcheck_stderr_against(|mut socket| {
        let drip = Duration::from_millis(20);
        let _ = socket.set_read_timeout(Some(drip));
        // Each byte arrives within the deadline, the complete status line does not.
        while socket.write_all(b"H").is_ok() {
            while socket.read(&mut [0; 512]).is_ok_and(|read| read > 0) {}
        }
    });
    assert!(told.contains("timed out after 500ms"), "{told}");
}

#[test]
fn healthcheck_uses_the_configured_management_address() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    let options = ["--uri", "file:flags.json", "--bind-address", "127.0.0.2"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_reload();
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
        let told = printed(&output.stderr).to_owned();
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
    // No process listens on the default address.
    assert_eq!(check(&["-m", &port], &[]).0, Some(1));
    assert_eq!(
        check(&["-m", &port, "--address", "::1"], &[address]).0,
        Some(1)
    );
    // An invalid configuration file does not fail the check, but is reported if the check fails for another reason.
    write(&format!("management-port: {port}\nprot: 1\n"));
    assert_eq!(check(&["--config", config], &[address]), well);
    let (code, told) = check(&["--config", config], &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("no response from localhost:"), "{told}");
    assert!(told.contains("unknown option `prot`"), "{told}");
    // An unspecified bind address is checked on localhost.
    let everywhere = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    everywhere.wait_for_reload();
    let port = everywhere.management.to_string();
    for all in ["0.0.0.0", "::"] {
        assert_eq!(check(&["-m", &port], &[("FLAGD_BIND_ADDRESS", all)]), well);
    }
    let (code, told) = check(&["-m", "0"], &[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("must be a port from 1 to 65535"), "{told}");
}
