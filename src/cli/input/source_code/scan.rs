//! Scans source trees for flag keys, on all cores; `.gitignore` and `.ignore` files apply.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::Context as _;
use ignore::DirEntry;
use ignore::WalkBuilder;
use ignore::WalkParallel;
use ignore::WalkState;
use ignore::overrides::OverrideBuilder;

use crate::analysis::code_refs::ReferenceScanner;
use crate::analysis::code_refs::code_references::FileReferences;
use crate::json;
use crate::limits;

/// File extensions of source code.
const SOURCE_EXTENSIONS: [&str; 42] = [
    "astro", "c", "cc", "cjs", "clj", "cljs", "cpp", "cs", "cshtml", "cts", "cxx", "dart", "erl",
    "ex", "exs", "fs", "go", "groovy", "h", "hpp", "html", "java", "js", "jsx", "kt", "kts", "lua",
    "m", "mjs", "mm", "mts", "php", "py", "rb", "razor", "rs", "scala", "svelte", "swift", "ts",
    "tsx", "vue",
];

/// Scans all source files at and below `paths`, except those that the globs `ignored` match. The result is sorted by
/// file.
///
/// # Errors
/// If a path does not exist, or a glob is invalid.
pub fn scan(
    paths: &[PathBuf],
    ignored: &[String],
    scanner: &ReferenceScanner,
) -> anyhow::Result<Vec<FileReferences>> {
    let Some((first, more)) = paths.split_first() else {
        return Ok(Vec::new());
    };
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        anyhow::bail!("{}: no such file or directory", path.display());
    }
    let walk = parallel_walk(first, more, ignored)?;
    let found = Mutex::new(Vec::new());
    walk.run(|| {
        let found = &found;
        Box::new(move |entry| {
            // Entries that cannot be listed or read are skipped: no build can read them either.
            if let Ok(entry) = entry
                && let Some(references) = scan_file(&entry, scanner)
            {
                found
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(references);
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by(|a: &FileReferences, b: &FileReferences| a.file.cmp(&b.file));
    Ok(found)
}

fn parallel_walk(
    first: &Path,
    more: &[PathBuf],
    ignored: &[String],
) -> anyhow::Result<WalkParallel> {
    let mut walk = WalkBuilder::new(first);
    for path in more {
        walk.add(path);
    }
    let mut globs = OverrideBuilder::new(".");
    for glob in ignored {
        globs
            .add(&format!("!{glob}"))
            .with_context(|| format!("invalid glob `{glob}`"))?;
    }
    walk.overrides(globs.build().context("too many globs")?)
        .require_git(false);
    Ok(walk.build_parallel())
}

fn scan_file(entry: &DirEntry, scanner: &ReferenceScanner) -> Option<FileReferences> {
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
    let found = scanner.scan(&code);
    if found.is_empty() {
        return None;
    }
    let name = path.to_string_lossy();
    let position = |offset: usize| {
        let before = String::from_utf8_lossy(code.get(..offset).unwrap_or(&[]));
        json::position_at(&before, before.len())
    };
    let references = found.into_iter();
    let references = references.map(|reference| (position(reference.offset), reference.key));
    Some(FileReferences {
        file: name.strip_prefix("./").unwrap_or(&name).to_owned(),
        references: references.collect(),
    })
}

fn is_source_file(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| SOURCE_EXTENSIONS.contains(&&*extension.to_ascii_lowercase()))
}
