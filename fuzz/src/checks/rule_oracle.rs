//! Rules that a generator builds from the bytes, compared with the oracle and with jsonlogic-rs.

use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::rule_comparison::ComparedRule;
use crate::support::oracle::generator::Generator;

/// The contexts for each rule.
const CONTEXTS: usize = 4;

pub fn check(data: &[u8]) {
    let mut rest = data.iter();
    // After the last byte every choice is the first one.
    let mut choose = |bound: u64| rest.next().map_or(0, |byte| u64::from(*byte)) % bound;
    let mut generator = Generator {
        choose: &mut choose,
    };
    let rule = ComparedRule::new(&generator.rule(4));
    for _ in 0..CONTEXTS {
        rule.assert_equal(&generator.context());
    }
}

/// Operators that jsonlogic-rs defines as flagd's library does, if their operands are numbers.
const COMMON: [&str; 14] = [
    "+", "-", "*", "<", "<=", ">", ">=", "==", "!=", "===", "!==", "max", "min", "if",
];

/// Arithmetic and comparison on numbers: jsonlogic-rs must agree with the oracle, so that the oracle has a check of its
/// own.
pub fn check_against_jsonlogic_rs(data: &[u8]) {
    let mut rest = data.iter();
    let mut next = || rest.next().copied().unwrap_or(0);
    let [x, y] = [next(), next()].map(small);
    let rule = common_rule(&mut next, 4);
    let context = json!({"x": x, "y": y});
    let Ok(theirs) = jsonlogic_rs::apply(&rule, &context) else {
        return;
    };
    let term = crate::support::oracle::Term::from_json;
    // jsonlogic-rs calculates with booleans, flagd's library returns an error.
    if let Ok(ours) = crate::support::oracle::evaluate(&term(&rule), &term(&context)) {
        assert_eq!(ours, term(&theirs), "{rule} for {context}");
    }
}

/// A number whose sixteenth power is still exact: jsonlogic-rs multiplies integers, whose range is limited.
fn small(byte: u8) -> i32 {
    i32::from(byte % 17) - 8
}

fn common_rule(next: &mut impl FnMut() -> u8, depth: u32) -> Value {
    let choice = next();
    if depth == 0 || choice < 64 {
        return match choice % 3 {
            0 => json!({"var": "x"}),
            1 => json!({"var": "y"}),
            _ => json!(small(next())),
        };
    }
    let operator = COMMON[usize::from(choice) % COMMON.len()];
    let count = if operator == "if" { 3 } else { 2 };
    let arguments: Vec<Value> = (0..count).map(|_| common_rule(next, depth - 1)).collect();
    json!({ operator: arguments })
}
