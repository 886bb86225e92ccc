//! `--env`: contexts in a configuration file, and `FLAGCTL_*` variables in place of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use ecow::EcoString;

use crate::analysis::lint::policy::setting_parser::for_each_known_member;
use crate::config::file;
use crate::diag;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Where flags are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagLocation {
    /// In these files.
    Files(Vec<PathBuf>),
    /// At this replica.
    Replica(ReplicaEndpoint),
}

/// A replica.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplicaEndpoint {
    /// Its management port.
    pub url: String,
    /// What it wants to hear.
    pub token: Option<String>,
}

impl fmt::Debug for ReplicaEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicaEndpoint")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The configuration.
#[derive(Debug, Default)]
pub struct FlagctlConfig {
    contexts: BTreeMap<EcoString, FlagLocation>,
    current: Option<String>,
}

impl FlagctlConfig {
    /// The place that is meant: what was named, or else what the variables or the configuration name. `FLAGCTL_CONFIG` is
    /// the configuration, `FLAGCTL_ENV` the context; `FLAGCTL_REPLICA`, `FLAGCTL_TOKEN` and `FLAGCTL_FLAGS` stand in for one.
    ///
    /// # Errors
    /// If nothing is named, or the configuration cannot be understood.
    pub fn resolve_location(
        env: Option<&str>,
        replica: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<FlagLocation> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let token = set("FLAGCTL_TOKEN");
        let remote = |url: &str, token: Option<String>| {
            let url = url.to_owned();
            FlagLocation::Replica(ReplicaEndpoint { url, token })
        };
        if let Some(url) = replica {
            return Ok(remote(url, token));
        }
        let named = env.map(ToOwned::to_owned).or_else(|| set("FLAGCTL_ENV"));
        if named.is_none() {
            if let Some(url) = set("FLAGCTL_REPLICA") {
                return Ok(remote(&url, token));
            }
            if let Some(paths) = set("FLAGCTL_FLAGS") {
                return Ok(FlagLocation::Files(std::env::split_paths(&paths).collect()));
            }
        }
        let (environment, path) = FlagctlConfig::read_config_file(&set)?;
        let path = path.display();
        let name = named.or(environment.current);
        let name = name.with_context(|| {
            format!("where are the flags? say --flags PATH, --replica URL or --env NAME, or write `current: NAME` into {path}")
        })?;
        let Some(place) = environment.contexts.get(&*name) else {
            let known = || environment.contexts.keys().map(AsRef::as_ref);
            let help = match diag::closest_match(&name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are: {}", known().collect::<Vec<_>>().join(", ")),
            };
            anyhow::bail!("{path} has no context `{name}`: {help}");
        };
        Ok(match place.clone() {
            FlagLocation::Replica(mut replica) => {
                replica.token = token.or(replica.token);
                FlagLocation::Replica(replica)
            }
            files @ FlagLocation::Files(_) => files,
        })
    }

    /// The configuration, and where it is looked for. A file that nobody named may be missing.
    fn read_config_file(
        set: &impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<(FlagctlConfig, PathBuf)> {
        let named = set("FLAGCTL_CONFIG").map(PathBuf::from);
        let base = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let base = base.or_else(|| Some(Path::new(&set("HOME")?).join(".config")));
        let usual = base.unwrap_or_default().join("flagctl").join("config.yaml");
        if named.is_none() && !usual.is_file() {
            return Ok((FlagctlConfig::default(), usual));
        }
        let path = named.unwrap_or(usual);
        let mut report = DiagnosticSink::new(path.to_string_lossy().into());
        let root = file::read_node(&path, &mut report);
        let root = root.map_err(|why| anyhow::anyhow!("cannot read {}: {why}", path.display()))?;
        let environment = root
            .map(|root| parse_config(&root, &path, &mut report))
            .unwrap_or_default();
        let found = report.finish();
        let mistakes = found.iter().filter(|d| d.severity == Severity::Error);
        let mistakes: Vec<String> = mistakes.map(ToString::to_string).collect();
        if !mistakes.is_empty() {
            anyhow::bail!("{}", mistakes.join("\n"));
        }
        Ok((environment, path))
    }
}

fn parse_config(root: &Node, path: &Path, report: &mut DiagnosticSink) -> FlagctlConfig {
    let mut environment = FlagctlConfig::default();
    for_each_known_member(
        root,
        &["contexts", "current"],
        report,
        |name, node, report| match name {
            "current" => environment.current = parse_non_empty_string(node, report),
            _ => {
                for context in node.as_map().unwrap_or_default() {
                    if let Some(place) = parse_context_entry(&context.value, path, report) {
                        environment.contexts.insert(context.key.clone(), place);
                    }
                }
            }
        },
    );
    environment
}

/// A context has `flags`, or `replica` and perhaps `token` or `tokenFile`. What a token is, is never told.
fn parse_context_entry(
    node: &Node,
    path: &Path,
    report: &mut DiagnosticSink,
) -> Option<FlagLocation> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let (mut flags, mut url, mut token, mut file) = (Vec::new(), None, None, None);
    let known = ["flags", "replica", "token", "tokenFile"];
    for_each_known_member(node, &known, report, |name, node, report| match name {
        "flags" => {
            let items = match &node.kind {
                NodeKind::List(items) => items,
                _ => std::slice::from_ref(node),
            };
            flags = items
                .iter()
                .filter_map(|item| Some(directory.join(parse_non_empty_string(item, report)?)))
                .collect();
        }
        "replica" => url = parse_non_empty_string(node, report),
        "token" => token = parse_non_empty_string(node, report),
        _ => {
            file = parse_non_empty_string(node, report)
                .map(|file| (directory.join(file), node.position))
        }
    });
    if let Some((file, place)) = file {
        match std::fs::read_to_string(&file) {
            Ok(text) => token = Some(text.trim().to_owned()),
            Err(error) => {
                let message = format!("cannot read {}: {error}", file.display());
                report.error(diag::Code::Configuration, place, message, "");
            }
        }
    }
    match (url, flags.is_empty()) {
        (Some(url), true) => Some(FlagLocation::Replica(ReplicaEndpoint { url, token })),
        (None, false) => Some(FlagLocation::Files(flags)),
        (None, true) | (Some(_), false) => {
            let message = "a context has either `flags` or `replica`";
            report.error(diag::Code::Configuration, node.position, message, "");
            None
        }
    }
}

fn parse_non_empty_string(node: &Node, report: &mut DiagnosticSink) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        let message = format!(
            "this is {}, must be a string that is not empty",
            node.type_name()
        );
        report.error(diag::Code::Configuration, node.position, message, "");
    }
    text.map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(env: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<FlagLocation> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        FlagctlConfig::resolve_location(env, None, variable)
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
