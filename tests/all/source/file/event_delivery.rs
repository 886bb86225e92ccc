//! Changes of files that are not polled. A change without an event would never be seen.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use crate::support::sources::watched_files::WatchedFiles;
use crate::support::sources::watched_files::watch_files;
use crate::support::sources::watched_files::yaml_document;
use crate::support::temp_dir::TempDir;

/// Writes a document to a path below a directory.
fn write(root: &Path, path: &str, variant: &str) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    fs::write(&path, yaml_document(variant)).expect("a file");
    path
}

/// Watches a file until it is no longer polled.
fn follow(path: &Path) -> WatchedFiles {
    let watched = watch_files(&[path]);
    watched.wait_until_followed();
    watched
}

#[test]
fn replaced_ancestor_directory_is_seen() {
    let directory = TempDir::new();
    let root = directory.path();
    let path = write(root, "a/b/c/flags.yaml", "v1");
    let watched = follow(&path);
    write(root, "next/b/c/flags.yaml", "v2");
    fs::rename(root.join("a"), root.join("old")).expect("renamed");
    fs::rename(root.join("next"), root.join("a")).expect("renamed");
    watched.wait_for_variant("v2");
    watched.wait_until_followed();
    write(root, "a/b/c/flags.yaml", "v3");
    watched.wait_for_variant("v3");
}

#[test]
fn replaced_symlink_on_the_way_is_seen() {
    let directory = TempDir::new();
    let root = directory.path();
    write(root, "one/flags.yaml", "v1");
    write(root, "two/flags.yaml", "v2");
    fs::create_dir(root.join("links")).expect("created");
    let link = |target: &str| {
        symlink(target, root.join("links/next")).expect("linked");
        fs::rename(root.join("links/next"), root.join("links/active")).expect("renamed");
    };
    link("../one");
    // The directory with the symlink is on the way, but holds no files.
    symlink("links/active", root.join("entry")).expect("linked");
    let watched = follow(&root.join("entry/flags.yaml"));
    link("../two");
    watched.wait_for_variant("v2");
    watched.wait_until_followed();
    write(root, "two/flags.yaml", "v3");
    watched.wait_for_variant("v3");
}

#[test]
fn write_by_another_name_is_seen() {
    let directory = TempDir::new();
    let path = write(directory.path(), "flags.yaml", "v1");
    let other = TempDir::new();
    let name = other.path().join("name");
    fs::hard_link(&path, &name).expect("the same file system");
    let watched = follow(&path);
    fs::write(&name, yaml_document("v2")).expect("written");
    watched.wait_for_variant("v2");
}

#[test]
fn second_source_keeps_the_watches_of_the_first() {
    let directory = TempDir::new();
    let root = directory.path();
    // The directory of the first file is on the way to the second.
    let first = write(root, "flags.yaml", "v1");
    let second = write(root, "below/flags.yaml", "v2");
    let watched = watch_files(&[&second, &first]);
    watched.wait_until_followed();
    fs::write(&first, yaml_document("v3")).expect("written");
    watched.wait_for_variant("v3");
    watched.wait_until_followed();
    fs::rename(&second, root.join("gone")).expect("renamed");
    fs::write(&first, yaml_document("v4")).expect("written");
    watched.wait_for_variant("v4");
}

#[test]
fn file_that_a_process_keeps_open_is_read_after_a_pause() {
    let directory = TempDir::new();
    let path = write(directory.path(), "flags.yaml", "v1");
    let watched = follow(&path);
    let mut file = fs::File::create(&path).expect("a file");
    file.write_all(yaml_document("v2").as_bytes())
        .expect("written");
    watched.wait_for_variant("v2");
}

#[test]
fn new_file_in_a_directory_is_seen() {
    let directory = TempDir::new();
    write(directory.path(), "1.yaml", "v1");
    let watched = follow(directory.path());
    write(directory.path(), "2.yaml", "v2");
    watched.wait_for_variant("v2");
    watched.wait_until_followed();
    fs::remove_file(directory.path().join("2.yaml")).expect("removed");
    watched.wait_for_variant("v1");
}
