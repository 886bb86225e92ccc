//! HTTP server metrics: requests by route, method, scheme and status.

pub mod request_labels;

use std::sync::OnceLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::histogram::Histogram;
use crate::metric::http_server::request_labels::METHODS;
use crate::metric::http_server::request_labels::OFREP_SSE_ROUTE;
use crate::metric::http_server::request_labels::OTHER_ROUTE;
use crate::metric::http_server::request_labels::ROUTES;
use crate::metric::http_server::request_labels::RequestLabels;
use crate::metric::http_server::request_labels::STATUSES;
use crate::metric::http_server::request_labels::Scheme;

/// flagd's bounds, in nanoseconds.
const DURATION_BOUNDS: [u64; 11] = [
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];
const SIZE_BOUNDS: [u64; 8] = [
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// Counters of all requests, allocated on first use.
#[derive(Debug, Default)]
pub struct HttpServerMetrics {
    http_routes: PerRoute,
    https_routes: PerRoute,
}

type PerRoute = [PerMethod; ROUTES.len() + 1];
type PerMethod = OnceLock<Box<[MethodMetrics; METHODS.len()]>>;

#[derive(Debug, Default)]
struct MethodMetrics {
    active: AtomicI64,
    /// The last one is for statuses that are not in the list.
    statuses: [OnceLock<Box<StatusMetrics>>; STATUSES.len() + 1],
}

#[derive(Debug)]
struct StatusMetrics {
    duration: Histogram,
    size: Histogram,
}

impl HttpServerMetrics {
    fn method_metrics(&self, labels: RequestLabels) -> Option<&MethodMetrics> {
        let routes = match labels.scheme {
            Scheme::Http => &self.http_routes,
            Scheme::Https => &self.https_routes,
        };
        let methods = routes.get(labels.route_index)?.get_or_init(Box::default);
        methods.get(labels.method_index)
    }

    /// Counts a request as open.
    pub fn inc_active(&self, labels: RequestLabels) {
        if let Some(method) = self.method_metrics(labels) {
            method.active.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a request as no longer open.
    pub fn dec_active(&self, labels: RequestLabels) {
        if let Some(method) = self.method_metrics(labels) {
            method.active.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Counts a response.
    pub fn record_response(
        &self,
        labels: RequestLabels,
        status: u16,
        duration: Duration,
        size: u64,
    ) {
        let known = STATUSES.iter().position(|known| *known == status);
        let status = known.unwrap_or(STATUSES.len());
        let method = self.method_metrics(labels);
        if let Some(status) = method.and_then(|method| method.statuses.get(status)) {
            let status = status.get_or_init(Box::default);
            status.duration.observe_duration(duration);
            status.size.observe(size);
        }
    }

    /// Returns the number of open event streams.
    pub fn active_event_streams(&self) -> i64 {
        let open = |routes: &PerRoute| -> i64 {
            let named = ROUTES.iter().zip(routes);
            let streams = named
                .filter(|(name, _)| name.ends_with("/EventStream") || **name == OFREP_SSE_ROUTE);
            let methods = streams.filter_map(|(_, methods)| methods.get());
            let active = |method: &MethodMetrics| method.active.load(Ordering::Relaxed);
            methods.flat_map(|methods| methods.iter()).map(active).sum()
        };
        open(&self.http_routes) + open(&self.https_routes)
    }

    /// Returns the metric families.
    pub fn collect(&self, service: &str) -> Vec<MetricFamily> {
        let new = |name, unit, kind, help| MetricFamily::new_in_flagd_scope(name, unit, kind, help);
        let help = "Measures the duration of inbound HTTP requests.";
        let mut duration = new(
            "http.server.request.duration",
            "s",
            MetricKind::Histogram,
            help,
        );
        let help = "Measures the size of HTTP response messages (compressed).";
        let mut size = new(
            "http.server.response.body.size",
            "By",
            MetricKind::Histogram,
            help,
        );
        let help = "Measures the number of concurrent HTTP requests that are currently in-flight.";
        let mut active = new(
            "http.server.active_requests",
            "{request}",
            MetricKind::UpDownCounter,
            help,
        );
        for (scheme, routes) in [("http", &self.http_routes), ("https", &self.https_routes)] {
            for (route, methods) in ROUTES.iter().chain([&OTHER_ROUTE]).zip(routes) {
                let methods = methods
                    .get()
                    .map(|methods| METHODS.iter().zip(methods.iter()));
                for (name, method) in methods.into_iter().flatten() {
                    let labels = labels(service, route, name, scheme);
                    method.collect(&labels, &mut duration, &mut size, &mut active);
                }
            }
        }
        let events = MetricFamily::gauge(
            "fanion.event_streams",
            "",
            "Number of open event streams.",
            self.active_event_streams() as f64,
        );
        vec![duration, size, active, events]
    }
}

fn labels(service: &str, route: &str, method: &str, scheme: &str) -> Labels {
    vec![
        ("service.name", service.to_owned()),
        ("http.route", route.to_owned()),
        ("http.request.method", method.to_owned()),
        ("url.scheme", scheme.to_owned()),
    ]
}

impl MethodMetrics {
    fn collect(
        &self,
        labels: &Labels,
        duration: &mut MetricFamily,
        size: &mut MetricFamily,
        active: &mut MetricFamily,
    ) {
        let open = self.active.load(Ordering::Relaxed);
        let mut used = open != 0;
        for (index, status) in self.statuses.iter().enumerate() {
            let Some(counts) = status.get() else {
                continue;
            };
            used = true;
            let code = STATUSES
                .get(index)
                .map_or("other".to_owned(), u16::to_string);
            let mut labels = labels.clone();
            labels.push(("http.response.status_code", code));
            duration.push(labels.clone(), counts.duration.collect());
            size.push(labels, counts.size.collect());
        }
        if used {
            active.push(labels.clone(), MetricValue::Number(open as f64));
        }
    }
}

impl Default for StatusMetrics {
    fn default() -> StatusMetrics {
        StatusMetrics {
            duration: Histogram::for_durations(&DURATION_BOUNDS),
            size: Histogram::for_sizes(&SIZE_BOUNDS),
        }
    }
}
