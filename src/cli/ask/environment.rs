//! `--env`: contexts in a configuration file, and `FLAGCTL_*` variables in place of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use ecow::EcoString;

use crate::config::file;
use crate::diag;
use crate::diag::Report;
use crate::diag::Severity;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::study::lint::policy::setting::members;

/// Where flags are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In these files.
    Files(Vec<PathBuf>),
    /// At this replica.
    Replica(Replica),
}

/// A replica.
#[derive(Clone, PartialEq, Eq)]
pub struct Replica {
    /// Its management port.
    pub url: String,
    /// What it wants to hear.
    pub token: Option<String>,
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The configuration.
#[derive(Debug, Default)]
pub struct Environment {
    contexts: BTreeMap<EcoString, Place>,
    current: Option<String>,
}

impl Environment {
    /// The place that is meant: what was named, or else what the variables or the configuration name. `FLAGCTL_CONFIG` is
    /// the configuration, `FLAGCTL_ENV` the context; `FLAGCTL_REPLICA`, `FLAGCTL_TOKEN` and `FLAGCTL_FLAGS` stand in for one.
    ///
    /// # Errors
    /// If nothing is named, or the configuration cannot be understood.
    pub fn resolve(
        env: Option<&str>,
        replica: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Place> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let token = set("FLAGCTL_TOKEN");
        let remote = |url: &str, token: Option<String>| {
            let url = url.to_owned();
            Place::Replica(Replica { url, token })
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
                return Ok(Place::Files(std::env::split_paths(&paths).collect()));
            }
        }
        let (environment, path) = Environment::load(&set)?;
        let path = path.display();
        let name = named.or(environment.current);
        let name = name.with_context(|| {
            format!("where are the flags? say --flags PATH, --replica URL or --env NAME, or write `current: NAME` into {path}")
        })?;
        let Some(place) = environment.contexts.get(&*name) else {
            let known = || environment.contexts.keys().map(AsRef::as_ref);
            let help = match diag::nearest(&name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are: {}", known().collect::<Vec<_>>().join(", ")),
            };
            anyhow::bail!("{path} has no context `{name}`: {help}");
        };
        Ok(match place.clone() {
            Place::Replica(mut replica) => {
                replica.token = token.or(replica.token);
                Place::Replica(replica)
            }
            files @ Place::Files(_) => files,
        })
    }

    /// The configuration, and where it is looked for. A file that nobody named may be missing.
    fn load(set: &impl Fn(&str) -> Option<String>) -> anyhow::Result<(Environment, PathBuf)> {
        let named = set("FLAGCTL_CONFIG").map(PathBuf::from);
        let base = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let base = base.or_else(|| Some(Path::new(&set("HOME")?).join(".config")));
        let usual = base.unwrap_or_default().join("flagctl").join("config.yaml");
        if named.is_none() && !usual.is_file() {
            return Ok((Environment::default(), usual));
        }
        let path = named.unwrap_or(usual);
        let mut report = Report::new(path.to_string_lossy().into());
        let root = file::read(&path, &mut report);
        let root = root.map_err(|why| anyhow::anyhow!("cannot read {}: {why}", path.display()))?;
        let environment = root
            .map(|root| read(&root, &path, &mut report))
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

fn read(root: &Node, path: &Path, report: &mut Report) -> Environment {
    let mut environment = Environment::default();
    members(
        root,
        &["contexts", "current"],
        report,
        |name, node, report| match name {
            "current" => environment.current = text(node, report),
            _ => {
                for context in node.as_map().unwrap_or_default() {
                    if let Some(place) = context_of(&context.value, path, report) {
                        environment.contexts.insert(context.key.clone(), place);
                    }
                }
            }
        },
    );
    environment
}

/// A context has `flags`, or `replica` and perhaps `token` or `tokenFile`. What a token is, is never told.
fn context_of(node: &Node, path: &Path, report: &mut Report) -> Option<Place> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let (mut flags, mut url, mut token, mut file) = (Vec::new(), None, None, None);
    let known = ["flags", "replica", "token", "tokenFile"];
    members(node, &known, report, |name, node, report| match name {
        "flags" => {
            let items = match &node.kind {
                Kind::List(items) => items,
                _ => std::slice::from_ref(node),
            };
            flags = items
                .iter()
                .filter_map(|item| Some(directory.join(text(item, report)?)))
                .collect();
        }
        "replica" => url = text(node, report),
        "token" => token = text(node, report),
        _ => file = text(node, report).map(|file| (directory.join(file), node.place)),
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
        (Some(url), true) => Some(Place::Replica(Replica { url, token })),
        (None, false) => Some(Place::Files(flags)),
        (None, true) | (Some(_), false) => {
            let message = "a context has either `flags` or `replica`";
            report.error(diag::Code::Configuration, node.place, message, "");
            None
        }
    }
}

fn text(node: &Node, report: &mut Report) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        let message = format!(
            "this is {}, must be a string that is not empty",
            node.type_name()
        );
        report.error(diag::Code::Configuration, node.place, message, "");
    }
    text.map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(env: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<Place> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Environment::resolve(env, None, variable)
    }

    #[test]
    fn contexts_and_variables_say_where_flags_are() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.yaml");
        let text = "current: dev\ncontexts:\n  dev: { flags: [flags] }\n  prod: { replica: 'http://p:8014', token: hush-hush }\n";
        std::fs::write(&path, text).expect("a file");
        let config = ("FLAGCTL_CONFIG", path.to_str().expect("text"));
        let files = Place::Files(vec![dir.path().join("flags")]);
        assert_eq!(resolve(None, &[config]).expect("a place"), files);
        let prod = |token: &str| {
            let (url, token) = ("http://p:8014".to_owned(), Some(token.to_owned()));
            Place::Replica(Replica { url, token })
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
        let flags = Place::Files(vec!["a".into(), "b".into()]);
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
    fn mistakes_in_the_configuration_have_a_place_and_tell_no_token() {
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
