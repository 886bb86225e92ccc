//! The flag files that are named on a command line.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::document::Format;
use crate::document::Origin;
use crate::limits;
use crate::source::file::Selection;
use crate::study::lint::File;

/// Reads files, directories and globs, in the order in which they are laid over each other. What cannot be read is a file
/// with a diagnostic.
pub fn read(paths: &[PathBuf]) -> Vec<File> {
    let mut files = Vec::new();
    for path in paths {
        match Selection::of(path).files() {
            Ok(selected) => files.extend(selected.iter().map(|path| one(path))),
            Err(error) => files.push(File::unreadable(name(path), &error.to_string())),
        }
    }
    files
}

fn name(path: &Path) -> Arc<str> {
    let name = path.to_string_lossy();
    name.strip_prefix("./").unwrap_or(&name).into()
}

fn one(path: &Path) -> File {
    let name = name(path);
    let Some(format) = Format::of(path) else {
        return File::unreadable(name, "flag files end in .yaml, .yml or .json");
    };
    match text(path) {
        Ok(text) => {
            let source = name.clone();
            let origin = Origin { source, file: name };
            File::read(&origin, format, text)
        }
        Err(why) => File::unreadable(name, &why),
    }
}

fn text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > limits::DOCUMENT {
        return Err(format!("it is larger than {} bytes", limits::DOCUMENT));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
