//! Reload of directories, globs and Kubernetes `ConfigMap` mounts.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::sources::watched_files::watch_files;
use crate::support::sources::watched_files::yaml_document;
use crate::support::temp_dir::TempDir;

#[test]
fn config_map_symlink_swap_is_reloaded() {
    let directory = TempDir::new();
    let root = directory.path();
    let version = |name: &str| {
        fs::create_dir(root.join(name)).expect("a directory");
        fs::write(root.join(name).join("flags.yaml"), yaml_document(name)).expect("a file");
    };
    let swap = |name: &str| {
        symlink(name, root.join("..data_tmp")).expect("a link");
        fs::rename(root.join("..data_tmp"), root.join("..data")).expect("renamed");
    };
    version("v1");
    swap("v1");
    let path = root.join("flags.yaml");
    symlink("..data/flags.yaml", &path).expect("a link");
    // As a single file, and as a directory.
    let (single, whole) = (watch_files(&[&path]), watch_files(&[root]));
    for name in ["v2", "v3", "v4"] {
        version(name);
        swap(name);
        fs::remove_dir_all(root.join(format!(
            "v{}",
            name[1..].parse::<u8>().expect("a number") - 1
        )))
        .expect("removed");
        single.wait_for_variant(name);
        whole.wait_for_variant(name);
    }
}

#[test]
fn recreated_directory_is_watched_again() {
    let parent = TempDir::new();
    let directory = parent.path().join("mounted");
    let path = directory.join("flags.yaml");
    fs::create_dir(&directory).expect("a directory");
    fs::write(&path, yaml_document("v1")).expect("a file");
    let watched = watch_files(&[&path]);
    fs::remove_dir_all(&directory).expect("removed");
    fs::create_dir(&directory).expect("a directory");
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
    // A second edit shows that the new directory is watched.
    fs::write(&path, yaml_document("v3")).expect("a file");
    watched.wait_for_variant("v3");
}

#[test]
fn editor_temporary_files_are_ignored() {
    let directory = TempDir::new();
    let path = directory.path().join("flags.yaml");
    fs::write(&path, yaml_document("v1")).expect("a file");
    let watched = watch_files(&[directory.path()]);
    for name in [
        ".flags.yaml.swp",
        ".#flags.yaml",
        "#flags.yaml#",
        "flags.yaml~",
        "4913",
        ".hidden.yaml",
    ] {
        directory.write(name, yaml_document("wrong"));
    }
    // vim renames the old file and creates a new one.
    fs::rename(&path, directory.path().join("flags.yaml~")).expect("renamed");
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
}

#[test]
fn directory_created_later_is_loaded() {
    let parent = TempDir::new();
    let directory = parent.path().join("late");
    let watched = watch_files(&[&directory]);
    assert_eq!(watched.generation(), 0);
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("flags.yaml"), yaml_document("v1")).expect("a file");
    watched.wait_for_variant("v1");
}

#[test]
fn directory_and_glob_follow_added_and_removed_files() {
    let directory = TempDir::new();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("10-base.yaml"), yaml_document("base")).expect("a file");
    let watched = watch_files(&[directory.path()]);
    let glob = directory.path().join("*.yaml");
    let globbed = watch_files(&[&glob]);
    fs::write(at("20-over.yml"), yaml_document("ignored-by-the-glob")).expect("a file");
    watched.wait_for_variant("ignored-by-the-glob");
    fs::write(at("30-top.yaml"), yaml_document("top")).expect("a file");
    watched.wait_for_variant("top");
    globbed.wait_for_variant("top");
    fs::remove_file(at("30-top.yaml")).expect("removed");
    watched.wait_for_variant("ignored-by-the-glob");
    globbed.wait_for_variant("base");
}
