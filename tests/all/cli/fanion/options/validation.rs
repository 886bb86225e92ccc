//! Validation of option values: durations, TLS files, the version of `fractional`.

use std::path::Path;

use ::fanion::rule::bucketing::bucketing_value::FractionalVersion;

use crate::support::options::config_file;
use crate::support::options::option_errors;
use crate::support::options::resolve_options;

#[test]
fn all_option_errors_are_reported_with_positions() {
    let text = "Ports: 1\nstream-deadline: soon\nuri: file:x\n";
    let (_directory, path) = config_file("c.yaml", text);
    let arguments = [
        "--config",
        &path,
        "-p",
        "70000",
        "--bind-address",
        "here",
        "-c",
        "cert.pem",
        "-H",
        "a b=c",
    ];
    let mistakes = resolve_options(&arguments, &[("FLAGD_OFREP_PORT", "x")])
        .map(drop)
        .unwrap_err();
    let all = mistakes.join("\n");
    for part in [
        "c.yaml:1:1: F008: unknown option `ports` (help: did you mean `port`?)",
        "c.yaml:2:18: invalid value \"soon\" for `stream-deadline`: must be a duration",
        "invalid value \"70000\" for --port: must be a port from 0 to 65535",
        "FLAGD_OFREP_PORT: invalid value \"x\" for --ofrep-port",
        "invalid value \"here\" for --bind-address: must be an IP address",
        "--server-cert-path is given without --server-key-path",
        "invalid value \"a b\" for --context-from-header",
    ] {
        assert!(all.contains(part), "{part}\nis not in\n{all}");
    }
    let (_directory, path) = config_file("c.yaml", "port: [1]\nuri: file:x\n");
    let mistakes = resolve_options(&["--config", &path], &[])
        .map(drop)
        .unwrap_err();
    let want = format!(
        "{path}:1:7: invalid value \"an array\" for `port`: must be a port from 0 to 65535"
    );
    assert_eq!(mistakes, [want]);
}

#[test]
fn fractional_version_must_be_v2_or_v3() {
    let version = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        resolve_options(&arguments, &[])
            .expect("right")
            .source_config
            .fractional_version
    };
    assert_eq!(version(&[]), FractionalVersion::V2);
    assert_eq!(version(&["--fractional", "v3"]), FractionalVersion::V3);
    assert_eq!(
        option_errors(&["--fractional", "3"], &[]),
        ["invalid value \"3\" for --fractional: must be v2 or v3"]
    );
}

#[test]
fn tls_requires_certificate_and_key() {
    let lonely = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        resolve_options(&arguments, &[])
            .map(drop)
            .unwrap_err()
            .join("\n")
    };
    assert!(lonely(&["-c", "x"]).contains("without --server-key-path"));
    assert!(lonely(&["-k", "x"]).contains("without --server-cert-path"));
    assert!(lonely(&["--client-ca-path", "x"]).contains("--client-ca-path is given without"));
    let both = resolve_options(&["-f", "file:x", "-c", "x", "-k", "y"], &[]).expect("right");
    assert_eq!(both.tls_files.expect("TLS").key, Path::new("y"));
}

#[test]
fn durations_require_a_unit_and_are_bounded() {
    let (_directory, path) = config_file("c.yaml", "keep-alive-min-time: 600\n");
    let arguments = ["--config", &path, "--read-timeout", "0"];
    let found = option_errors(&arguments, &[("FLAGD_STREAM_DEADLINE", "600")]).join("\n");
    for part in [
        "FLAGD_STREAM_DEADLINE: invalid value \"600\" for --stream-deadline: the unit is missing, write 600s for seconds",
        "c.yaml:1:22: invalid value \"600\" for `keep-alive-min-time`: the unit is missing, write 600s",
        "invalid value \"0\" for --read-timeout: must be above 0",
    ] {
        assert!(found.contains(part), "{part}\nis not in\n{found}");
    }
    let found = option_errors(
        &["--read-timeout", "0s", "--stream-deadline", "9999999h"],
        &[],
    );
    let want = [
        "invalid value \"0s\" for --read-timeout: must be above 0",
        "invalid value \"9999999h\" for --stream-deadline: must be at most 876000h (100 years)",
    ];
    assert_eq!(found, want);
    let config =
        resolve_options(&["-f", "file:x", "--stream-deadline", "876000h"], &[]).expect("right");
    assert!(
        std::time::Instant::now()
            .checked_add(config.serve_config.stream_deadline)
            .is_some()
    );
}
