//! `fanion-control backup` and `restore`.

use std::path::PathBuf;

use crate::cli::output::stdout;
use crate::control::store;

/// The arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// Directory of the store.
    #[arg(long, value_name = "DIR", default_value = "fanion-data")]
    data_dir: PathBuf,
    /// File to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// The arguments of `restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// Backup to read.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Directory of the new store; it must be empty or not exist.
    #[arg(long, value_name = "DIR", default_value = "fanion-data")]
    data_dir: PathBuf,
}

/// Writes a backup.
///
/// # Errors
/// If the store cannot be read, or the file cannot be written.
pub fn backup(arguments: &BackupArgs) -> Result<(), Vec<String>> {
    let written = store::backup(&arguments.data_dir, &arguments.to);
    written.map_err(|error| vec![error.to_string()])?;
    say(&format!("wrote {}\n", arguments.to.display()))
}

/// Creates a data directory from a backup.
///
/// # Errors
/// If the backup is damaged, or the directory has files.
pub fn restore(arguments: &RestoreArgs) -> Result<(), Vec<String>> {
    let restored = store::restore(&arguments.from, &arguments.data_dir);
    restored.map_err(|error| vec![error.to_string()])?;
    say(&format!(
        "restored {}; replicas with a revision that is not in the backup keep it until `flagctl sync --force` or a kill\n",
        arguments.data_dir.display()
    ))
}

fn say(text: &str) -> Result<(), Vec<String>> {
    stdout::write_or_message(text.as_bytes())
}
