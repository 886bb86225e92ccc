//! The configuration file of `flagctl`: named contexts, each with the location of its flags.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use ecow::EcoString;

use crate::analysis::lint::policy::setting_parser;
use crate::analysis::lint::policy::setting_parser::for_each_known_member;
use crate::analysis::lint::policy::setting_parser::parse_string;
use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::config::structured_file;
use crate::diag;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::syntax_tree::Node;

/// The configuration.
#[derive(Debug, Default)]
pub struct FlagctlConfig {
    /// The location of the flags, by the name of the context.
    pub contexts: BTreeMap<EcoString, FlagLocation>,
    /// The name of the default context.
    pub current: Option<String>,
}

/// Reads the configuration. Returns it with its path: `FLAGCTL_CONFIG`, or else `flagctl/config.yaml` in the user's
/// configuration directory, which need not exist.
///
/// # Errors
/// If the file cannot be read or has errors.
pub fn read(
    variable: &impl Fn(&str) -> Option<String>,
) -> anyhow::Result<(FlagctlConfig, PathBuf)> {
    let named = variable("FLAGCTL_CONFIG").map(PathBuf::from);
    let base = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(Path::new(&variable("HOME")?).join(".config")));
    let default = base.unwrap_or_default().join("flagctl").join("config.yaml");
    if named.is_none() && !default.is_file() {
        return Ok((FlagctlConfig::default(), default));
    }
    let path = named.unwrap_or(default);
    let mut report = DiagnosticSink::new(path.to_string_lossy().into());
    let root = structured_file::read_node(&path, &mut report);
    let root = root.map_err(|why| anyhow::anyhow!("cannot read {}: {why}", path.display()))?;
    let config = root.map(|root| parse_config(&root, &path, &mut report));
    let found = report.finish();
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    if !errors.is_empty() {
        anyhow::bail!("{}", errors.join("\n"));
    }
    Ok((config.unwrap_or_default(), path))
}

fn parse_config(root: &Node, path: &Path, report: &mut DiagnosticSink) -> FlagctlConfig {
    let mut config = FlagctlConfig::default();
    for_each_known_member(
        root,
        "",
        &["contexts", "current"],
        report,
        |name, node, report| match name {
            "current" => config.current = parse_string(node, name, report),
            _ => {
                for context in node.as_map().unwrap_or_default() {
                    if let Some(location) = parse_context(&context.value, path, report) {
                        config.contexts.insert(context.key.clone(), location);
                    }
                }
            }
        },
    );
    config
}

/// Parses a context: `flags`, or `replica` and optionally `token` or `tokenFile`. Diagnostics never contain the token.
fn parse_context(node: &Node, path: &Path, report: &mut DiagnosticSink) -> Option<FlagLocation> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let (mut flags, mut url, mut token, mut token_file) = (Vec::new(), None, None, None);
    let known = ["flags", "replica", "token", "tokenFile"];
    for_each_known_member(
        node,
        "contexts",
        &known,
        report,
        |name, node, report| match name {
            "flags" => flags = parse_paths(node, directory, report),
            "replica" => url = parse_string(node, name, report),
            "token" => token = parse_string(node, name, report),
            _ => {
                let file = parse_string(node, name, report);
                token_file = file.map(|file| (directory.join(file), node.position));
            }
        },
    );
    if let Some((file, position)) = token_file {
        token = read_token(&file, position, report).or(token);
    }
    match (url, flags.is_empty()) {
        (Some(url), true) => Some(FlagLocation::Replica(ReplicaEndpoint { url, token })),
        (None, false) => Some(FlagLocation::Files(flags)),
        (None, true) | (Some(_), false) => {
            let message = "a context requires exactly one of `flags` and `replica`";
            report.error(diag::Code::Configuration, node.position, message, "");
            None
        }
    }
}

/// Parses one path or a list of paths, relative to `directory`.
fn parse_paths(node: &Node, directory: &Path, report: &mut DiagnosticSink) -> Vec<PathBuf> {
    let paths = setting_parser::parse_paths(node, "flags", report);
    paths.into_iter().map(|path| directory.join(path)).collect()
}

fn read_token(file: &Path, position: Position, report: &mut DiagnosticSink) -> Option<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) => {
            let message = format!("cannot read {}: {error}", file.display());
            report.error(diag::Code::Configuration, position, message, "");
            None
        }
    }
}
