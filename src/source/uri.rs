//! `--uri`: what a source is called and what kind of source that makes it.

use std::path::PathBuf;

/// A source as the operator names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// `file:PATH`, where the path is that of a file or a directory, or a glob.
    File(PathBuf),
}

/// The prefixes of flagd's other sources.
const OTHERS: [&str; 11] = [
    "http://",
    "https://",
    "grpc://",
    "grpcs://",
    "gs://",
    "azblob://",
    "s3://",
    "core.openfeature.dev",
    "envoy",
    "dns",
    "unix:",
];

impl Uri {
    /// Reads a `--uri`.
    ///
    /// # Errors
    /// A sentence for the operator, if the text names no source that this program has.
    pub fn parse(text: &str) -> Result<Uri, String> {
        match text.strip_prefix("file:") {
            Some("") => Err(format!(
                "invalid sync uri argument: {text}, the path is missing"
            )),
            Some(path) => Ok(Uri::File(path.into())),
            None if OTHERS.iter().any(|prefix| text.starts_with(prefix)) => Err(format!(
                "sync uri argument {text} names a kind of source that is not supported; use 'file:'"
            )),
            None => Err(format!(
                "invalid sync uri argument: {text}, must start with 'file:'"
            )),
        }
    }
}
