//! What is exported: series of one name, with their labels, at one moment.

/// What the numbers of a family mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They only grow.
    Counter,
    /// They go up and down; in OTLP a sum of what was added and taken away.
    Level,
    /// They are as they are measured.
    Gauge,
    /// They are distributions.
    Histogram,
}

/// Series of one name. Names and labels are OpenTelemetry's, with dots.
#[derive(Debug, Clone)]
pub struct Family {
    /// The name.
    pub name: &'static str,
    /// The unit as OpenTelemetry writes it: `s`, `By`, `{request}`.
    pub unit: &'static str,
    /// What the numbers mean.
    pub kind: Kind,
    /// A sentence about it.
    pub help: &'static str,
    /// Whether it is one of flagd's, which name the scope that they come from.
    pub scoped: bool,
    /// The series.
    pub series: Vec<Series>,
}

/// One series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Names and values.
    pub labels: Labels,
    /// The number or distribution.
    pub value: Value,
}

/// Names and values of labels.
pub type Labels = Vec<(&'static str, String)>;

/// A number or a distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count.
    Count(u64),
    /// A measure.
    Number(f64),
    /// A distribution.
    Distribution {
        /// The upper bounds of all buckets but the last, which has none.
        bounds: Vec<f64>,
        /// How many values are in each bucket alone.
        counts: Vec<u64>,
        /// The sum of all values.
        sum: f64,
    },
}

impl Family {
    /// A family of our own without series.
    pub fn new(name: &'static str, unit: &'static str, kind: Kind, help: &'static str) -> Family {
        Family {
            name,
            unit,
            kind,
            help,
            scoped: false,
            series: Vec::new(),
        }
    }

    /// A family of flagd's without series.
    pub fn of_flagd(
        name: &'static str,
        unit: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Family {
        Family {
            scoped: true,
            ..Family::new(name, unit, kind, help)
        }
    }

    /// A gauge with one series that has no labels.
    pub fn gauge(
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        number: f64,
    ) -> Family {
        let mut family = Family::new(name, unit, Kind::Gauge, help);
        family.push(Vec::new(), Value::Number(number));
        family
    }

    /// Adds a series.
    pub fn push(&mut self, labels: Labels, value: Value) {
        self.series.push(Series { labels, value });
    }
}

/// The label of the series that holds what has no series of its own, as OpenTelemetry has it.
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>
pub fn overflow() -> Labels {
    vec![("otel.metric.overflow", "true".to_owned())]
}
