//! The evaluation scope of a request: selector, added context, clock and span; and the timing of evaluations.

use std::time::Instant;

use http::request::Parts;

use crate::metric::histogram::Histogram;
use crate::resolve;
use crate::resolve::DecisionObserver;
use crate::resolve::RequestScope;
use crate::selector::Selector;
use crate::serve::config::ServeConfig;
use crate::telemetry::trace::RequestSpan;

/// The scope of a request. Decisions are recorded in its span, if requests are traced.
pub fn new<'r>(
    config: &ServeConfig,
    parts: &'r Parts,
    selector: &'r Selector,
    overlay: &'r [(&'r str, &'r str)],
) -> RequestScope<'r> {
    let traces = config.traces.as_ref();
    let span = traces.and_then(|_| parts.extensions.get::<RequestSpan>());
    RequestScope {
        selector,
        overlay,
        clock: resolve::system_clock,
        observer: span.map(|span| span as &dyn DecisionObserver),
    }
}

/// Runs an evaluation, and records its duration in a histogram.
pub fn timed<T>(histogram: &Histogram, evaluate: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let evaluated = evaluate();
    histogram.observe_duration(started.elapsed());
    evaluated
}
