//! A file that is being written never becomes active in part.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::support::evaluate;
use crate::support::sources::watched_files::flag_file;
use crate::support::sources::watched_files::watch_files;
use crate::support::sources::watched_files::yaml_document;
use crate::support::temp_dir::replace_file;
use crate::support::wait::wait_until_blocking;

#[test]
fn partially_written_file_is_never_active() {
    let (_directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    let long: String = (0..2000).map(|i| format!("  g{i}: {{}}\n")).collect();
    let whole = yaml_document("v2") + &long;
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
    // Each prefix is a valid document, and the file stays open during the writes.
    let mut file = fs::File::create(&path).expect("a file");
    for piece in whole.as_bytes().chunks(whole.len() / 10 + 1) {
        use std::io::Write as _;
        file.write_all(piece).expect("written");
        std::thread::yield_now();
    }
    drop(file);
    watched.wait_for_variant("v2");
    seen.store(true, Ordering::Relaxed);
    let counts = reader.join().expect("the reader does not panic");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [1, 2001]);
}

#[test]
fn reload_waits_until_a_slow_writer_closes() {
    use std::io::Write as _;
    let (directory, path) = flag_file();
    let other = directory.path().join("other.yaml");
    fs::write(&other, "flags: {}").expect("a file");
    let watched = watch_files(&[&path, &other]);
    let mut file = fs::File::create(&path).expect("a file");
    // Each prefix of lines is a valid document. A change of the other file shows that earlier events were handled.
    let lines = [
        "flags:\n",
        "  g: {}\n",
        "  h: {}\n",
        "  f: { variants: { v2: 1 }, defaultVariant: v2 }\n",
    ];
    for (number, line) in lines.into_iter().enumerate() {
        file.write_all(line.as_bytes()).expect("written");
        let key = format!("after-line-{number}");
        replace_file(&other, &format!("flags: {{ {key}: {{}} }}"));
        let is_loaded = || watched.live.load().ruleset.flag(&key).is_some();
        wait_until_blocking(is_loaded, || format!("{key} is never loaded"));
        let flags = &watched.live.load().ruleset;
        assert!(flags.flag("g").is_none(), "half a file is active");
        assert_eq!(watched.variant(), "v1", "half a file is active");
    }
    drop(file);
    watched.wait_for_variant("v2");
}

#[test]
fn constantly_changing_file_does_not_block_other_files() {
    let (directory, path) = flag_file();
    let noise = directory.path().join("noise.json");
    fs::write(&noise, "{}\n").expect("a file");
    let watched = watch_files(&[&path, &noise]);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let writer = std::thread::spawn(move || {
        for round in 0u64.. {
            if stopped.load(Ordering::Relaxed) {
                break;
            }
            fs::write(&noise, format!("{{\"line\": {round}}}\n")).expect("a file");
            std::thread::yield_now();
        }
    });
    for round in 2..6 {
        replace_file(&path, &yaml_document(&format!("v{round}")));
        watched.wait_for_variant(&format!("v{round}"));
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().expect("the writer does not panic");
}

#[test]
fn readers_never_see_a_partial_reload() {
    let (_directory, path) = flag_file();
    // `f` and `g` must always agree, and `steady` must always exist.
    let pair = |round: u32| {
        format!(
            "flags:\n  f: &f\n    variants: {{ r{round}: 1 }}\n    defaultVariant: r{round}\n  g: *f\n  steady:\n    variants: {{ s: 1 }}\n    defaultVariant: s\n"
        )
    };
    replace_file(&path, &pair(0));
    let watched = watch_files(&[&path]);
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (live, stop) = (watched.live.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut reads = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let snapshot = live.load();
                    let ask = |key| {
                        evaluate::evaluate(&snapshot.ruleset, key, &json!({}))["variant"].clone()
                    };
                    assert_eq!(ask("f"), ask("g"));
                    assert_eq!(ask("steady"), "s");
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for round in 1..=1000 {
        replace_file(&path, &pair(round));
        watched.wait_for_variant(&format!("r{round}"));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().expect("the reader does not panic") > 1000);
    }
    assert_eq!(watched.generation(), 1001);
}
