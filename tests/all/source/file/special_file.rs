//! FIFOs and other files that are not regular, in place of flag files.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use fanion::source::spec::SourceSpec;

use crate::support::program::daemon;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::write_certificate;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::wait_until;

const REFUSAL: &str = "it is a FIFO, not a regular file";

/// Puts a FIFO in the place of a file, atomically.
fn replace_with_fifo(path: &Path) {
    let new = path.with_extension("fifo");
    let made = Command::new("mkfifo").arg(&new).status();
    assert!(made.expect("mkfifo runs").success());
    fs::rename(new, path).expect("the same directory");
}

#[tokio::test]
async fn fifo_in_place_of_a_flag_file_keeps_its_flags() {
    let directory = TempDir::new();
    let file = directory.write("a.json", document("a1"));
    let listed = directory.write("listed/b.json", flag("g", "b1"));
    let other = directory.write("c.json", flag("h", "c1"));
    let specs = [
        SourceSpec::from_path(&file),
        SourceSpec::from_path(listed.parent().expect("a directory")),
        SourceSpec::from_path(&other),
    ];
    let sources = start_sources(&specs, &settings());
    sources.wait_for_variant("a1").await;
    replace_with_fifo(&file);
    replace_with_fifo(&listed);
    sources.wait_for_error(0, REFUSAL).await;
    sources.wait_for_error(1, REFUSAL).await;
    replace_file(&other, &flag("h", "c2"));
    wait_until(|| sources.variant("h") == "c2", || "no edit".to_owned()).await;
    assert_eq!(
        (sources.variant("f"), sources.variant("g")),
        ("a1".into(), "b1".into())
    );
    replace_file(&file, &document("a2"));
    replace_file(&listed, &flag("g", "b2"));
    sources.wait_for_variant("a2").await;
    wait_until(|| sources.variant("g") == "b2", || "no edit".to_owned()).await;
    sources.wait_for_state(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn fifo_at_the_start_fails_only_its_source() {
    let directory = TempDir::new();
    let file = directory.write("a.json", "");
    replace_with_fifo(&file);
    let other = directory.write("b.json", document("b1"));
    let specs = [SourceSpec::from_path(&file), SourceSpec::from_path(&other)];
    let sources = start_sources(&specs, &settings());
    sources.watch.initial_load().await.expect("an initial load");
    assert_eq!(sources.variant("f"), "b1");
    sources.wait_for_error(0, REFUSAL).await;
}

/// Asserts that the daemon exits with 1 in time, with an error about a FIFO.
fn assert_start_fails(directory: &TempDir, options: &[&str]) {
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    let begun = Instant::now();
    let output = command.args(options).output().expect("the daemon starts");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains(REFUSAL), "{log}");
}

#[test]
fn fifo_as_a_certificate_or_configuration_ends_the_start() {
    let directory = TempDir::new();
    directory.write("flags.json", document("a"));
    let paths = write_certificate(directory.path(), &CertificateAuthority::new());
    replace_with_fifo(&paths.key);
    let [certificate, key] = [&paths.certificate, &paths.key].map(|p| p.to_str().expect("text"));
    assert_start_fails(
        &directory,
        &["--server-cert-path", certificate, "--server-key-path", key],
    );
    let config = directory.write("config.yaml", "");
    replace_with_fifo(&config);
    assert_start_fails(&directory, &["--config", config.to_str().expect("text")]);
}
