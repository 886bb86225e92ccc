//! Families in Prometheus' text format, version 0.0.4.
//!
//! Written here because `prometheus-client` only speaks `OpenMetrics`, whose counters are announced without `_total`: what
//! reads the older format, as flagd's, would take them for untyped.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::Write as _;

use crate::metric::family::Family;
use crate::metric::family::Kind;
use crate::metric::family::Labels;
use crate::metric::family::Value;

/// The content type of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What flagd's series say about where they come from.
const SCOPE: [(&str, &str); 3] = [
    ("otel_scope_name", "flagd"),
    ("otel_scope_schema_url", ""),
    ("otel_scope_version", ""),
];

/// Writes families and, as `target_info`, the description of the process.
pub fn write(families: &[Family], resource: &[(String, String)]) -> String {
    let mut out = String::new();
    for family in families.iter().filter(|family| !family.series.is_empty()) {
        write_family(&mut out, family);
    }
    head(&mut out, "target_info", Kind::Gauge, "Target metadata");
    let labels = resource.iter().map(|(name, value)| (&**name, &**value));
    line(&mut out, "target_info", labels, "1");
    out
}

/// The name of a family: with underscores, its unit, and `_total` where it counts.
fn name(family: &Family) -> String {
    let mut name = sanitized(family.name);
    match family.unit {
        "s" => name.push_str("_seconds"),
        "By" => name.push_str("_bytes"),
        _ => {}
    }
    if family.kind == Kind::Counter {
        name.push_str("_total");
    }
    name
}

fn sanitized(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(plain).collect()
}

fn write_family(out: &mut String, family: &Family) {
    let name = name(family);
    head(out, &name, family.kind, family.help);
    for series in &family.series {
        match &series.value {
            Value::Count(count) => {
                let labels = labels(family, &series.labels);
                line(out, &name, labels, &count.to_string());
            }
            Value::Number(number) => {
                let labels = labels(family, &series.labels);
                line(out, &name, labels, &number.to_string());
            }
            Value::Distribution {
                bounds,
                counts,
                sum,
            } => {
                let bounds = bounds.iter().map(f64::to_string);
                let mut total = 0;
                for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(counts) {
                    total += count;
                    let labels = labels(family, &series.labels).chain([("le", &*bound)]);
                    line(out, &format!("{name}_bucket"), labels, &total.to_string());
                }
                let of = |suffix: &str| format!("{name}_{suffix}");
                let all = || labels(family, &series.labels);
                line(out, &of("sum"), all(), &sum.to_string());
                line(out, &of("count"), all(), &total.to_string());
            }
        }
    }
}

fn labels<'f>(
    family: &Family,
    labels: &'f Labels,
) -> impl Iterator<Item = (&'f str, &'f str)> + use<'f> {
    let scope = if family.scoped { &SCOPE[..] } else { &[] };
    let own = labels.iter().map(|(name, value)| (*name, &**value));
    own.chain(scope.iter().copied())
}

fn head(out: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Level | Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line<'f>(
    out: &mut String,
    name: &str,
    labels: impl Iterator<Item = (&'f str, &'f str)>,
    value: &str,
) {
    out.push_str(name);
    let mut separator = '{';
    for (name, value) in labels {
        let _ = write!(out, "{separator}{}=\"", sanitized(name));
        escape(out, value);
        out.push('"');
        separator = ',';
    }
    if separator == ',' {
        out.push('}');
    }
    let _ = writeln!(out, " {value}");
}

fn escape(out: &mut String, value: &str) {
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
        let mut family = Family::of_flagd("a.b", "s", Kind::Counter, "Help.");
        family.push(vec![("x.y", "\"a\\b\nc\"".to_owned())], Value::Count(3));
        let text = write(
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
