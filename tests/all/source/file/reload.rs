//! Every way in which a file changes, and what must not happen meanwhile.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::SystemTime;

use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::spec::SourceSpec;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;
use serde_json::json;
use tempfile::TempDir;

use crate::support::daemon;
use crate::support::daemon::DEADLINE;
use crate::support::daemon::Daemon;
use crate::support::evaluate;

/// A watched path, without sockets.
struct Watched {
    live: Arc<Live>,
    _watch: Updater,
}

fn watch(paths: &[&Path]) -> Watched {
    let live = Arc::new(Live::default());
    let specs: Vec<SourceSpec> = paths.iter().map(SourceSpec::from_path).collect();
    let loader = Loader::new(&specs, &SourceConfig::default(), live.clone());
    let watch = updater::start(loader).expect("the files can be watched");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime")
        .block_on(watch.initial_load())
        .expect("it does not insist");
    Watched {
        live,
        _watch: watch,
    }
}

impl Watched {
    /// What flag `f` answers; empty if it is not there.
    fn answer(&self) -> String {
        let snapshot = self.live.load();
        match snapshot.ruleset.flag("f") {
            Some(_) => evaluate::ask(&snapshot.ruleset, "f", &json!({}))["variant"]
                .as_str()
                .unwrap_or("error")
                .to_owned(),
            None => String::new(),
        }
    }

    /// Waits until flag `f` answers `want`.
    fn answers(&self, want: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let mut generation = self.live.subscribe();
        runtime.expect("a runtime").block_on(async {
            let arrives = async {
                while self.answer() != want {
                    generation.changed().await.expect("the watch runs");
                }
            };
            let arrived = tokio::time::timeout(DEADLINE, arrives).await;
            assert!(
                arrived.is_ok(),
                "{want:?} never arrived, it is {:?}",
                self.answer()
            );
        });
    }

    fn generation(&self) -> u64 {
        self.live.load().generation
    }
}

/// A document in which flag `f` answers `variant`.
fn document(variant: &str) -> String {
    format!("flags:\n  f:\n    variants: {{ {variant}: 1 }}\n    defaultVariant: {variant}\n")
}

fn file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("flags.yaml");
    fs::write(&path, document("v1")).expect("a file");
    (directory, path)
}

/// Puts a document in place as careful writers do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).expect("a file");
    fs::rename(new, path).expect("renamed");
}

#[test]
fn file_written_in_place_is_reloaded() {
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    watched.answers("v1");
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
}

#[test]
fn atomically_replaced_file_is_reloaded() {
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    for round in 2..10 {
        replace(&path, &document(&format!("v{round}")));
        watched.answers(&format!("v{round}"));
    }
}

#[test]
fn config_map_symlink_swap_is_reloaded() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    let version = |name: &str| {
        fs::create_dir(root.join(name)).expect("a directory");
        fs::write(root.join(name).join("flags.yaml"), document(name)).expect("a file");
    };
    let swap = |name: &str| {
        symlink(name, root.join("..data_tmp")).expect("a link");
        fs::rename(root.join("..data_tmp"), root.join("..data")).expect("renamed");
    };
    version("v1");
    swap("v1");
    let path = root.join("flags.yaml");
    symlink("..data/flags.yaml", &path).expect("a link");
    // As one file, and as a directory that is mounted whole.
    let (single, whole) = (watch(&[&path]), watch(&[root]));
    for name in ["v2", "v3", "v4"] {
        version(name);
        swap(name);
        fs::remove_dir_all(root.join(format!(
            "v{}",
            name[1..].parse::<u8>().expect("a number") - 1
        )))
        .expect("removed");
        single.answers(name);
        whole.answers(name);
    }
}

#[test]
fn deleted_file_keeps_flags_until_it_returns() {
    let (directory, path) = file();
    let watched = watch(&[&path]);
    fs::remove_file(&path).expect("removed");
    // Other files show that the watcher has looked since: the deletion changed nothing.
    let other = directory.path().join("other.yaml");
    let witness = watch(&[&other]);
    fs::write(&other, document("w")).expect("a file");
    witness.answers("w");
    assert_eq!((watched.answer().as_str(), watched.generation()), ("v1", 1));
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
}

#[test]
fn recreated_directory_is_watched_again() {
    let parent = tempfile::tempdir().expect("a directory");
    let directory = parent.path().join("mounted");
    let path = directory.join("flags.yaml");
    fs::create_dir(&directory).expect("a directory");
    fs::write(&path, document("v1")).expect("a file");
    let watched = watch(&[&path]);
    fs::remove_dir_all(&directory).expect("removed");
    fs::create_dir(&directory).expect("a directory");
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
    // And again, to see that the new directory is watched as the old one was.
    fs::write(&path, document("v3")).expect("a file");
    watched.answers("v3");
}

