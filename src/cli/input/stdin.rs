//! Standard input in place of a file: the argument `-`.

use std::io;
use std::io::Read as _;
use std::path::Path;

use crate::limits;

/// The argument that names standard input.
const ARGUMENT: &str = "-";

/// Returns true if an argument names standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == ARGUMENT
}

/// Reads standard input, up to one byte beyond the size limit of a flag file.
///
/// # Errors
/// If it cannot be read.
pub fn read_bytes() -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut input = io::stdin().lock().take(limits::DOCUMENT + 1);
    let read = input.read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    Ok(bytes)
}

/// Checks that at most one of `arguments` names standard input, which can be read once.
///
/// # Errors
/// If several do.
pub fn check_single_use<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> anyhow::Result<()> {
    let uses = arguments.into_iter().filter(|path| is_stdin(path)).count();
    anyhow::ensure!(
        uses <= 1,
        "standard input (`-`) can be read once, and {uses} arguments name it"
    );
    Ok(())
}
