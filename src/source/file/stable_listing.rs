//! Lists the files of a path set, and waits for a file that an editor is replacing.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::source::error::SourceError;
use crate::source::file::file_pattern::FilePattern;

/// The time between two listings.
const RECHECK_DELAY: Duration = Duration::from_millis(10);
/// The most listings while a known file is missing.
const MAX_RECHECKS: usize = 10;

/// Returns the files. If one of the `known` files is missing, lists again for a while: some editors move a file away
/// before they write the new one.
///
/// # Errors
/// If the files cannot be listed, or there are none. Then the known files are kept.
pub fn list<'p>(
    path_set: &FilePattern,
    known: &(impl Iterator<Item = &'p Path> + Clone),
) -> Result<BTreeSet<PathBuf>, SourceError> {
    let mut listed = list_once(path_set);
    for _ in 0..MAX_RECHECKS {
        let is_missing =
            |paths: &BTreeSet<PathBuf>| known.clone().any(|path| !paths.contains(path));
        if !path_set.drops_missing_files() || !listed.as_ref().is_ok_and(is_missing) {
            break;
        }
        thread::sleep(RECHECK_DELAY);
        listed = list_once(path_set);
    }
    match listed {
        Ok(paths) if paths.is_empty() => Err(SourceError::NoFlagFiles),
        Ok(paths) => Ok(paths),
        Err(error) => Err(SourceError::Io(error)),
    }
}

fn list_once(path_set: &FilePattern) -> io::Result<BTreeSet<PathBuf>> {
    Ok(path_set.files()?.into_iter().collect())
}
