//! How closely to look at files.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

/// A look at all files. Those are read of which the file system says that they changed, and some of which it does not.
#[derive(Debug, Default)]
pub struct Look {
    /// Whether all of them are: something happened, and nobody knows where.
    pub all: bool,
    /// Those at which something happened are, too.
    pub touched: BTreeSet<PathBuf>,
    /// Those that somebody is writing wait.
    pub busy: BTreeSet<PathBuf>,
}

impl Look {
    /// A look at everything.
    pub fn all() -> Look {
        Look {
            all: true,
            ..Look::default()
        }
    }

    /// Whether a file must be read whatever the file system says about it.
    pub fn is_at(&self, path: &Path) -> bool {
        self.all || has(&self.touched, path)
    }

    /// Whether somebody is writing a file.
    pub fn is_busy(&self, path: &Path) -> bool {
        has(&self.busy, path)
    }
}

/// Whether a file, or the one that it links to, is among `paths`, which are as the file system's events name them.
fn has(paths: &BTreeSet<PathBuf>, path: &Path) -> bool {
    let is_one = |path: std::io::Result<PathBuf>| path.is_ok_and(|path| paths.contains(&path));
    !paths.is_empty() && (is_one(std::path::absolute(path)) || is_one(path.canonicalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_name_a_file_or_what_it_links_to() {
        let directory = tempfile::tempdir().expect("a directory");
        let real = directory.path().canonicalize().expect("a path");
        let (file, link) = (real.join("flags.json"), real.join("link.json"));
        std::fs::write(&file, "{}").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        let look = Look {
            touched: BTreeSet::from([file.clone()]),
            ..Look::default()
        };
        assert!(look.is_at(&file) && look.is_at(&link));
        assert!(!look.is_at(&real.join("other.json")) && !look.is_busy(&file));
        assert!(Look::all().is_at(&real.join("other.json")));
        let relative = Path::new("no-such-file.json");
        let busy = BTreeSet::from([std::path::absolute(relative).expect("a path")]);
        let look = Look {
            busy,
            ..Look::default()
        };
        assert!(look.is_busy(relative) && !look.is_at(relative));
    }
}
