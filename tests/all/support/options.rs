//! Resolution of options from arguments and an environment.

use ::fanion::cli::fanion;
use ::fanion::cli::fanion::options;
use ::fanion::config;
use ::fanion::config::Config;
use ::fanion::serve::listen::addr::ListenAddr;

use crate::support::temp_dir::TempDir;

/// The configuration for arguments and an environment.
pub fn resolve_options(arguments: &[&str], env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let start = Some("start").filter(|start| !arguments.contains(start));
    let program = ["fanion"].into_iter().chain(start);
    let matches = fanion::command()
        .try_get_matches_from(program.chain(arguments.iter().copied()))
        .expect("known options");
    let (_, behind) = matches.subcommand().expect("start");
    let env = |name: &str| {
        let found = env.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    config::resolve(options::from_matches(&matches, behind), env)
}

pub fn evaluation_port(config: &Config) -> u16 {
    match config.evaluation_addr {
        ListenAddr::Tcp(_, port) => port,
        ListenAddr::Unix(_) => panic!("a socket"),
    }
}

/// The errors for arguments and an environment.
pub fn option_errors(arguments: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let arguments = [&["-f", "file:x"], arguments].concat();
    resolve_options(&arguments, env)
        .map(drop)
        .expect_err("mistakes")
}

/// The context values for arguments and an environment.
pub fn context_values(arguments: &[&str], env: &[(&str, &str)]) -> Vec<(String, String)> {
    let arguments = [&["-f", "file:x"], arguments].concat();
    let config = resolve_options(&arguments, env).expect("right");
    let values = config.serve_config.added_context.static_values.into_iter();
    values
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// A configuration file in a new directory.
pub fn config_file(name: &str, text: &str) -> (TempDir, String) {
    let directory = TempDir::new();
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("a file");
    let path = path.to_string_lossy().into_owned();
    (directory, path)
}
