//! Metric families: series of one name with their labels, for export.

/// The kind of a metric family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A value that only increases.
    Counter,
    /// A value that increases and decreases; in OTLP a non-monotonic sum.
    UpDownCounter,
    /// A measured value.
    Gauge,
    /// A distribution.
    Histogram,
}

/// Series of one name. Names and labels are OpenTelemetry's, with dots.
#[derive(Debug, Clone)]
pub struct MetricFamily {
    /// The name.
    pub name: &'static str,
    /// The unit as OpenTelemetry writes it: `s`, `By`, `{request}`.
    pub unit: &'static str,
    /// Its kind.
    pub kind: MetricKind,
    /// Its help text.
    pub help: &'static str,
    /// True for flagd's families, which carry the instrumentation scope.
    pub is_flagd_scope: bool,
    /// The series.
    pub series: Vec<Series>,
}

/// One series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Names and values.
    pub labels: Labels,
    /// The number or distribution.
    pub value: MetricValue,
}

/// Names and values of labels.
pub type Labels = Vec<(&'static str, String)>;

/// A number or a distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// A count.
    Count(u64),
    /// A measure.
    Number(f64),
    /// A distribution.
    Distribution {
        /// The upper bounds of all buckets except the last, which is unbounded.
        bounds: Vec<f64>,
        /// The count of values in each bucket alone.
        counts: Vec<u64>,
        /// The sum of all values.
        sum: f64,
    },
}

impl MetricFamily {
    /// Returns a family of fanion without series.
    pub fn new(
        name: &'static str,
        unit: &'static str,
        kind: MetricKind,
        help: &'static str,
    ) -> MetricFamily {
        MetricFamily {
            name,
            unit,
            kind,
            help,
            is_flagd_scope: false,
            series: Vec::new(),
        }
    }

    /// Returns a family of flagd without series.
    pub fn new_in_flagd_scope(
        name: &'static str,
        unit: &'static str,
        kind: MetricKind,
        help: &'static str,
    ) -> MetricFamily {
        MetricFamily {
            is_flagd_scope: true,
            ..MetricFamily::new(name, unit, kind, help)
        }
    }

    /// Returns a gauge with one series that has no labels.
    pub fn gauge(
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        number: f64,
    ) -> MetricFamily {
        let mut family = MetricFamily::new(name, unit, MetricKind::Gauge, help);
        family.push(Vec::new(), MetricValue::Number(number));
        family
    }

    /// Adds a series.
    pub fn push(&mut self, labels: Labels, value: MetricValue) {
        self.series.push(Series { labels, value });
    }
}

/// Returns the label of the overflow series, which sums up label sets without their own series, as in OpenTelemetry.
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>
pub fn overflow_labels() -> Labels {
    vec![("otel.metric.overflow", "true".to_owned())]
}
