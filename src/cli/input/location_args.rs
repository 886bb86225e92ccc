//! `--flags`, `--replica` and `--env`: the arguments, environment variables and configuration that locate flags.

pub mod flag_path_args;

use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::flagctl_config;
use crate::cli::input::location_args::flag_path_args::FlagPathArgs;
use crate::diag;

/// The arguments that locate flags.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct FlagLocationArgs {
    /// The paths of flag files.
    #[command(flatten)]
    flags: FlagPathArgs,
    /// Management URL of a running replica: `http://HOST:8014`. The replica must be started with --debug-endpoints.
    #[arg(long, value_name = "URL", conflicts_with_all = ["env", "flags"])]
    replica: Option<String>,
    /// Use the files or the replica of this entry of `contexts` in the configuration file of flagctl.
    #[arg(short = 'e', long, value_name = "NAME", conflicts_with = "flags")]
    env: Option<String>,
}

/// The location that the arguments give, or else the environment variables and the configuration.
///
/// # Errors
/// If no location is given, or the configuration has errors.
pub fn resolve(arguments: &FlagLocationArgs) -> anyhow::Result<FlagLocation> {
    let paths = arguments.flags.paths();
    resolve_with(arguments, paths, |name| std::env::var(name).ok())
}

/// The key of a flag and the location of flags; `key` is the positional argument. It may also be the last value of
/// `--flags`.
///
/// # Errors
/// If no key or no location is given, or the configuration has errors.
pub fn resolve_key(
    arguments: &FlagLocationArgs,
    key: Option<&str>,
) -> anyhow::Result<(String, FlagLocation)> {
    let (key, paths) = arguments.flags.split_key(key)?;
    let location = resolve_with(arguments, paths, |name| std::env::var(name).ok())?;
    Ok((key, location))
}

/// Resolves in this order: `--flags`, `--replica`, `--env`, `FLAGCTL_ENV`, `FLAGCTL_REPLICA`, `FLAGCTL_FLAGS`, and the
/// default context of the configuration. `FLAGCTL_TOKEN` takes precedence over the token of a context.
fn resolve_with(
    arguments: &FlagLocationArgs,
    paths: Vec<PathBuf>,
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<FlagLocation> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let replica_at = |url: String| {
        let token = set("FLAGCTL_TOKEN");
        FlagLocation::Replica(ReplicaEndpoint { url, token })
    };
    if !paths.is_empty() {
        return Ok(FlagLocation::Files(paths));
    }
    if let Some(url) = &arguments.replica {
        return Ok(replica_at(url.clone()));
    }
    let named = arguments.env.clone().or_else(|| set("FLAGCTL_ENV"));
    if named.is_none() {
        if let Some(url) = set("FLAGCTL_REPLICA") {
            return Ok(replica_at(url));
        }
        if let Some(paths) = set("FLAGCTL_FLAGS") {
            return Ok(FlagLocation::Files(std::env::split_paths(&paths).collect()));
        }
    }
    let location = location_of_context(named, &set)?;
    Ok(match location {
        FlagLocation::Replica(mut replica) => {
            replica.token = set("FLAGCTL_TOKEN").or(replica.token);
            FlagLocation::Replica(replica)
        }
        files @ FlagLocation::Files(_) => files,
    })
}

/// The location of a context of the configuration; of the default context, if none is named.
fn location_of_context(
    named: Option<String>,
    variable: &impl Fn(&str) -> Option<String>,
) -> anyhow::Result<FlagLocation> {
    let (config, path) = flagctl_config::read(variable)?;
    let path = path.display();
    let name = named.or(config.current);
    let name = name.with_context(|| {
        format!("no flags given: pass --flags PATH, --replica URL or --env NAME, or set `current: NAME` in {path}")
    })?;
    if let Some(location) = config.contexts.get(&*name) {
        return Ok(location.clone());
    }
    let known = || config.contexts.keys().map(AsRef::as_ref);
    let help = diag::did_you_mean(&name, known(), || {
        format!("known contexts: {}", known().collect::<Vec<_>>().join(", "))
    });
    anyhow::bail!("{path} has no context `{name}`: {help}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(env: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<FlagLocation> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let arguments = FlagLocationArgs {
            env: env.map(ToOwned::to_owned),
            ..FlagLocationArgs::default()
        };
        resolve_with(&arguments, Vec::new(), variable)
    }

    #[test]
    fn flag_location_comes_from_context_or_environment() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.yaml");
        let text = "current: dev\ncontexts:\n  dev: { flags: [flags] }\n  prod: { replica: 'http://p:8014', token: hush-hush }\n";
        std::fs::write(&path, text).expect("a file");
        let config = ("FLAGCTL_CONFIG", path.to_str().expect("text"));
        let files = FlagLocation::Files(vec![dir.path().join("flags")]);
        assert_eq!(resolve(None, &[config]).expect("a place"), files);
        let prod = |token: &str| {
            let (url, token) = ("http://p:8014".to_owned(), Some(token.to_owned()));
            FlagLocation::Replica(ReplicaEndpoint { url, token })
        };
        assert_eq!(
            resolve(Some("prod"), &[config]).expect("a place"),
            prod("hush-hush")
        );
        assert_eq!(
            resolve(None, &[config, ("FLAGCTL_ENV", "prod")]).expect("a place"),
            prod("hush-hush")
        );
        let token = ("FLAGCTL_TOKEN", "other");
        assert_eq!(
            resolve(Some("prod"), &[config, token]).expect("a place"),
            prod("other")
        );
        let replica = ("FLAGCTL_REPLICA", "http://p:8014");
        assert_eq!(
            resolve(None, &[replica, token]).expect("a place"),
            prod("other")
        );
        let flags = FlagLocation::Files(vec!["a".into(), "b".into()]);
        assert_eq!(
            resolve(None, &[("FLAGCTL_FLAGS", "a:b")]).expect("a place"),
            flags
        );
        let why = resolve(Some("prd"), &[config])
            .expect_err("there is none")
            .to_string();
        assert!(
            why.ends_with("has no context `prd`: did you mean `prod`?"),
            "{why}"
        );
        assert!(!format!("{:?}", prod("hush-hush")).contains("hush"));
        assert!(resolve(None, &[("HOME", "/nonexistent")]).is_err());
    }

    #[test]
    fn config_errors_have_positions_and_reveal_no_token() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.yaml");
        let text = "contexts:\n  a: { token: hush-hush, flags: [x], replica: y }\n  b: { tokn: hush-hush, flags: x }\n  c: { replica: z, token: [hush-hush] }\n";
        std::fs::write(&path, text).expect("a file");
        let config = ("FLAGCTL_CONFIG", path.to_str().expect("text"));
        let why = resolve(Some("a"), &[config])
            .expect_err("mistakes")
            .to_string();
        for place in [":2:6: ", ":3:8: ", ":4:27: "] {
            assert!(why.contains(place), "{place} {why}");
        }
        assert!(!why.contains("hush"), "{why}");
    }
}
