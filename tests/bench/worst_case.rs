//! Searches for the request of at most 1 MB and the rule of at most 100 kB whose evaluation takes the most CPU time or
//! memory: random rules and contexts, of which the most expensive ones are mutated.
//!
//! ```text
//! cargo bench --bench worst_case -- SECONDS [SEED]
//! ```
//!
//! Prints the most expensive cases, and exits with 1 if one of them exceeds [`CPU_LIMIT`] or [`MEMORY_LIMIT`].

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench"
)]

#[path = "worst_case/allocator.rs"]
mod allocator;
#[path = "worst_case/generate.rs"]
mod generate;

use std::time::Duration;
use std::time::Instant;

use fanion::decision::FlagType;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::merge::merge_documents;
use fanion::resolve;
use fanion::resolve::RequestScope;
use fanion::resolve::RpcOptions;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::selector::Selector;
use fanion::snapshot::Snapshot;
use fanion::wire::Codec;
use fanion::wire::EvaluationApi;
use generate::Case;
use generate::Random;
use serde_json::json;

const CPU_LIMIT: Duration = Duration::from_millis(20);
const MEMORY_LIMIT: usize = 16 << 20;
const POPULATION: usize = 40;

/// The cost of one request.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Duration,
    memory: usize,
    outcome: &'static str,
}

impl Cost {
    /// The larger share of a limit that the request takes.
    fn score(self) -> f64 {
        let cpu = self.cpu.as_secs_f64() / CPU_LIMIT.as_secs_f64();
        cpu.max(self.memory as f64 / MEMORY_LIMIT as f64)
    }
}

fn main() {
    let arguments: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let seconds = arguments.first().copied().unwrap_or(60);
    let mut random = Random(arguments.get(1).copied().unwrap_or(1).max(1));
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut population: Vec<(Cost, Case)> = Vec::new();
    let mut tried = 0_u64;
    let mut measured = 0_u64;
    while Instant::now() < end {
        let case = match population.len() {
            0 => Case::random(&mut random),
            len if random.below(4) > 0 => {
                let parent = random.below(len);
                population[parent].1.mutated(&mut random)
            }
            _ => Case::random(&mut random),
        };
        tried += 1;
        let Some(cost) = measure(&case) else { continue };
        measured += 1;
        population.push((cost, case));
        population.sort_by(|(a, _), (b, _)| b.score().total_cmp(&a.score()));
        population.truncate(POPULATION);
    }
    report((tried, measured), &population);
}

fn report((tried, measured): (u64, u64), population: &[(Cost, Case)]) {
    println!("{tried} cases generated, {measured} measured");
    for (cost, case) in population.iter().take(10) {
        let rule = case.rule.to_string();
        let shown: String = rule.chars().take(300).collect();
        println!(
            "{:.1} ms, {:.1} MiB, {} ({} bytes of rule, {:?}): {shown}",
            cost.cpu.as_secs_f64() * 1e3,
            cost.memory as f64 / f64::from(1 << 20),
            cost.outcome,
            rule.len(),
            case.attributes,
        );
    }
    if population
        .first()
        .is_some_and(|(cost, _)| cost.score() > 1.0)
    {
        std::process::exit(1);
    }
}

/// The cost of a case; the best of three runs if it is expensive. `None` if the rule is too long.
fn measure(case: &Case) -> Option<Cost> {
    let rule = case.rule.to_string();
    if rule.len() > 100_000 {
        return None;
    }
    let snapshot = snapshot(&rule);
    let body = case.request();
    let once = || measure_once(&snapshot, body.as_bytes());
    let first = once();
    if first.score() < 0.5 {
        return Some(first);
    }
    let runs = [first, once(), once()];
    runs.into_iter()
        .min_by(|a, b| a.score().total_cmp(&b.score()))
}

fn measure_once(snapshot: &Snapshot, body: &[u8]) -> Cost {
    let call = RpcOptions {
        contract: EvaluationApi::EvaluationV1,
        codec: Codec::Json,
        scope: RequestScope {
            selector: &Selector::All,
            overlay: &[],
            clock: resolve::system_clock,
            observer: None,
        },
    };
    let base = allocator::reset_peak();
    let begun = thread_cpu_time();
    let answer = resolve::resolve_flag(snapshot, call, FlagType::Boolean, body);
    let cpu = thread_cpu_time().saturating_sub(begun);
    let outcome = if answer.is_ok() { "ok" } else { "error" };
    drop(answer);
    Cost {
        cpu,
        memory: allocator::peak() - base,
        outcome,
    }
}

/// The CPU time of this thread.
fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("a positive time");
    Duration::from_secs(seconds) + Duration::from_nanos(time.tv_nsec as u64)
}

fn snapshot(rule: &str) -> Snapshot {
    let rule: serde_json::Value = serde_json::from_str(rule).expect("JSON");
    let text = json!({"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false},
        "defaultVariant": "off", "targeting": {"if": [rule, "on", "off"]}}}})
    .to_string();
    let origin = DocumentOrigin {
        source: "bench".into(),
        file: "bench.json".into(),
    };
    let parsed = fanion::document::parse(&text, DocumentFormat::Json, &origin);
    let document = merge_documents(&parsed.document);
    let (ruleset, _) = ruleset::compile(&document, FractionalVersion::default());
    Snapshot::build(ruleset, &Snapshot::default())
}
