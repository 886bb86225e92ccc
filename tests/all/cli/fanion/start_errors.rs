//! Errors that end `fanion start`: options, arguments, ports and certificates.

use crate::support::program::daemon::command;
use crate::support::program::printed;
use crate::support::program::run_fanion;
use crate::support::temp_dir::TempDir;

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
            &["repeat the option for another value: `--uri file:b`"],
        ),
        (&["file:a"], &["unexpected argument 'file:a'"]),
    ] {
        let output = run_fanion(&[&["start"], arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        for hint in hints {
            assert!(printed(&output.stderr).contains(hint), "{output:?}");
        }
    }
}

#[test]
fn invalid_certificate_or_bind_address_fails_startup() {
    let directory = TempDir::new();
    let start = |options: &[&str]| {
        command(directory.path(), options)
            .output()
            .expect("the program runs")
    };
    let output = start(&["--uri", "file:x", "-c", "no.pem", "-k", "no.key"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output.stderr).contains("cannot use no.pem: No such file"),
        "{output:?}"
    );
    // TEST-NET-1 (RFC 5737): not an address of this machine.
    let output = start(&["--uri", "file:x", "--bind-address", "192.0.2.1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output.stderr).contains("cannot listen on evaluation 192.0.2.1:0"),
        "{output:?}"
    );
}

#[test]
fn all_invalid_options_are_reported_together() {
    let output = run_fanion(&[
        "start",
        "--uri",
        "ftp://x",
        "--port",
        "x",
        "--log-format",
        "xml",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let told = printed(&output.stderr);
    for part in ["ftp://x", "--port", "--log-format"] {
        assert!(told.contains(part), "{told}");
    }
    let output = run_fanion(&["start"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output.stderr).contains("no flag source: pass --uri file:PATH"));
}

#[test]
fn port_in_use_fails_startup_and_names_the_port() {
    let taken = std::net::TcpListener::bind("[::]:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = run_fanion(&[
        "start",
        "--uri",
        "file:x.yaml",
        "--port",
        &port,
        "--management-port",
        "0",
        "--sync-port",
        "0",
        "--ofrep-port",
        "0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output.stderr).contains(&port));
}
