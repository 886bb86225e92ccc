//! Reads flag files, directories and globs from disk, with a size limit.

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::flag_file::RawFlagFile;
use crate::limits;
use crate::source::file::file_pattern::FilePattern;

/// Reads the flag files of paths, directories and globs, in the order in which they are merged.
pub fn read_texts(paths: &[PathBuf]) -> Vec<RawFlagFile> {
    let mut texts = Vec::new();
    for path in paths {
        match FilePattern::from_path(path).files() {
            Ok(files) => texts.extend(files.iter().map(|path| read_text(path))),
            Err(error) => texts.push(RawFlagFile {
                name: display_name(path),
                bytes: Err(error.to_string()),
            }),
        }
    }
    texts
}

fn read_text(path: &Path) -> RawFlagFile {
    RawFlagFile {
        name: display_name(path),
        bytes: read_bounded(path),
    }
}

/// The name of a file in diagnostics.
pub fn display_name(path: &Path) -> Arc<str> {
    let name = path.to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).into()
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(limits::DOCUMENT + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    enforce_size_limit(bytes)
}

/// Returns the bytes of a flag file unchanged.
///
/// # Errors
/// If there are more than [`limits::DOCUMENT`].
pub fn enforce_size_limit(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 > limits::DOCUMENT {
        let most = limits::DOCUMENT;
        return Err(format!("the file is larger than {most} bytes: split it"));
    }
    Ok(bytes)
}
