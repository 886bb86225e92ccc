//! Periodic export of metrics over OTLP: the same families as on `/metrics`.
//!
//! Messages are encoded from the families without OpenTelemetry's SDK: the SDK exports only histograms that it counts
//! itself, so every value would be recorded twice.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1 as pb;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use tokio::sync::watch;

use crate::live::Live;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::family::Series;
use crate::metric::registry::Metrics;
use crate::telemetry::collect_families;
use crate::telemetry::otlp_client::OtlpClient;

/// Sends metrics at each interval until `shutdown` turns true, and then once more.
pub async fn export_periodically(
    client: OtlpClient,
    metrics: Arc<Metrics>,
    live: Arc<Live>,
    interval: Duration,
    mut shutdown: watch::Receiver<bool>,
) {
    let begun = unix_nanos(SystemTime::now());
    loop {
        let down = tokio::select! {
            _ = shutdown.wait_for(|down| *down) => true,
            () = tokio::time::sleep(interval) => false,
        };
        let families = collect_families::collect_families(&metrics, &live.load());
        let message = encode(&families, &metrics.resource, begun);
        // The client logs the failure; the next message contains these counts as well.
        let _ = client.send(message).await;
        if down {
            return;
        }
    }
}

fn encode(families: &[MetricFamily], resource: &[(String, String)], start_time: u64) -> Vec<u8> {
    let now = unix_nanos(SystemTime::now());
    let scope = |name: &str, scoped: bool| pb::ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: name.to_owned(),
            ..InstrumentationScope::default()
        }),
        metrics: families
            .iter()
            .filter(|family| family.is_flagd_scope == scoped && !family.series.is_empty())
            .map(|family| to_metric(family, start_time, now))
            .collect(),
        schema_url: String::new(),
    };
    let attributes = resource.iter().map(|(key, value)| attribute(key, value));
    let resource = Resource {
        attributes: attributes.collect(),
        ..Resource::default()
    };
    let resource_metrics = vec![pb::ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![scope("flagd", true), scope("fanion", false)],
        schema_url: String::new(),
    }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

fn to_metric(family: &MetricFamily, start_time: u64, now: u64) -> pb::Metric {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    let numbers = || {
        family
            .series
            .iter()
            .map(|series| to_number_point(series, start_time, now))
    };
    let data = match family.kind {
        MetricKind::Gauge => Data::Gauge(pb::Gauge {
            data_points: numbers().collect(),
        }),
        MetricKind::Counter | MetricKind::UpDownCounter => Data::Sum(pb::Sum {
            data_points: numbers().collect(),
            aggregation_temporality,
            is_monotonic: family.kind == MetricKind::Counter,
        }),
        MetricKind::Histogram => {
            let points = family.series.iter();
            Data::Histogram(pb::Histogram {
                data_points: points
                    .map(|series| to_histogram_point(series, start_time, now))
                    .collect(),
                aggregation_temporality,
            })
        }
    };
    pb::Metric {
        name: family.name.to_owned(),
        description: family.help.to_owned(),
        unit: family.unit.to_owned(),
        data: Some(data),
        ..pb::Metric::default()
    }
}

fn attributes(series: &Series) -> Vec<KeyValue> {
    let labels = series.labels.iter();
    labels.map(|(key, value)| attribute(key, value)).collect()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.to_owned());
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn to_number_point(series: &Series, start_time: u64, now: u64) -> pb::NumberDataPoint {
    let value = match &series.value {
        MetricValue::Count(count) => {
            number_data_point::Value::AsInt(i64::try_from(*count).unwrap_or(i64::MAX))
        }
        MetricValue::Number(number) => number_data_point::Value::AsDouble(*number),
        MetricValue::Distribution { sum, .. } => number_data_point::Value::AsDouble(*sum),
    };
    pb::NumberDataPoint {
        attributes: attributes(series),
        start_time_unix_nano: start_time,
        time_unix_nano: now,
        value: Some(value),
        ..pb::NumberDataPoint::default()
    }
}

fn to_histogram_point(series: &Series, start_time: u64, now: u64) -> pb::HistogramDataPoint {
    let (bounds, counts, sum) = match &series.value {
        MetricValue::Distribution {
            bounds,
            counts,
            sum,
        } => (bounds.clone(), counts.clone(), Some(*sum)),
        MetricValue::Count(_) | MetricValue::Number(_) => (Vec::new(), Vec::new(), None),
    };
    pb::HistogramDataPoint {
        attributes: attributes(series),
        start_time_unix_nano: start_time,
        time_unix_nano: now,
        count: counts.iter().sum(),
        sum,
        bucket_counts: counts,
        explicit_bounds: bounds,
        ..pb::HistogramDataPoint::default()
    }
}

/// Nanoseconds since the epoch.
fn unix_nanos(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
