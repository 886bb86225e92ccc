//! Encodes families in Prometheus' text format, version 0.0.4.
//!
//! Written here because `prometheus-client` only speaks `OpenMetrics`, whose `# TYPE` lines name counters without
//! `_total`: readers of the older format, which flagd writes, would treat them as untyped.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::Write as _;

use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// The content type of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The scope labels of flagd's series.
const FLAGD_SCOPE_LABELS: [(&str, &str); 3] = [
    ("otel_scope_name", "flagd"),
    ("otel_scope_schema_url", ""),
    ("otel_scope_version", ""),
];

/// Returns families and, as `target_info`, the description of the process in text.
pub fn encode_text(families: &[MetricFamily], resource: &[(String, String)]) -> String {
    let mut out = String::new();
    for family in families.iter().filter(|family| !family.series.is_empty()) {
        write_family(&mut out, family);
    }
    write_header(
        &mut out,
        "target_info",
        MetricKind::Gauge,
        "Target metadata",
    );
    let labels = resource.iter().map(|(name, value)| (&**name, &**value));
    write_sample(&mut out, "target_info", labels, "1");
    out
}

/// Returns the name of a family: with underscores, its unit, and `_total` for counters.
fn metric_name(family: &MetricFamily) -> String {
    let mut name = sanitize_name(family.name);
    match family.unit {
        "s" => name.push_str("_seconds"),
        "By" => name.push_str("_bytes"),
        _ => {}
    }
    if family.kind == MetricKind::Counter {
        name.push_str("_total");
    }
    name
}

fn sanitize_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(plain).collect()
}

fn write_family(out: &mut String, family: &MetricFamily) {
    let name = metric_name(family);
    write_header(out, &name, family.kind, family.help);
    for series in &family.series {
        match &series.value {
            MetricValue::Count(count) => {
                let labels = scoped_labels(family, &series.labels);
                write_sample(out, &name, labels, &count.to_string());
            }
            MetricValue::Number(number) => {
                let labels = scoped_labels(family, &series.labels);
                let text = if *number == f64::INFINITY {
                    "+Inf".to_owned()
                } else {
                    number.to_string()
                };
                write_sample(out, &name, labels, &text);
            }
            MetricValue::Distribution {
                bounds,
                counts,
                sum,
            } => {
                let bounds = bounds.iter().map(f64::to_string);
                let mut total = 0;
                for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(counts) {
                    total += count;
                    let labels = scoped_labels(family, &series.labels).chain([("le", &*bound)]);
                    write_sample(out, &format!("{name}_bucket"), labels, &total.to_string());
                }
                let of = |suffix: &str| format!("{name}_{suffix}");
                let all = || scoped_labels(family, &series.labels);
                write_sample(out, &of("sum"), all(), &sum.to_string());
                write_sample(out, &of("count"), all(), &total.to_string());
            }
        }
    }
}

fn scoped_labels<'f>(
    family: &MetricFamily,
    labels: &'f Labels,
) -> impl Iterator<Item = (&'f str, &'f str)> + use<'f> {
    let scope = if family.is_flagd_scope {
        &FLAGD_SCOPE_LABELS[..]
    } else {
        &[]
    };
    let own = labels.iter().map(|(name, value)| (*name, &**value));
    own.chain(scope.iter().copied())
}

fn write_header(out: &mut String, name: &str, kind: MetricKind, help: &str) {
    let kind = match kind {
        MetricKind::Counter => "counter",
        MetricKind::UpDownCounter | MetricKind::Gauge => "gauge",
        MetricKind::Histogram => "histogram",
    };
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn write_sample<'f>(
    out: &mut String,
    name: &str,
    labels: impl Iterator<Item = (&'f str, &'f str)>,
    value: &str,
) {
    out.push_str(name);
    let mut separator = '{';
    for (name, value) in labels {
        let _ = write!(out, "{separator}{}=\"", sanitize_name(name));
        escape_label_value(out, value);
        out.push('"');
        separator = ',';
    }
    if separator == ',' {
        out.push('}');
    }
    let _ = writeln!(out, " {value}");
}

fn escape_label_value(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_units_and_values_are_escaped() {
        let mut family = MetricFamily::new_in_flagd_scope("a.b", "s", MetricKind::Counter, "Help.");
        family.push(
            vec![("x.y", "\"a\\b\nc\"".to_owned())],
            MetricValue::Count(3),
        );
        let text = encode_text(
            &[family],
            &[("service.name".to_owned(), "flagd".to_owned())],
        );
        let want = "# HELP a_b_seconds_total Help.\n# TYPE a_b_seconds_total counter\n\
            a_b_seconds_total{x_y=\"\\\"a\\\\b\\nc\\\"\",otel_scope_name=\"flagd\",\
            otel_scope_schema_url=\"\",otel_scope_version=\"\"} 3\n\
            # HELP target_info Target metadata\n# TYPE target_info gauge\n\
            target_info{service_name=\"flagd\"} 1\n";
        assert_eq!(text, want);
    }
}
