//! The token with full access to the API: from the file that an option names, or from one that is created at the first
//! start.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::fanion_control::options::StartOptions;
use crate::control::access::secret;
use crate::serve::http::auth::token_file::TokenFile;

/// The name of the file that is created.
const FILE_NAME: &str = "bootstrap-token";

/// Reads the token; creates its file first if no option names one and it does not exist yet.
///
/// # Errors
/// If the file cannot be read or created.
pub fn load(options: &StartOptions) -> Result<Arc<TokenFile>, String> {
    let path = match &options.bootstrap_token_path {
        Some(path) => path.clone(),
        None => make(&options.data_dir)?,
    };
    let shown = path.display().to_string();
    let file = TokenFile::load(path, "bootstrap token");
    let file =
        file.map_err(|error| format!("cannot use {shown} for --bootstrap-token-path: {error}"))?;
    Ok(Arc::new(file))
}

/// Returns the file in the data directory; creates it if it does not exist. Only its owner can read it.
fn make(directory: &Path) -> Result<PathBuf, String> {
    let path = directory.join(FILE_NAME);
    let failed =
        |error: &dyn std::fmt::Display| format!("cannot create {}: {error}", path.display());
    if path.exists() {
        return Ok(path);
    }
    // A crash must not leave an empty file.
    let new = directory.join(format!(".{FILE_NAME}.new"));
    let created = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new);
    let mut file = created.map_err(|error| failed(&error))?;
    let token = secret::generate(secret::TOKEN_PREFIX).map_err(|error| failed(&error))?;
    let written = writeln!(file, "{token}").and_then(|()| file.sync_all());
    let named = written.and_then(|()| std::fs::rename(&new, &path));
    named.map_err(|error| failed(&error))?;
    tracing::info!(path = %path.display(), "created the bootstrap token");
    Ok(path)
}
