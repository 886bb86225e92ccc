//! `fanion healthcheck`: probes the health endpoint of a sidecar, for images without a shell or `curl`.

mod http_probe;

use std::net::IpAddr;
use std::time::Duration;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;

use crate::cli::fanion::healthcheck::http_probe::ProbeRequest;
use crate::cli::fanion::healthcheck::http_probe::fetch_status_within;
use crate::cli::fanion::options;
use crate::config;
use crate::config::go_duration;

/// The command and its arguments.
pub fn command() -> Command {
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let port = option("management-port", "PORT")
        .short('m')
        .help("Management port of the sidecar [env: FLAGD_MANAGEMENT_PORT] [default: 8014]");
    let address = option("address", "HOST")
        .help("Host of the sidecar [env: FLAGD_BIND_ADDRESS] [default: localhost]");
    let config =
        option("config", "PATH").help("Configuration file of the sidecar [env: FLAGD_CONFIG]");
    let timeout = option("timeout", "DURATION")
        .default_value("1s")
        .help("Timeout of the probe");
    let live = Arg::new("live")
        .long("live")
        .action(ArgAction::SetTrue)
        .help("Probe /healthz (liveness) instead of /readyz (readiness)");
    Command::new("healthcheck")
        .about("Probe a running sidecar; exit status: 0 ready, 1 not ready")
        .args([port, address, config, timeout, live])
}

/// Probes the sidecar. Options may precede or follow the name of the command.
///
/// # Errors
/// If the status is not 200, or there is no response.
pub fn run(before: &ArgMatches, after: &ArgMatches) -> Result<(), Vec<String>> {
    let typed = options::from_matches(before, after);
    let endpoint = config::resolve_management_endpoint(typed, |name| std::env::var(name).ok())?;
    let text = |name: &str| after.get_one::<String>(name).cloned().unwrap_or_default();
    let timeout = parse_timeout(&text("timeout")).map_err(|error| vec![error])?;
    let host = Some(text("address")).filter(|host| !host.is_empty());
    let request = ProbeRequest {
        host: host.unwrap_or_else(|| connectable_host(endpoint.address)),
        port: endpoint.port,
        path: if after.get_flag("live") {
            "/healthz"
        } else {
            "/readyz"
        },
    };
    let error = match fetch_status_within(timeout, request.clone()) {
        Ok(status) if status == "200" => return Ok(()),
        Ok(status) => format!("{request} returned status {status}"),
        Err(error) => format!("no response from {request}: {error}"),
    };
    // Warnings about the configuration file alone do not fail the probe: the sidecar may have read it before it
    // changed.
    Err([vec![error], endpoint.warnings].concat())
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let invalid = |want: &str| format!("invalid value {text:?} for --timeout: {want}");
    match go_duration::parse(text) {
        None => Err(invalid(&go_duration::invalid_help(text))),
        Some(Duration::ZERO) => Err(invalid("must be above 0")),
        Some(timeout) => Ok(timeout),
    }
}

/// The host for connections to a listener: its address, or `localhost` if it listens on all interfaces.
fn connectable_host(address: Option<IpAddr>) -> String {
    match address {
        Some(address) if !address.is_unspecified() => address.to_string(),
        _ => "localhost".to_owned(),
    }
}
