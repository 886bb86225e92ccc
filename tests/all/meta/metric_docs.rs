//! docs/metrics.md has a row for every metric family, with its name and its type as `/metrics` writes them.

use std::time::SystemTime;

use fanion::live::Live;
use fanion::metric::family::MetricFamily;
use fanion::metric::family::MetricValue;
use fanion::metric::prometheus;
use fanion::metric::registry::Metrics;
use fanion::metric::thread_activity::ThreadActivities;
use fanion::serve::admin::worker_liveness;
use fanion::serve::listen::certificate_expiry;
use fanion::source::metrics;
use fanion::source::state_dir::writer::unsaved_family;
use fanion::telemetry::collect_families;
use fanion::telemetry::log_queue;

use crate::meta::source_tree::read_tree;

const PAGE: &str = include_str!("../../../docs/metrics.md");

/// The prefixes of family names in the sources, except `process.`: those families are collected on Linux only.
const FAMILY_PREFIXES: [&str; 3] = ["fanion.", "feature_flag.flagd.", "http.server."];

/// All families of the process, with a series each: families without series are not exported.
fn all_families() -> Vec<MetricFamily> {
    let live = Live::default();
    let mut families = collect_families::collect_families(&Metrics::default(), &live.load());
    families.extend(metrics::families(&[], SystemTime::now()));
    families.push(metrics::update_thread_up(true));
    families.push(worker_liveness::workers_up(true));
    families.push(log_queue::lost_lines_family(0));
    families.push(ThreadActivities::default().collect());
    families.push(unsaved_family(0));
    families.push(certificate_expiry::expiry_family(0));
    #[cfg(feature = "control")]
    families.extend(control_families());
    for family in &mut families {
        if family.series.is_empty() {
            family.push(Vec::new(), MetricValue::Number(0.0));
        }
    }
    families
}

/// The families of the control plane.
#[cfg(feature = "control")]
fn control_families() -> Vec<MetricFamily> {
    let mut families = fanion::control::fleet::metrics::families(&[], SystemTime::now());
    families.extend(fanion::control::metrics::environment_families(
        &std::collections::BTreeMap::new(),
    ));
    families.push(fanion::control::metrics::journal_family(None));
    families.extend(fanion::control::webhook::metrics::families(&[]));
    families
}

/// The name and the type of every family on `/metrics`.
fn exported() -> Vec<(String, String)> {
    let text = prometheus::encode_text(&all_families(), &[]);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let pairs = types.map(|line| line.split_once(' ').expect("a name and a type"));
    pairs
        .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
        .collect()
}

/// Returns true for a family of the control plane, which this build lacks.
fn is_left_out(name: &str) -> bool {
    cfg!(not(feature = "control")) && name.replace('.', "_").starts_with("fanion_control_")
}

/// The names of families that a source holds as literals.
fn family_literals(text: &str) -> Vec<&str> {
    let literals = text.split('"').skip(1);
    let is_name = |text: &&str| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || "._".contains(c))
    };
    let has_prefix = |text: &&str| FAMILY_PREFIXES.iter().any(|begin| text.starts_with(begin));
    literals.filter(is_name).filter(has_prefix).collect()
}

#[test]
fn every_metric_family_has_a_row_in_metrics_md() {
    let exported = exported();
    let rows = exported
        .iter()
        .map(|(name, kind)| format!("| `{name}` | {kind} |"));
    let missing: Vec<String> = rows.filter(|row| !PAGE.contains(row)).collect();
    assert_eq!(missing, [""; 0], "rows that docs/metrics.md does not have");
    assert!(exported.len() > 20, "only {} families", exported.len());
}

#[test]
fn every_documented_metric_is_exported() {
    let exported = exported();
    let types = ["counter", "gauge", "histogram"];
    let mut count = 0;
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let (Some(name), Some(kind)) = (cells[0].strip_prefix("| `"), cells.get(1)) else {
            continue;
        };
        // Most `process_*` families are collected on Linux only.
        if types.contains(kind) && !name.starts_with("process_") && !is_left_out(name) {
            let name = name.trim_end_matches('`');
            let known = exported.iter().any(|(known, _)| known == name);
            assert!(
                known,
                "docs/metrics.md documents `{name}`, which is not exported"
            );
            count += 1;
        }
    }
    assert!(count > 15, "only {count} rows were found");
}

#[test]
fn every_family_in_the_sources_is_collected_here() {
    let exported = exported();
    let mut count = 0;
    for (file, text) in read_tree("src") {
        let literals = family_literals(&text).into_iter();
        for literal in literals.filter(|name| !is_left_out(name)) {
            let name = literal.replace('.', "_");
            let known = exported.iter().any(|(full, _)| full.starts_with(&name));
            assert!(
                known,
                "src/{file}: `{literal}` is missing in `all_families`"
            );
            count += 1;
        }
    }
    assert!(count > 15, "only {count} names were found");
}
