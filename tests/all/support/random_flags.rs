//! Random flags and contexts from a seed.

pub mod rollout;

use serde_json::Value;
use serde_json::json;

/// A splitmix64 generator.
pub struct SeededRng(u64);

impl SeededRng {
    pub fn new(seed: u64) -> SeededRng {
        SeededRng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A random item.
    pub fn of<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        let at = usize::try_from(self.below(items.len() as u64)).unwrap();
        &items[at]
    }

    fn some(&mut self, items: &[&str]) -> Vec<String> {
        let mut some: Vec<String> = items.iter().map(|i| (*i).to_owned()).collect();
        some.retain(|_| self.below(2) == 0);
        some
    }
}

const COUNTRIES: [&str; 5] = ["DE", "AT", "FR", "US", "DK"];

const VERSIONS: [&str; 8] = [
    "1.0.0",
    "1.2.3",
    "2.0.0-rc.1",
    "2.0.0",
    "2.1.0",
    "2.1.0-beta",
    "v3.0.0",
    "2.10.0",
];

const SEGMENTS: [&str; 3] = ["staff", "beta", "vip"];

const IDS: [&str; 4] = ["emp-1", "emp-2", "user-13", "user-42"];

const RINGS: [&str; 3] = ["internal", "beta", "ga"];

/// A random condition, which combines other conditions if `depth` is not 0.
pub fn condition(dice: &mut SeededRng, depth: u32) -> Value {
    let kinds = if depth == 0 { 13 } else { 17 };
    match dice.below(kinds) {
        0 => json!({"==": [{"var": "country"}, dice.of(&COUNTRIES)]}),
        1 => json!({"in": [{"var": "country"}, dice.some(&COUNTRIES)]}),
        2 => {
            let order = dice.of(&[">=", "<", "=", "!=", "^", "~", ">", "<="]);
            json!({"sem_ver": [{"var": "version"}, order, dice.of(&VERSIONS)]})
        }
        3 => {
            let order = *dice.of(&[">=", "<", "==", ">", "!=", "==="]);
            json!({order: [{"var": "age"}, dice.below(4) * 10]})
        }
        4 => {
            json!({"ends_with": [{"var": "user.email"}, dice.of(&["@example.com", ".com", "@x.org"])]})
        }
        5 => json!({"in": [dice.of(&SEGMENTS), {"var": "segments"}]}),
        6 => json!({"!!": [{"var": "opted"}]}),
        7 => json!({"in": [{"var": "ring"}, dice.some(&RINGS)]}),
        8 => json!({"in": [{"var": "targetingKey"}, dice.some(&IDS)]}),
        9 => {
            json!({"starts_with": [{"var": "targetingKey"}, dice.of(&["emp-", "user-", "user-1"])]})
        }
        10 => json!({"==": [{"var": "opted"}, dice.below(2) == 0]}),
        11 => json!({"<": [10, {"var": "age"}, 30]}),
        12 => match dice.below(4) {
            0 => json!({"missing": ["country"]}),
            1 => json!({"==": [{"var": ["ring", "ga"]}, dice.of(&RINGS)]}),
            2 => json!({"$ref": dice.of(&["near", "grown"])}),
            _ => json!({"==": [fractional(dice, &["a", "b"]), "a"]}),
        },
        13 => json!({"!": [condition(dice, depth - 1)]}),
        14 | 15 => {
            let items: Vec<Value> = (0..2 + dice.below(2))
                .map(|_| condition(dice, depth - 1))
                .collect();
            let name = *dice.of(&["and", "or"]);
            json!({ name: items })
        }
        _ => {
            json!({"if": [condition(dice, depth - 1), condition(dice, depth - 1), condition(dice, depth - 1)]})
        }
    }
}

