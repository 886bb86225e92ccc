//! Reads flag files, directories and globs from disk, or standard input, with a size limit.

use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::flag_file;
use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::stdin;
use crate::document::DocumentFormat;
use crate::limits;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::source::file::file_pattern::FilePattern;

/// Reads the flag files of paths, directories and globs, in the order in which they are merged; `-` is standard input.
///
/// # Errors
/// If a directory or a glob has no flag files: a misspelt name would check nothing and succeed.
pub fn read_texts(paths: &[PathBuf]) -> anyhow::Result<Vec<RawFlagFile>> {
    stdin::check_single_use(paths.iter().map(AsRef::as_ref))?;
    let mut texts = Vec::new();
    for path in paths {
        if stdin::is_stdin(path) {
            texts.push(RawFlagFile {
                name: flag_file::STANDARD_INPUT.into(),
                bytes: stdin::read_bytes().and_then(enforce_size_limit),
            });
            continue;
        }
        let pattern = FilePattern::from_path(path);
        match pattern.files() {
            Ok(files) if files.is_empty() => anyhow::bail!("{}", no_flag_files(path, &pattern)),
            Ok(files) => texts.extend(files.iter().map(|path| read_text(path))),
            Err(error) => texts.push(RawFlagFile {
                name: display_name(path),
                bytes: Err(error.to_string()),
            }),
        }
    }
    Ok(texts)
}

fn no_flag_files(path: &Path, pattern: &FilePattern) -> String {
    let path = path.display();
    let why = match pattern {
        FilePattern::Glob(_) => "no path that ends in .yaml, .yml or .json matches",
        FilePattern::Directory(_) | FilePattern::File(_) => {
            "the directory contains no file that ends in .yaml, .yml or .json; subdirectories are not read"
        }
    };
    format!("no flag files in `{path}`: {why}")
}

/// Returns true if a path is or contains a flag file: by the name of a file, and by the content of a directory.
pub fn contains_flags(path: &Path) -> bool {
    if stdin::is_stdin(path) || DocumentFormat::from_path(path).is_some() {
        return true;
    }
    if !path.is_dir() {
        return false;
    }
    let texts = read_texts(&[path.to_owned()]).unwrap_or_default();
    let files = flag_file::parse_files(texts, FractionalVersion::default());
    files.iter().any(|file| !file.flags.is_empty())
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
