//! Random rollout fields, and edits of them.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::random_flags::IDS;
use crate::support::random_flags::RINGS;
use crate::support::random_flags::SEGMENTS;
use crate::support::random_flags::SeededRng;
use crate::support::random_flags::condition;
use crate::support::random_flags::rule;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Instants in seconds: before, within and after all ramps, and on their edges.
pub const INSTANTS: [f64; 7] = [
    0.0,
    1_767_225_599.0,
    1_767_225_600.0,
    1_768_000_000.0,
    1_769_040_000.0,
    1_770_000_000.0,
    1_780_000_000.0,
];

/// The rollout fields of flag `f`, which may require `g`.
#[derive(Clone)]
pub struct RandomRollout {
    rings: Value,
    flag: Map<String, Value>,
    other: Value,
}

impl RandomRollout {
    /// Random rollout fields.
    pub fn new(dice: &mut SeededRng) -> RandomRollout {
        let mut flag = bare();
        let count = 1 + dice.below(2);
        let rollouts: Vec<Value> = (0..count).map(|_| rollout(dice)).collect();
        flag.insert("rollout".to_owned(), json!(rollouts));
        let name = |dice: &mut SeededRng| (*dice.of(&NAMES)).to_owned();
        if dice.below(3) == 0 {
            flag.insert("targeting".to_owned(), rule(dice, 1, &mut { name }));
        }
        if dice.below(3) == 0 {
            let needed = json!([{"flag": "g", "variant": dice.of(&NAMES)}]);
            flag.insert("requires".to_owned(), needed);
        }
        if dice.below(2) == 0 {
            flag.insert("safeVariant".to_owned(), json!(dice.of(&NAMES)));
        }
        let mut other = bare();
        if dice.below(2) == 0 {
            other.insert("rollout".to_owned(), rollout(dice));
        } else {
            other.insert("targeting".to_owned(), rule(dice, 1, &mut { name }));
        }
        RandomRollout {
            rings: json!({"internal": condition(dice, 1), "beta": {"segments": ["beta", "vip"]}}),
            flag,
            other: Value::Object(other),
        }
    }

    /// The rollout fields with a random change.
    pub fn edited(&self, dice: &mut SeededRng) -> RandomRollout {
        let mut words = self.clone();
        let first = &mut words.flag["rollout"][0];
        match dice.below(9) {
            0 => first["percentage"] = json!(dice.of(&PERCENTAGES)),
            1 => first["rings"] = json!([dice.of(&RINGS)]),
            2 => first["deny"] = json!([dice.of(&IDS)]),
            3 => first["allow"] = json!([dice.of(&IDS)]),
            4 => first["when"] = condition(dice, 1),
            5 => first["ramp"] = ramp(dice),
            6 => words.rings["internal"] = condition(dice, 1),
            7 => words.other["rollout"] = rollout(dice),
            _ => {
                words.flag.insert("kill".to_owned(), json!(true));
            }
        }
        words
    }

    /// Equivalent rollout fields that are written differently.
    pub fn respelled(&self, dice: &mut SeededRng) -> RandomRollout {
        let mut words = self.clone();
        for rollout in words.flag["rollout"].as_array_mut().unwrap() {
            for name in ["rings", "segments", "allow", "deny"] {
                if let Some(list) = rollout.get_mut(name).and_then(Value::as_array_mut) {
                    list.reverse();
                    list.extend(list.first().cloned());
                }
            }
            let share = rollout.get("percentage").cloned();
            if rollout.get("when").is_none() {
                rollout["when"] = json!(true);
            }
            if dice.below(2) == 0 && rollout.get("ramp").is_none() {
                // The percentage applies where no region matches.
                rollout["regions"] = json!([{"region": "nowhere", "percentage": share}]);
            }
        }
        words
    }

    /// The document with flags `f` and `g`.
    pub fn document(&self) -> Value {
        json!({
            "$evaluators": {
                "near": {"in": [{"var": "country"}, ["DE", "AT"]]},
                "grown": {"and": [{">=": [{"var": "age"}, 18]}, {"!": [{"$ref": "near"}]}]},
            },
            "rings": self.rings,
            "flags": {"f": self.flag, "g": self.other},
        })
    }
}

const PERCENTAGES: [f64; 7] = [0.0, 0.5, 5.0, 12.5, 33.333, 70.0, 100.0];

fn bare() -> Map<String, Value> {
    let flag = json!({
        "state": "ENABLED", "variants": {"a": "a", "b": "b", "c": "c", "d": "d"}, "defaultVariant": "d",
    });
    flag.as_object().unwrap().clone()
}

fn rollout(dice: &mut SeededRng) -> Value {
    let mut rollout = match dice.below(5) {
        0 => json!({"split": {"a": 1 + dice.below(9), "b": 1 + dice.below(9)}}),
        _ => json!({"variant": dice.of(&NAMES)}),
    };
    rollout["percentage"] = json!(dice.of(&PERCENTAGES));
    let lists: [(&str, &[&str]); 4] = [
        ("rings", &RINGS),
        ("segments", &SEGMENTS),
        ("allow", &IDS),
        ("deny", &IDS),
    ];
    for (name, of) in lists {
        let some = dice.some(of);
        if dice.below(3) == 0 && !some.is_empty() {
            rollout[name] = json!(some);
        }
    }
    if dice.below(4) == 0 {
        rollout["when"] = condition(dice, 1);
    }
    if dice.below(4) == 0 {
        rollout["ramp"] = ramp(dice);
    }
    if dice.below(4) == 0 {
        rollout["seed"] = json!(dice.of(&["s1", "s2"]));
    }
    rollout
}

fn ramp(dice: &mut SeededRng) -> Value {
    let mut ramp = json!({"from": "2026-01-01", "to": "2026-01-22", "reverse": dice.below(2) == 0});
    if dice.below(3) == 0 {
        ramp["shape"] = json!("doubling");
    } else {
        ramp["steps"] = json!(1 + dice.below(4));
    }
    ramp
}