/// A `fractional` split between these variants.
pub fn fractional(dice: &mut SeededRng, names: &[&str]) -> Value {
    let mut arguments = match dice.below(5) {
        0 => vec![json!({"var": "targetingKey"})],
        1 => vec![json!({"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]})],
        2 => vec![json!({"cat": [dice.of(&["s1", "s2"]), {"var": "targetingKey"}]})],
        3 => vec![json!({"cat": [{"var": "country"}, "-", {"var": "targetingKey"}]})],
        _ => vec![],
    };
    for name in names {
        arguments.push(match dice.below(5) {
            0 => json!([name]),
            1 => json!([name, 0]),
            _ => json!([name, dice.below(100)]),
        });
    }
    json!({ "fractional": arguments })
}

/// A random rule; `name` chooses the variant of each leaf.
pub fn rule(
    dice: &mut SeededRng,
    depth: u32,
    name: &mut dyn FnMut(&mut SeededRng) -> String,
) -> Value {
    match dice.below(if depth == 0 { 2 } else { 6 }) {
        0 => json!(name(dice)),
        1 => {
            let names: Vec<String> = (0..2 + dice.below(2)).map(|_| name(dice)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            fractional(dice, &names)
        }
        _ => {
            let mut clauses = Vec::new();
            for _ in 0..=dice.below(3) {
                clauses.push(condition(dice, 2));
                clauses.push(rule(dice, depth - 1, name));
            }
            if dice.below(3) > 0 {
                clauses.push(rule(dice, depth - 1, name));
            }
            json!({ "if": clauses })
        }
    }
}

/// A document of one flag, `f`, with this rule.
pub fn document(rule: &Value, names: &[String], default: &str) -> Value {
    let variants: serde_json::Map<_, _> = names.iter().map(|n| (n.clone(), json!(n))).collect();
    json!({
        "$evaluators": {
            "near": {"in": [{"var": "country"}, ["DE", "AT"]]},
            "grown": {"and": [{">=": [{"var": "age"}, 18]}, {"!": [{"$ref": "near"}]}]},
        },
        "flags": {"f": {"state": "ENABLED", "variants": variants, "defaultVariant": default, "targeting": rule}},
    })
}

/// The attributes of a context except its targeting key. Each has few values, so that all of them occur.
pub fn attributes(dice: &mut SeededRng) -> serde_json::Map<String, Value> {
    let mut all = serde_json::Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            all.insert(name.to_owned(), value);
        }
    };
    let country = json!([null, "DE", "AT", "FR", "US", "DK", "SE", 7]);
    put("country", dice.of(country.as_array().unwrap()).clone());
    let version = json!([
        null,
        "1.0.0",
        "1.5",
        "2.0.0-rc.1",
        "2.0.0-rc.2",
        "2.0.0",
        "2.1.0",
        "2.1.0-beta",
        "2.2.7",
        "v3",
        "x",
        "2.10.1",
        2.1
    ]);
    put("version", dice.of(version.as_array().unwrap()).clone());
    let age = json!([null, -1, 0, 5, 10, 18, 20, 25, 30, 31, "20", "x", true]);
    put("age", dice.of(age.as_array().unwrap()).clone());
    let email = json!([null, "a@example.com", "b@x.org", "c@y.com", ""]);
    let email = dice.of(email.as_array().unwrap()).clone();
    put("user", json!({ "email": email }));
    if dice.below(4) > 0 {
        put("segments", json!(dice.some(&SEGMENTS)));
    }
    let opted = json!([null, true, false, "yes", "", 0, 1]);
    put("opted", dice.of(opted.as_array().unwrap()).clone());
    let ring = json!([null, "internal", "beta", "ga", "other"]);
    put("ring", dice.of(ring.as_array().unwrap()).clone());
    all
}

/// A targeting key. Rules name some of them.
pub fn unit(dice: &mut SeededRng) -> String {
    match dice.below(6) {
        0 => (*dice.of(&IDS)).to_owned(),
        1 => format!("emp-{}", dice.below(100_000)),
        2 => format!("u{}", dice.below(1_000_000)),
        _ => format!("user-{}", dice.below(1_000_000)),
    }
}

/// An equivalent rule that is written differently.
pub fn respelled(dice: &mut SeededRng, rule: &Value) -> Value {
    let Value::Object(members) = rule else {
        return rule.clone();
    };
    let Some((name, arguments)) = members.iter().next() else {
        return rule.clone();
    };
    match (name.as_str(), arguments) {
        ("if", Value::Array(items)) => {
            let mut clauses: Vec<Value> = Vec::new();
            for clause in items.chunks(2) {
                if let [condition, then] = clause {
                    clauses.push(reworded(dice, condition));
                    clauses.push(respelled(dice, then));
                } else {
                    clauses.push(respelled(dice, &clause[0]));
                }
            }
            if dice.below(2) == 0 {
                // A condition that never holds changes nothing.
                clauses.splice(0..0, [json!({"and": [{"==": [{"var": "country"}, "DE"]}, {"==": [{"var": "country"}, "FR"]}]}), json!("a")]);
            }
            json!({ "if": clauses })
        }
        ("fractional", Value::Array(items)) => {
            let ten = |item: &Value| match item.as_array().map(Vec::as_slice) {
                Some([name, weight]) => json!([name, weight.as_u64().unwrap() * 10]),
                Some([name]) => json!([name, 10]),
                _ => item.clone(),
            };
            json!({ "fractional": items.iter().map(ten).collect::<Vec<_>>() })
        }
        _ => rule.clone(),
    }
}

fn reworded(dice: &mut SeededRng, condition: &Value) -> Value {
    match dice.below(4) {
        0 => json!({"!": [{"!": [condition]}]}),
        1 => json!({"and": [condition, condition]}),
        2 => json!({"if": [condition, true, false]}),
        _ => condition.clone(),
    }
}

/// The rule with a random change.
pub fn edited(dice: &mut SeededRng, rule: &Value, names: &[String]) -> Value {
    let Value::Object(members) = rule else {
        return match dice.below(3) {
            0 => fractional(dice, &["a", "b"]),
            _ => json!(dice.of(names)),
        };
    };
    let (name, arguments) = members.iter().next().unwrap();
    let items = arguments.as_array().unwrap();
    if name == "fractional" {
        let weight = |dice: &mut SeededRng, item: &Value| match item.as_array().map(Vec::as_slice) {
            Some([name, weight]) => json!([name, weight.as_u64().unwrap() + dice.below(20)]),
            _ => item.clone(),
        };
        let items: Vec<Value> = items.iter().map(|item| weight(dice, item)).collect();
        return json!({ "fractional": items });
    }
    let mut items = items.clone();
    let at = usize::try_from(dice.below(items.len() as u64)).unwrap();
    items[at] = if at % 2 == 0 && at + 1 < items.len() {
        condition(dice, 2)
    } else {
        edited(dice, &items[at], names)
    };
    json!({ "if": items })
}
