//! `fanion healthcheck`: asks a sidecar how it is, for images without a shell or `curl`.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::net::TcpStream;
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;

use crate::config::duration;
use crate::config::table;

/// The command and its arguments.
pub fn command() -> Command {
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let port = option("management-port", "PORT")
        .short('m')
        .help("The management port [env: FLAGD_MANAGEMENT_PORT] [default: 8014]");
    let address = option("address", "HOST")
        .default_value("localhost")
        .help("Where it runs");
    let timeout = option("timeout", "DURATION")
        .default_value("1s")
        .help("How long to wait for the answer");
    let live = Arg::new("live")
        .long("live")
        .action(ArgAction::SetTrue)
        .help("Ask whether it runs, not whether it can evaluate");
    Command::new("healthcheck")
        .about("Ask a running sidecar whether it is ready; exits with 0 if so, with 1 if not")
        .args([port, address, timeout, live])
}

/// Asks.
///
/// # Errors
/// If the answer is no, or there is none.
pub fn run(matches: &ArgMatches) -> Result<(), String> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let port = matches
        .get_one::<String>("management-port")
        .cloned()
        .or_else(|| {
            std::env::var("FLAGD_MANAGEMENT_PORT")
                .ok()
                .filter(|port| !port.is_empty())
        })
        .or_else(|| table::row("management-port").map(|row| row.default.to_owned()))
        .unwrap_or_default();
    let wrong = |name: &str, found: &str, want: &str| {
        format!("invalid value {found:?} for --{name}: {want}")
    };
    let number = port.trim().parse::<u16>();
    let number =
        number.map_err(|_| wrong("management-port", &port, "must be a port from 1 to 65535"))?;
    let timeout = duration::parse(&text("timeout")).filter(|timeout| !timeout.is_zero());
    let timeout = timeout
        .ok_or_else(|| wrong("timeout", &text("timeout"), "must be a duration such as 1s"))?;
    let path = if matches.get_flag("live") {
        "/healthz"
    } else {
        "/readyz"
    };
    let host = text("address");
    let status = ask(&host, number, path, timeout);
    match status
        .map_err(|error| format!("no answer from {host}:{number}{path}: {error}"))?
        .as_str()
    {
        "200" => Ok(()),
        status => Err(format!("{host}:{number}{path} answers {status}")),
    }
}

/// The status of a request. One line is all that matters of the answer, so this needs neither a client nor a runtime.
fn ask(host: &str, port: u16, path: &str, timeout: Duration) -> std::io::Result<String> {
    let mut last = std::io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(mut socket) => {
                socket.set_read_timeout(Some(timeout))?;
                socket.set_write_timeout(Some(timeout))?;
                let request =
                    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
                socket.write_all(request.as_bytes())?;
                let mut line = String::new();
                BufReader::new(std::io::Read::take(socket, 128)).read_line(&mut line)?;
                let status = line.split_whitespace().nth(1);
                return status
                    .map(str::to_owned)
                    .ok_or_else(|| std::io::Error::other("it is no HTTP"));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
