//! `--print-config` prints a configuration that can be read back.

use ::fanion::config::Config;
use ::fanion::config::print_config;

use crate::support::options::config_file;
use crate::support::options::resolve_options;
use crate::support::program::printed;
use crate::support::program::run_fanion;

#[test]
fn print_config_exits_without_starting() {
    let output = run_fanion(&["start", "-f", "file:x", "--print-config"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output.stdout).contains("uri: [\"file:x\"] # --uri\n"));
    let output = run_fanion(&["start", "-p", "x", "--print-config"]);
    assert_eq!(
        (output.status.code(), printed(&output.stdout)),
        (Some(1), "")
    );
}

#[test]
fn printed_config_explains_the_bucketing_of_fractional() {
    let print = |arguments: &[&str]| {
        let arguments = [&["-f", "file:x"], arguments].concat();
        let config = resolve_options(&arguments, &[]).expect("valid options");
        print_config::render_yaml(&config.resolved_options)
    };
    for (arguments, line) in [
        (
            &[][..],
            "fractional: \"v2\" # default; bucketing v2: the same buckets as flagd 0.16 and in-process providers that use v2\n",
        ),
        (
            &["--fractional", "v3"],
            "fractional: \"v3\" # --fractional; bucketing v3: as decided for flagd 1.0; flagd 0.16 and in-process \
             providers that use v2 choose other buckets\n",
        ),
    ] {
        let printed = print(arguments);
        assert!(printed.contains(line), "{printed}");
    }
}

#[test]
fn printed_config_round_trips() {
    let arguments = [
        "-f",
        "file:a b,file:c",
        "-f",
        r#""file:d,""e"": #{f}""#,
        "-X",
        "k=\"v\"",
        "-X",
        "k=again, # no comment",
        "-X",
        "<<=\u{e9}\t\u{1}\n: [",
        "-X",
        "007=007,long=9007199254740993,null=~",
        "-H",
        "X-A=a",
        "-p",
        "99",
        "-r",
        "0010",
        "-d",
        "@flags",
        "-e",
        "007",
        "--ofrep-sse-inactivity-delay",
        "9007199254740993",
        "--cors-origin",
        "",
        "--stream-deadline",
        "1h30m",
    ];
    let config = resolve_options(&arguments, &[("FLAGD_SYNC_PORT", "98")]).expect("right");
    let printed = print_config::render_yaml(&config.resolved_options);
    assert!(printed.contains("port: 99 # --port\n"), "{printed}");
    assert!(
        printed.contains("sync-port: 98 # FLAGD_SYNC_PORT\n"),
        "{printed}"
    );
    assert!(
        printed.contains("management-port: 8014 # default\n"),
        "{printed}"
    );
    let (_directory, path) = config_file("c.yaml", &printed);
    let again = resolve_options(&["--config", &path], &[]).expect("a valid configuration");
    let values = |config: &Config| -> Vec<(&str, String)> {
        let all = config
            .resolved_options
            .iter()
            .filter(|s| s.option.name != "config");
        all.map(|s| (s.option.name, s.json.clone())).collect()
    };
    assert_eq!(values(&again), values(&config));
    assert!(
        print_config::render_yaml(&again.resolved_options).contains(&format!("port: 99 # {path}:"))
    );
}
