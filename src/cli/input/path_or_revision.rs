//! An argument that is either a path or `REV:PATH` of a git repository.

use std::path::Path;

use crate::cli::input::git;
use crate::cli::input::loaded_flags;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::rule::bucketing::bucketing_value::FractionalVersion;

/// Loads the flags that an argument names: an existing path or a glob, or else `REV:PATH`; `-` is standard input. A path
/// that exists here and not in the revision has no flags there.
///
/// # Errors
/// If they cannot be read or parsed.
pub fn load_path_or_revision(argument: &str) -> anyhow::Result<LoadedFlags> {
    let Some((revision, path)) = split_revision(argument) else {
        return loaded_flags::load_paths(&[argument.into()], FractionalVersion::V2);
    };
    let texts = git::read_revision(revision, path)?;
    if texts.is_empty() && !path.exists() {
        let path = path.display();
        anyhow::bail!("no flag files in `{argument}`: revision `{revision}` has no `{path}`");
    }
    loaded_flags::compile_texts(texts, FractionalVersion::V2)
}

/// The revision and the path of `REV:PATH`; `None` for a path.
fn split_revision(argument: &str) -> Option<(&str, &Path)> {
    let revision = argument.split_once(':');
    let revision = revision.filter(|(revision, _)| !revision.is_empty());
    let (revision, path) = revision.filter(|_| !Path::new(argument).exists())?;
    Some((revision, Path::new(path)))
}
