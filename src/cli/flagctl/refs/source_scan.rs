//! Goes over a tree of source code, on all cores, past what `.gitignore`, `.ignore` and their like leave out.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::Context as _;
use ignore::DirEntry;
use ignore::WalkBuilder;
use ignore::WalkState;
use ignore::overrides::OverrideBuilder;

use crate::analysis::code_refs::ReferenceScanner;
use crate::diag::Position;
use crate::limits;

/// What source files are called.
const SOURCE_EXTENSIONS: [&str; 42] = [
    "astro", "c", "cc", "cjs", "clj", "cljs", "cpp", "cs", "cshtml", "cts", "cxx", "dart", "erl",
    "ex", "exs", "fs", "go", "groovy", "h", "hpp", "html", "java", "js", "jsx", "kt", "kts", "lua",
    "m", "mjs", "mm", "mts", "php", "py", "rb", "razor", "rs", "scala", "svelte", "swift", "ts",
    "tsx", "vue",
];

/// The keys that calls in one file name.
#[derive(Debug)]
pub struct FileReferences {
    /// The file.
    pub file: String,
    /// Each key, and where it stands.
    pub references: Vec<(Position, String)>,
}

/// Scans all source files at and below `paths`, but for those that the globs `left_out` match. Sorted by
/// file.
///
/// # Errors
/// If a path does not exist, or a glob cannot be understood.
pub fn scan(
    paths: &[PathBuf],
    left_out: &[String],
    search: &ReferenceScanner,
) -> anyhow::Result<Vec<FileReferences>> {
    let Some((first, more)) = paths.split_first() else {
        return Ok(Vec::new());
    };
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        anyhow::bail!("there is no {}", path.display());
    }
    let mut walk = WalkBuilder::new(first);
    for path in more {
        walk.add(path);
    }
    let mut globs = OverrideBuilder::new(".");
    for glob in left_out {
        globs
            .add(&format!("!{glob}"))
            .with_context(|| format!("`{glob}` is no glob"))?;
    }
    walk.overrides(globs.build().context("too many globs")?)
        .require_git(false);
    let found = Mutex::new(Vec::new());
    walk.build_parallel().run(|| {
        let found = &found;
        Box::new(move |entry| {
            // What cannot be listed or read is not source code that can be built.
            if let Ok(entry) = entry
                && let Some(uses) = scan_file(&entry, search)
            {
                found
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(uses);
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by(|a: &FileReferences, b: &FileReferences| a.file.cmp(&b.file));
    Ok(found)
}

fn scan_file(entry: &DirEntry, search: &ReferenceScanner) -> Option<FileReferences> {
    let path = entry.path();
    let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
    if !is_file || !(is_source_file(path) || entry.depth() == 0) {
        return None;
    }
    if entry.metadata().ok()?.len() > limits::SCANNED_SOURCE_FILE {
        return None;
    }
    let code = std::fs::read(path).ok()?;
    if code.iter().take(1024).any(|byte| *byte == 0) {
        return None;
    }
    let uses = search.scan(&code);
    if uses.is_empty() {
        return None;
    }
    let name = path.to_string_lossy();
    let place = |at: usize| {
        let before = String::from_utf8_lossy(code.get(..at).unwrap_or(&[]));
        crate::json::position_at(&before, before.len())
    };
    Some(FileReferences {
        file: name.strip_prefix("./").unwrap_or(&name).to_owned(),
        references: uses
            .into_iter()
            .map(|found| (place(found.offset), found.key))
            .collect(),
    })
}

fn is_source_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| SOURCE_EXTENSIONS.contains(&&*extension.to_ascii_lowercase()))
}
