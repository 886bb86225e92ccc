//! `DecisionLog`: logs the decisions of a request at debug level.

use std::time::Instant;

use crate::decision::Decision;
use crate::resolve::DecisionObserver;
use crate::ruleset::CompiledFlag;
use crate::telemetry::trace::RequestSpan;

/// Logs each decision of a request, and forwards it to the request's span.
#[derive(Debug)]
pub struct DecisionLog<'r> {
    /// The protocol of the request.
    pub protocol: &'static str,
    /// The path of the request.
    pub path: &'r str,
    /// The start of the evaluation.
    pub started: Instant,
    /// The span, if requests are traced.
    pub span: Option<&'r RequestSpan>,
}

impl DecisionObserver for DecisionLog<'_> {
    fn on_decision(&self, key: &str, flag: Option<&CompiledFlag>, decision: Decision) {
        let DecisionLog { protocol, path, .. } = *self;
        let (variant, error) = match decision {
            Decision::Variant(index, _) => {
                let names = flag.map(|flag| &flag.variant_names);
                let name = names.and_then(|names| names.get(usize::from(index)));
                (name.map(|name| &**name), None)
            }
            Decision::Error(code) => (None, Some(code.as_str())),
            Decision::Disabled | Decision::NoDefault => (None, None),
        };
        let reason = decision.reason();
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            protocol,
            path,
            flag = key,
            variant,
            reason,
            error,
            micros,
            "flag evaluated"
        );
        if let Some(span) = self.span {
            span.on_decision(key, flag, decision);
        }
    }
}
