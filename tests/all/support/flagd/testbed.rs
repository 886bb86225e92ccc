//! flagd's public test suite: the checkout beside this repository, else the copy in `tests/data/testbed`.

use std::path::Path;
use std::path::PathBuf;

/// Returns the directory that holds `gherkin/` and `flags/` of the suite.
pub fn directory() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = ["../shared/testbed", "tests/data/testbed"].map(|path| root.join(path));
    let found = candidates
        .into_iter()
        .find(|path| path.join("gherkin").is_dir());
    found.expect("flagd's test suite: restore tests/data/testbed from version control")
}
