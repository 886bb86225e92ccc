//! An argument that is either a path or `REV:PATH` of a git repository.

use std::path::Path;

use crate::cli::input::git;
use crate::cli::input::loaded_flags;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::rule::bucketing::bucketing_value::FractionalVersion;

/// Loads the flags that an argument names: an existing path or a glob, or else `REV:PATH`.
///
/// # Errors
/// If they cannot be read.
pub fn load_path_or_revision(argument: &str) -> anyhow::Result<LoadedFlags> {
    let path = Path::new(argument);
    let revision = argument.split_once(':').filter(|_| !path.exists());
    match revision {
        Some((revision, path)) if !revision.is_empty() => loaded_flags::compile_texts(
            git::read_revision(revision, Path::new(path))?,
            FractionalVersion::V2,
        ),
        _ => loaded_flags::load_paths(&[path.to_owned()], FractionalVersion::V2),
    }
}