#[test]
fn touch_creates_no_new_generation() {
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    for _ in 0..20 {
        let touched = fs::File::options()
            .append(true)
            .open(&path)
            .expect("a file");
        touched.set_modified(SystemTime::now()).expect("touched");
    }
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
    assert_eq!(
        watched.generation(),
        2,
        "only the last write made a generation"
    );
}

#[test]
fn older_modification_time_is_still_reloaded() {
    let (directory, path) = file();
    let watched = watch(&[&path]);
    let backup = directory.path().join("backup");
    fs::write(&backup, document("v0")).expect("a file");
    let past = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options()
        .append(true)
        .open(&backup)
        .expect("a file")
        .set_modified(past)
        .expect("aged");
    fs::rename(&backup, &path).expect("renamed");
    watched.answers("v0");
    // In place, with the old time put back afterwards, as rsync does it.
    fs::write(&path, document("v9")).expect("a file");
    fs::File::options()
        .append(true)
        .open(&path)
        .expect("a file")
        .set_modified(past)
        .expect("aged");
    watched.answers("v9");
}

#[test]
fn editor_temporary_files_are_ignored() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("flags.yaml");
    fs::write(&path, document("v1")).expect("a file");
    let watched = watch(&[directory.path()]);
    for name in [
        ".flags.yaml.swp",
        ".#flags.yaml",
        "#flags.yaml#",
        "flags.yaml~",
        "4913",
        ".hidden.yaml",
    ] {
        fs::write(directory.path().join(name), document("wrong")).expect("a file");
    }
    // The way of vim: the file moves away, a new one takes its place.
    fs::rename(&path, directory.path().join("flags.yaml~")).expect("renamed");
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
}

#[test]
fn partially_written_file_is_never_active() {
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    let long: String = (0..2000).map(|i| format!("  g{i}: {{}}\n")).collect();
    let whole = document("v2") + &long;
    let seen = Arc::new(AtomicBool::new(false));
    let (live, stop) = (watched.live.clone(), seen.clone());
    let reader = std::thread::spawn(move || {
        let mut counts = std::collections::BTreeSet::new();
        loop {
            let last = stop.load(Ordering::Relaxed);
            counts.insert(live.load().ruleset.flags.len());
            if last {
                return counts;
            }
        }
    });
    // In pieces that are each a valid document, with the file open all the while.
    let mut file = fs::File::create(&path).expect("a file");
    for piece in whole.as_bytes().chunks(whole.len() / 10 + 1) {
        use std::io::Write as _;
        file.write_all(piece).expect("written");
        std::thread::yield_now();
    }
    drop(file);
    watched.answers("v2");
    seen.store(true, Ordering::Relaxed);
    let counts = reader.join().expect("the reader ends well");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [1, 2001]);
}

#[test]
fn reload_waits_until_a_slow_writer_closes() {
    use std::io::Write as _;
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    let mut file = fs::File::create(&path).expect("a file");
    // Each line makes a valid document; the pauses are the writer's, longer than any look at the file.
    for line in [
        "flags:\n",
        "  g: {}\n",
        "  h: {}\n",
        "  f: { variants: { v2: 1 }, defaultVariant: v2 }\n",
    ] {
        file.write_all(line.as_bytes()).expect("written");
        std::thread::sleep(Duration::from_millis(150));
        assert_eq!(watched.generation(), 1, "half a file is in force");
    }
    drop(file);
    watched.answers("v2");
    assert_eq!(watched.generation(), 2);
}

