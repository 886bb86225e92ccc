//! Exports evaluation counts as flagd's two metric families.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use crate::decision::ErrorCode;
use crate::metric::evaluation::error_counters::ErrorCounters;
use crate::metric::evaluation::totals::EvaluationTotals;
use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::family::overflow_labels;

const ERRORS: [ErrorCode; 4] = [
    ErrorCode::FlagNotFound,
    ErrorCode::ParseError,
    ErrorCode::TypeMismatch,
    ErrorCode::General,
];

/// Returns flagd's two families: impressions by variant, and evaluations by reason.
pub fn families(totals: &EvaluationTotals, shared: &ErrorCounters) -> [MetricFamily; 2] {
    [impression_family(totals), reason_family(totals, shared)]
}

fn reason_family(totals: &EvaluationTotals, shared: &ErrorCounters) -> MetricFamily {
    let help = "Measures the number of evaluations for a given reason.";
    let name = "feature_flag.flagd.result.reason";
    let mut family = MetricFamily::new_in_flagd_scope(name, "{reason}", MetricKind::Counter, help);
    let mut reasons: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (labels, count) in &totals.by_labels {
        *reasons.entry((&*labels.key, labels.reason)).or_default() += count;
    }
    for ((key, reason), count) in reasons {
        let key = ("feature_flag.key", key.to_owned());
        family.push(labels(vec![key], reason), MetricValue::Count(count));
    }
    for code in ERRORS {
        let count = shared.error_counter(code).load(Ordering::Relaxed);
        if count > 0 {
            let code = ("ExceptionTypeKeyName", code.as_str().to_owned());
            family.push(labels(vec![code], "ERROR"), MetricValue::Count(count));
        }
    }
    push_overflow(&mut family, totals.overflow);
    family
}

fn impression_family(sums: &EvaluationTotals) -> MetricFamily {
    let help = "Measures the number of evaluations for a given flag.";
    let name = "feature_flag.flagd.impression";
    let mut family =
        MetricFamily::new_in_flagd_scope(name, "{impression}", MetricKind::Counter, help);
    for (answer, count) in &sums.by_labels {
        let own = vec![
            ("feature_flag.key", answer.key.to_string()),
            ("feature_flag.result.variant", answer.variant.to_string()),
        ];
        family.push(labels(own, answer.reason), MetricValue::Count(*count));
    }
    push_overflow(&mut family, sums.overflow);
    family
}

fn labels(mut own: Labels, reason: &str) -> Labels {
    own.push(("feature_flag.provider.name", "flagd".to_owned()));
    own.push(("feature_flag.reason", reason.to_owned()));
    own
}

fn push_overflow(family: &mut MetricFamily, overflow: u64) {
    if overflow > 0 {
        family.push(overflow_labels(), MetricValue::Count(overflow));
    }
}
