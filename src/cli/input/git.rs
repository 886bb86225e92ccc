//! Flag files as they stand in a revision of a git repository, read by running `git`.

use std::path::Path;
use std::process::Command;

use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::files;
use crate::cli::input::files::LoadedFlags;
use crate::document::DocumentFormat;
use crate::rule::bucketing::bucketing_value::FractionalVersion;

/// The flags that an argument names: a file, a directory or a glob, or else `REV:PATH`.
///
/// # Errors
/// If they cannot be read.
pub fn load_path_or_revision(argument: &str) -> anyhow::Result<LoadedFlags> {
    let path = Path::new(argument);
    let revision = argument.split_once(':').filter(|_| !path.exists());
    match revision {
        Some((revision, path)) if !revision.is_empty() => files::compile_texts(
            read_revision(revision, Path::new(path))?,
            FractionalVersion::V2,
        ),
        _ => files::load_paths(&[path.to_owned()], FractionalVersion::V2),
    }
}

/// The flag files at `path`, a file or a directory, in `revision`. A path that is not there yet holds none.
///
/// # Errors
/// If there is no such revision, or git cannot be run.
pub fn read_revision(revision: &str, path: &Path) -> anyhow::Result<Vec<RawFlagFile>> {
    anyhow::ensure!(!revision.starts_with('-'), "`{revision}` is no revision");
    let commit = run_git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        &format!("{revision}^{{commit}}"),
    ]);
    let commit = commit.map_err(|_| anyhow::anyhow!("`{revision}` is no revision here"))?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listed = run_git(&[
        "ls-tree",
        "-z",
        "--name-only",
        &commit,
        "--",
        &ls_tree_path(path),
    ])?;
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

/// The path as `ls-tree` wants it: a directory's files are listed behind a slash.
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
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::bail!(
        "git {}: {}",
        arguments.join(" "),
        said.trim().replace('\n', ": ")
    )
}