#[test]
fn constantly_changing_file_does_not_block_other_files() {
    let (directory, path) = file();
    let noise = directory.path().join("noise.json");
    fs::write(&noise, "{}\n").expect("a file");
    let watched = watch(&[&path, &noise]);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let writer = std::thread::spawn(move || {
        use std::io::Write as _;
        while !stopped.load(Ordering::Relaxed) {
            let mut file = fs::File::options()
                .append(true)
                .open(&noise)
                .expect("a file");
            file.write_all(b"{\"line\": 1}\n").expect("written");
            drop(file);
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    for round in 2..6 {
        replace(&path, &document(&format!("v{round}")));
        watched.answers(&format!("v{round}"));
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("the writer ends well");
}

#[test]
fn directory_created_later_is_loaded() {
    let parent = tempfile::tempdir().expect("a directory");
    let directory = parent.path().join("late");
    let watched = watch(&[&directory]);
    assert_eq!(watched.generation(), 0);
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("flags.yaml"), document("v1")).expect("a file");
    watched.answers("v1");
}

#[test]
fn invalid_edit_keeps_last_good_flags() {
    let (_directory, path) = file();
    let other = path.with_file_name("other.yaml");
    fs::write(&other, "flags: {}").expect("a file");
    let watched = watch(&[&path, &other]);
    for bad in [
        "",
        "flags",
        "{}",
        "[1]",
        "flags: [",
        "flags: {a: *b}",
        "\u{0}",
    ] {
        fs::write(&path, bad).expect("a file");
        // A change of the other source tells when the bad one has been looked at.
        fs::write(&other, format!("flags: {{ f{}: {{}} }}", bad.len())).expect("a file");
        let key = format!("f{}", bad.len());
        wait_for(&watched, |live| live.load().ruleset.flag(&key).is_some());
        assert_eq!(watched.answer(), "v1", "{bad:?}");
    }
    fs::write(&path, document("v2")).expect("a file");
    watched.answers("v2");
}

fn wait_for(watched: &Watched, until: impl Fn(&Live) -> bool) {
    let end = std::time::Instant::now() + DEADLINE;
    while !until(&watched.live) {
        assert!(std::time::Instant::now() < end, "it never happened");
        std::thread::yield_now();
    }
}

#[test]
fn rapid_saves_end_with_the_last_content() {
    let (_directory, path) = file();
    let watched = watch(&[&path]);
    for round in 0..100 {
        fs::write(&path, document(&format!("r{round}"))).expect("a file");
    }
    watched.answers("r99");
}

#[test]
fn shadowed_flag_returns_when_the_override_is_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (low, high) = (
        directory.path().join("low.yaml"),
        directory.path().join("high.yaml"),
    );
    fs::write(&low, document("low")).expect("a file");
    fs::write(&high, document("high")).expect("a file");
    let watched = watch(&[&low, &high]);
    watched.answers("high");
    fs::write(&high, "flags: {}").expect("a file");
    watched.answers("low");
    fs::write(&high, document("high")).expect("a file");
    watched.answers("high");
}

#[test]
fn directory_and_glob_follow_added_and_removed_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    fs::write(at("10-base.yaml"), document("base")).expect("a file");
    let watched = watch(&[directory.path()]);
    let glob = directory.path().join("*.yaml");
    let globbed = watch(&[&glob]);
    fs::write(at("20-over.yml"), document("ignored-by-the-glob")).expect("a file");
    watched.answers("ignored-by-the-glob");
    fs::write(at("30-top.yaml"), document("top")).expect("a file");
    watched.answers("top");
    globbed.answers("top");
    fs::remove_file(at("30-top.yaml")).expect("removed");
    watched.answers("ignored-by-the-glob");
    globbed.answers("base");
}

#[test]
fn lost_read_permission_keeps_flags() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("flags.yaml");
    fs::write(&path, document("v1")).expect("a file");
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    open(directory.path(), 0o755);
    open(&path, 0o644);
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.yaml"]);
    if rustix::process::geteuid().is_root() {
        // Root may read everything: the daemon must be somebody else to lose a permission.
        command.uid(65_534).gid(65_534);
    }
    let daemon = Daemon::spawn(command);
    daemon.in_force();
    open(&path, 0o000);
    let told = daemon.log(|line| line["code"] == "F015");
    assert_eq!(told["kept"], true);
    fs::write(path.with_extension("new"), document("v2")).expect("a file");
    open(&path.with_extension("new"), 0o644);
    fs::rename(path.with_extension("new"), &path).expect("renamed");
    assert_eq!(daemon.in_force()["changed"], 1);
}

#[test]
fn readers_never_see_a_partial_reload() {
    let (_directory, path) = file();
    // Two flags that must always agree, and one that must always be there.
    let pair = |round: u32| {
        format!(
            "flags:\n  f: &f\n    variants: {{ r{round}: 1 }}\n    defaultVariant: r{round}\n  g: *f\n  steady:\n    variants: {{ s: 1 }}\n    defaultVariant: s\n"
        )
    };
    replace(&path, &pair(0));
    let watched = watch(&[&path]);
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (live, stop) = (watched.live.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut reads = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let snapshot = live.load();
                    let ask =
                        |key| evaluate::ask(&snapshot.ruleset, key, &json!({}))["variant"].clone();
                    assert_eq!(ask("f"), ask("g"));
                    assert_eq!(ask("steady"), "s");
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for round in 1..=1000 {
        replace(&path, &pair(round));
        watched.answers(&format!("r{round}"));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().expect("no reader saw anything wrong") > 1000);
    }
    assert_eq!(watched.generation(), 1001);
}
