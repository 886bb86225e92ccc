//! Agreement of compiled rules with the oracle, an independent evaluator.

use crate::support::evaluate::rule_comparison::ComparedRule;
use crate::support::oracle::generator::Generator;
use crate::support::random_flags::SeededRng;

/// The environment variable with another number of evaluations.
const COUNT: &str = "FANION_ORACLE_EVALUATIONS";
const CONTEXTS_PER_RULE: u64 = 10;

/// Every run evaluates the same rules. A larger count adds others.
#[test]
fn compiled_rules_evaluate_as_the_oracle() {
    let count = std::env::var(COUNT).ok();
    let count: u64 = count.map_or(200_000, |text| text.parse().expect("a number"));
    for seed in 0..count / CONTEXTS_PER_RULE {
        let mut rng = SeededRng::new(seed);
        let mut choose = |bound| rng.below(bound);
        let mut generator = Generator {
            choose: &mut choose,
        };
        let rule = generator.rule(3);
        let rule = ComparedRule::new(&rule);
        for _ in 0..CONTEXTS_PER_RULE {
            rule.assert_equal(&generator.context());
        }
    }
    println!("oracle: {count} evaluations");
}
