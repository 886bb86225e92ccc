//! Flag files in a revision of a git repository, read by running `git`.

use std::path::Path;
use std::process::Command;

use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::files;
use crate::document::DocumentFormat;

/// Reads the flag files at `path`, a file or a directory, in `revision`. Returns no files if the revision does not
/// contain the path.
///
/// # Errors
/// If the revision does not exist, or git cannot be run.
pub fn read_revision(revision: &str, path: &Path) -> anyhow::Result<Vec<RawFlagFile>> {
    anyhow::ensure!(!revision.starts_with('-'), "invalid revision `{revision}`");
    let commit = resolve_commit(revision)?;
    let pattern = ls_tree_path(path);
    let listed = run_git(&["ls-tree", "-z", "--name-only", &commit, "--", &pattern])?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let directory = path.is_dir() || !listed.split('\0').any(|name| Path::new(name) == path);
    let mut texts = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let name = Path::new(name);
        let hidden = name
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if DocumentFormat::from_path(name).is_none() || (directory && hidden) {
            continue;
        }
        let bytes = run_git(&[
            "cat-file",
            "blob",
            &format!("{commit}:./{}", name.display()),
        ])?;
        texts.push(RawFlagFile {
            name: files::display_name(name),
            bytes: files::enforce_size_limit(bytes),
        });
    }
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(texts)
}

fn resolve_commit(revision: &str) -> anyhow::Result<String> {
    let object = format!("{revision}^{{commit}}");
    let commit = run_git(&["rev-parse", "--verify", "--quiet", &object]);
    let commit = commit.map_err(|_| anyhow::anyhow!("unknown revision `{revision}`"))?;
    Ok(String::from_utf8_lossy(&commit).trim().to_owned())
}

/// The path for `ls-tree`, which lists the files of a directory only if the path ends with a slash.
fn ls_tree_path(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    if DocumentFormat::from_path(path).is_some() || text.ends_with('/') {
        return text;
    }
    format!("{text}/")
}

fn run_git(arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("git").args(arguments).output();
    let output = output.map_err(|error| anyhow::anyhow!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::bail!(
        "git {}: {}",
        arguments.join(" "),
        stderr.trim().replace('\n', ": ")
    )
}
