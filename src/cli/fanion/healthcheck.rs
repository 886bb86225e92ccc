//! `fanion healthcheck`: asks a sidecar how it is, for images without a shell or `curl`.

use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::net::TcpStream;
use std::net::ToSocketAddrs as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;

use crate::cli::fanion::options;
use crate::config;
use crate::config::go_duration;

/// The command and its arguments.
pub fn command() -> Command {
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let port = option("management-port", "PORT")
        .short('m')
        .help("The management port [env: FLAGD_MANAGEMENT_PORT] [default: 8014]");
    let address = option("address", "HOST")
        .help("Where it runs [env: FLAGD_BIND_ADDRESS] [default: localhost]");
    let config =
        option("config", "PATH").help("The configuration file of the sidecar [env: FLAGD_CONFIG]");
    let timeout = option("timeout", "DURATION")
        .default_value("1s")
        .help("How long to wait for the answer");
    let live = Arg::new("live")
        .long("live")
        .action(ArgAction::SetTrue)
        .help("Ask whether it runs, not whether it can evaluate");
    Command::new("healthcheck")
        .about("Ask a running sidecar whether it is ready; exits with 0 if so, with 1 if not")
        .args([port, address, config, timeout, live])
}

/// Asks, with what was typed before the command and behind it.
///
/// # Errors
/// If the answer is no, or there is none.
pub fn run(before: &ArgMatches, behind: &ArgMatches) -> Result<(), Vec<String>> {
    let typed = options::from_matches(before, behind);
    let place = config::resolve_management_endpoint(typed, |name| std::env::var(name).ok())?;
    let text = |name: &str| behind.get_one::<String>(name).cloned().unwrap_or_default();
    let timeout = parse_timeout(&text("timeout")).map_err(|mistake| vec![mistake])?;
    let host = Some(text("address")).filter(|host| !host.is_empty());
    let question = ProbeRequest {
        host: host.unwrap_or_else(|| connectable_host(place.address)),
        port: place.port,
        path: if behind.get_flag("live") {
            "/healthz"
        } else {
            "/readyz"
        },
    };
    let mistake = match fetch_status_within(timeout, question.clone()) {
        Ok(status) if status == "200" => return Ok(()),
        Ok(status) => format!("{question} answers {status}"),
        Err(error) => format!("no answer from {question}: {error}"),
    };
    // The sidecar may have read its file before it was broken: that alone is no bad health.
    Err([vec![mistake], place.warnings].concat())
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let wrong = |want: &str| format!("invalid value {text:?} for --timeout: {want}");
    match go_duration::parse(text) {
        None => Err(wrong(&go_duration::invalid_help(text))),
        Some(Duration::ZERO) => Err(wrong("must be above 0")),
        Some(timeout) => Ok(timeout),
    }
}

/// Where something that listens on an address is asked.
fn connectable_host(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if !address.is_unspecified() => address.to_string(),
        _ => "localhost".to_owned(),
    }
}

/// What is asked, and where.
#[derive(Clone)]
struct ProbeRequest {
    host: String,
    port: u16,
    path: &'static str,
}

impl std::fmt::Display for ProbeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}{}", self.url_host(), self.port, self.path)
    }
}

impl ProbeRequest {
    /// The host as it stands in URLs.
    fn url_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }

    /// The status of the answer. One line is all that matters of it, so this needs neither a client nor a runtime.
    fn fetch_status(&self, timeout: Duration) -> io::Result<String> {
        let mut socket = self.connect(timeout)?;
        let (path, name) = (self.path, self.url_host());
        let request = format!("GET {path} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes())?;
        let mut line = String::new();
        BufReader::new(socket.take(128)).read_line(&mut line)?;
        let status = line.strip_prefix("HTTP/").and_then(|rest| {
            let status = rest.split_whitespace().nth(1)?;
            (status.len() == 3 && status.parse::<u16>().is_ok()).then(|| status.to_owned())
        });
        status.ok_or_else(|| io::Error::other("it does not speak HTTP"))
    }

    fn connect(&self, timeout: Duration) -> io::Result<TcpStream> {
        let end = Instant::now() + timeout;
        let addresses: Vec<_> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        let mut last = io::Error::other("the name has no address");
        for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let share = end.saturating_duration_since(Instant::now()) / left;
            match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Asks in a thread that nobody waits for longer than this, whatever it is that takes long: a name, a connection, or
/// an answer byte by byte.
fn fetch_status_within(timeout: Duration, question: ProbeRequest) -> io::Result<String> {
    let (sender, answers) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(question.fetch_status(timeout));
    })?;
    answers
        .recv_timeout(timeout)
        .unwrap_or_else(|_| Err(io::Error::other(format!("nothing within {timeout:?}"))))
}
