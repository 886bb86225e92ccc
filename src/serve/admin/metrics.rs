//! `/metrics`: all metrics in Prometheus' text format.

use http::HeaderValue;
use http::Response;
use http::header;

use crate::metric::prometheus;
use crate::serve::admin::probes;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::telemetry;

/// The response to a scrape.
pub async fn scrape(context: &ServerContext) -> Response<Body> {
    // Ping first: the gauges of the update thread and of the workers show the result.
    probes::blocked_parts(context).await;
    let metrics = &context.config.metrics;
    let families = telemetry::collect_families::collect_families(metrics, &context.live.load());
    let text = prometheus::encode_text(&families, &metrics.resource);
    let mut response = Response::new(Body::Full(text.into()));
    let format = HeaderValue::from_static(prometheus::CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, format);
    response
}
