//! A tally as families.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::decision::ErrorCode;
use crate::metric::family::Family;
use crate::metric::family::Kind;
use crate::metric::family::Labels;
use crate::metric::family::Value;
use crate::metric::family::overflow;
use crate::metric::tally::Tally;
use crate::metric::tally::counts::Sums;

const ERRORS: [ErrorCode; 4] = [
    ErrorCode::FlagNotFound,
    ErrorCode::ParseError,
    ErrorCode::TypeMismatch,
    ErrorCode::General,
];

impl Tally {
    /// flagd's two families.
    pub fn collect(&self) -> [Family; 2] {
        let mut sums = Sums::clone(&self.gone);
        let mut seen = HashSet::new();
        for cell in self.flags.iter().chain(&self.fading) {
            if let Some(counts) = cell.get().filter(|_| seen.insert(Arc::as_ptr(cell))) {
                counts.sum_up(&mut sums);
            }
        }
        [impressions(&sums), self.reasons(&sums)]
    }

    fn reasons(&self, sums: &Sums) -> Family {
        let help = "Measures the number of evaluations for a given reason.";
        let name = "feature_flag.flagd.result.reason";
        let mut family = Family::of_flagd(name, "{reason}", Kind::Counter, help);
        let mut reasons: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for (answer, count) in &sums.answers {
            *reasons.entry((&*answer.key, answer.reason)).or_default() += count;
        }
        for ((key, reason), count) in reasons {
            let key = ("feature_flag.key", key.to_owned());
            family.push(labels(vec![key], reason), Value::Count(count));
        }
        for code in ERRORS {
            let count = self.shared.error(code).load(Ordering::Relaxed);
            if count > 0 {
                let code = ("ExceptionTypeKeyName", code.text().to_owned());
                family.push(labels(vec![code], "ERROR"), Value::Count(count));
            }
        }
        push_rest(&mut family, sums.rest);
        family
    }
}

fn impressions(sums: &Sums) -> Family {
    let help = "Measures the number of evaluations for a given flag.";
    let name = "feature_flag.flagd.impression";
    let mut family = Family::of_flagd(name, "{impression}", Kind::Counter, help);
    for (answer, count) in &sums.answers {
        let own = vec![
            ("feature_flag.key", answer.key.to_string()),
            ("feature_flag.result.variant", answer.variant.to_string()),
        ];
        family.push(labels(own, answer.reason), Value::Count(*count));
    }
    push_rest(&mut family, sums.rest);
    family
}

fn labels(mut own: Labels, reason: &str) -> Labels {
    own.push(("feature_flag.provider.name", "flagd".to_owned()));
    own.push(("feature_flag.reason", reason.to_owned()));
    own
}

fn push_rest(family: &mut Family, rest: u64) {
    if rest > 0 {
        family.push(overflow(), Value::Count(rest));
    }
}
