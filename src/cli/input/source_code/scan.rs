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
use crate::analysis::flag_file;
use crate::cli::input::stdin;
use crate::json;
use crate::limits;

/// File extensions of source code.
const SOURCE_EXTENSIONS: [&str; 42] = [
    "astro", "c", "cc", "cjs", "clj", "cljs", "cpp", "cs", "cshtml", "cts", "cxx", "dart", "erl",
    "ex", "exs", "fs", "go", "groovy", "h", "hpp", "html", "java", "js", "jsx", "kt", "kts", "lua",
    "m", "mjs", "mm", "mts", "php", "py", "rb", "razor", "rs", "scala", "svelte", "swift", "ts",
    "tsx", "vue",
];

/// Scans all source files at and below `paths`, except those that the globs `ignored` match; `-` is standard input. The
/// result is sorted by file.
///
/// # Errors
/// If a path does not exist, or a glob is invalid.
pub fn scan(
    paths: &[PathBuf],
    ignored: &[String],
    scanner: &ReferenceScanner,
) -> anyhow::Result<Vec<FileReferences>> {
    if paths.iter().any(|path| stdin::is_stdin(path)) {
        let code = stdin::read_bytes().map_err(anyhow::Error::msg)?;
        let found = references(flag_file::STANDARD_INPUT, &code, None, scanner);
        let files = paths.iter().filter(|path| !stdin::is_stdin(path));
        let files: Vec<PathBuf> = files.cloned().collect();
        let more = scan(&files, ignored, scanner)?;
        return Ok(found.into_iter().chain(more).collect());
    }
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
    if !is_file || !(source_extension(path).is_some() || entry.depth() == 0) {
        return None;
    }
    if entry.metadata().ok()?.len() > limits::SCANNED_SOURCE_FILE {
        return None;
    }
    let code = std::fs::read(path).ok()?;
    if code.iter().take(1024).any(|byte| *byte == 0) {
        return None;
    }
    let name = path.to_string_lossy();
    let name = name.strip_prefix("./").unwrap_or(&name);
    references(name, &code, source_extension(path).as_deref(), scanner)
}

/// The references in the code of one file, if there are any.
fn references(
    name: &str,
    code: &[u8],
    extension: Option<&str>,
    scanner: &ReferenceScanner,
) -> Option<FileReferences> {
    let found = scanner.scan(code, extension);
    if found.is_empty() {
        return None;
    }
    let position = |offset: usize| {
        let before = String::from_utf8_lossy(code.get(..offset).unwrap_or(&[]));
        json::position_at(&before, before.len())
    };
    let references = found.into_iter();
    let references = references.map(|reference| (position(reference.offset), reference.key));
    Some(FileReferences {
        file: name.to_owned(),
        references: references.collect(),
    })
}

/// The extension of a file, if it is one of source code.
fn source_extension(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    SOURCE_EXTENSIONS
        .contains(&&*extension)
        .then_some(extension)
}
