//! The configuration of `fanion start`: options from arguments, environment, file and defaults, resolved to a plain
//! struct.

pub mod csv;
pub mod go_duration;
mod number_precision;
pub mod file;
mod listen;
pub mod serve;
mod sources;
pub mod structured_file;
mod telemetry;
pub mod key_value;
pub mod fractional;
pub mod print_config;
pub mod option;

use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::file::ConfigFile;
use crate::config::listen::bind_address;
use crate::config::listen::unix_socket;
use crate::config::option::origin::ResolvedOption;
use crate::config::option::resolver::CliOptions;
use crate::config::option::resolver::OptionResolver;
use crate::config::option::table;
use crate::config::serve::TokenPaths;
use crate::config::serve::serve_config;
use crate::config::serve::tls_files;
use crate::config::serve::token_paths;
use crate::config::sources::sources;
use crate::config::telemetry::telemetry_config;
use crate::document::FaultPolicy;
use crate::serve::ServeConfig;
use crate::serve::listen::addr::ListenAddr;
use crate::serve::listen::tls::TlsPaths;
use crate::source;
use crate::source::Timing;
use crate::source::spec::SourceSpec;
use crate::telemetry::config::TelemetryConfig;
use crate::telemetry::logging::LogFormat;
use crate::wire::fleet::replica_identity::ReplicaIdentity;

/// The resolved options.
#[derive(Debug)]
pub struct Config {
    /// The sources in order of priority: the last wins.
    pub sources: Vec<SourceSpec>,
    /// The configuration of reading and compiling sources.
    pub source_config: source::SourceConfig,
    /// The address of evaluation.
    pub evaluation_addr: ListenAddr,
    /// The address of probes and metrics.
    pub management_addr: ListenAddr,
    /// The address of flag sync.
    pub sync_addr: ListenAddr,
    /// The address of OFREP.
    pub ofrep_addr: ListenAddr,
    /// Certificate files, if TLS is configured.
    pub tls_files: Option<TlsPaths>,
    /// Files with bearer tokens.
    pub token_paths: TokenPaths,
    /// The configuration of the servers.
    pub serve_config: ServeConfig,
    /// The export of metrics and traces.
    pub telemetry_config: TelemetryConfig,
    /// The format of log lines.
    pub log_format: LogFormat,
    /// Log at debug level.
    pub debug_logging: bool,
    /// Print the configuration and exit.
    pub print_config: bool,
    /// The value and the origin of each option.
    pub resolved_options: Vec<ResolvedOption>,
}

/// Resolves the options: arguments, then the environment, then the configuration file, then defaults.
///
/// # Errors
/// All mistakes, one message each.
pub fn resolve(
    cli_options: CliOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Config, Vec<String>> {
    let mut options = new_resolver(cli_options, env);
    let mut config = build_config(&mut options);
    if !options.errors.is_empty() {
        return Err(options.errors);
    }
    config.resolved_options = options.resolved;
    Ok(config)
}

/// The management endpoint of a sidecar with the same environment and file.
#[derive(Debug)]
pub struct ManagementEndpoint {
    /// The bind address, if it is set.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Mistakes in the configuration file, one message each.
    pub warnings: Vec<String>,
}

/// Resolves the management endpoint.
///
/// # Errors
/// All mistakes, one message each, if one of them concerns the endpoint.
pub fn resolve_management_endpoint(
    cli_options: CliOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<ManagementEndpoint, Vec<String>> {
    let mut options = new_resolver(cli_options, env);
    let warnings = std::mem::take(&mut options.errors);
    let (address, port) = (
        bind_address(&mut options),
        options.port(&table::ports::MANAGEMENT_PORT),
    );
    if port == 0 && options.errors.is_empty() {
        let mistake = "invalid value \"0\" for --management-port: must be a port from 1 to 65535";
        options.errors.push(mistake.to_owned());
    }
    if !options.errors.is_empty() {
        return Err([options.errors, warnings].concat());
    }
    Ok(ManagementEndpoint {
        address,
        port,
        warnings,
    })
}

fn new_resolver<E: Fn(&str) -> Option<String>>(
    cli_options: CliOptions,
    env: E,
) -> OptionResolver<E> {
    let mut options = OptionResolver {
        cli_options,
        env,
        config_file: ConfigFile::default(),
        errors: Vec::new(),
        resolved: Vec::new(),
    };
    if let Some(path) = config_file_path(&mut options) {
        let (file, mistakes) = ConfigFile::read(&path);
        options.config_file = file;
        options.errors.extend(mistakes);
    }
    options
}

/// Returns the path of the configuration file: the value of `--config`, or else `~/.agent.yaml` if it exists, as in
/// flagd.
fn config_file_path<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<PathBuf> {
    if let Some(path) = options.optional_string(&table::configuration::CONFIG) {
        return Some(path.into());
    }
    let home = (options.env)("HOME").filter(|home| !home.is_empty())?;
    let path = Path::new(&home).join(".agent.yaml");
    path.is_file().then_some(path)
}

fn build_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Config {
    let address = bind_address(options);
    let port =
        |options: &mut OptionResolver<E>, option| ListenAddr::Tcp(address, options.port(option));
    let evaluation = port(options, &table::ports::PORT);
    let sync = port(options, &table::ports::SYNC_PORT);
    let (serve_config, telemetry_config) = (serve_config(options), telemetry_config(options));
    let replica = &serve_config.debug.replica;
    let replica = ReplicaIdentity::of_this_process(replica, &telemetry_config.resource);
    Config {
        sources: sources(options),
        source_config: source::SourceConfig {
            faults: if options.boolean(&table::flags::STRICT) {
                FaultPolicy::RejectDocument
            } else {
                FaultPolicy::IsolateFlag
            },
            state_dir: options
                .optional_string(&table::flags::STATE_DIR)
                .map(Into::into),
            fail_fast: options.boolean(&table::flags::FAIL_FAST),
            fractional_version: options.parsed(
                &table::evaluation::FRACTIONAL,
                "must be v2 or v3",
                fractional::parse,
            ),
            timing: Timing::default(),
            replica: Arc::new(replica),
        },
        evaluation_addr: unix_socket(options, &table::ports::SOCKET_PATH).unwrap_or(evaluation),
        management_addr: port(options, &table::ports::MANAGEMENT_PORT),
        sync_addr: unix_socket(options, &table::ports::SYNC_SOCKET_PATH).unwrap_or(sync),
        ofrep_addr: port(options, &table::ports::OFREP_PORT),
        tls_files: tls_files(options),
        token_paths: token_paths(options),
        serve_config,
        telemetry_config,
        log_format: options.parsed(
            &table::telemetry::LOG_FORMAT,
            "must be console or json",
            |text| match text {
                "console" => Some(LogFormat::Console),
                "json" => Some(LogFormat::Json),
                _ => None,
            },
        ),
        debug_logging: options.boolean(&table::telemetry::DEBUG),
        print_config: options.boolean(&table::configuration::PRINT_CONFIG),
        resolved_options: Vec::new(),
    }
}
