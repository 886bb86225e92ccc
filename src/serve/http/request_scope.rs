//! The evaluation scope of a request: selector, added context, clock, log and span; and the timing of evaluations.

use std::time::Instant;

use http::request::Parts;

use crate::metric::histogram::Histogram;
use crate::resolve;
use crate::resolve::DecisionObserver;
use crate::resolve::RequestScope;
use crate::selector::Selector;
use crate::serve::config::ServeConfig;
use crate::telemetry::decision_log::DecisionLog;
use crate::telemetry::trace::RequestSpan;
use crate::wire::context::enrichment::OverlayAttribute;

/// The scope of a request. Decisions are logged if there is a log, and recorded in the request's span, if requests are
/// traced.
pub fn new<'r>(
    config: &ServeConfig,
    parts: &'r Parts,
    selector: &'r Selector,
    overlay: &'r [OverlayAttribute<'r>],
    log: Option<&'r DecisionLog<'r>>,
) -> RequestScope<'r> {
    let observer = match log {
        Some(log) => Some(log as &dyn DecisionObserver),
        None => span(config, parts).map(|span| span as &dyn DecisionObserver),
    };
    RequestScope {
        selector,
        overlay,
        clock: resolve::system_clock,
        observer,
    }
}

/// The log of the request's decisions, with `--debug`.
#[inline]
pub fn decision_log<'r>(
    config: &ServeConfig,
    parts: &'r Parts,
    protocol: &'static str,
) -> Option<DecisionLog<'r>> {
    tracing::enabled!(tracing::Level::DEBUG).then(|| DecisionLog {
        protocol,
        path: parts.uri.path(),
        started: Instant::now(),
        span: span(config, parts),
    })
}

fn span<'r>(config: &ServeConfig, parts: &'r Parts) -> Option<&'r RequestSpan> {
    let traces = config.traces.as_ref();
    traces.and_then(|_| parts.extensions.get::<RequestSpan>())
}

/// Runs an evaluation, and records its duration in a histogram.
pub fn timed<T>(histogram: &Histogram, evaluate: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let evaluated = evaluate();
    histogram.observe_duration(started.elapsed());
    evaluated
}
