//! Generates correct flag files with all operators, rollout fields and types of values, and contexts for them.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::random_flags::SeededRng;

const COUNTRIES: [&str; 6] = ["DE", "AT", "FR", "US", "DK", "ES"];
const PLANS: [&str; 3] = ["free", "pro", "enterprise"];
const RINGS: [&str; 2] = ["workers", "testers"];

/// The number of kinds of conditions; each reads an attribute that no other reads, so that no two contradict.
const CONDITIONS: u64 = 26;

/// A condition that does not hold for contexts without its attribute.
fn condition(kind: u64, rng: &mut SeededRng) -> Value {
    match kind {
        0 => json!({"==": [{"var": "country"}, rng.of(&COUNTRIES)]}),
        1 => json!({"===": [{"var": "plan"}, rng.of(&PLANS)]}),
        2 => json!({"in": [{"var": "city"}, ["Rome", "Oslo", "Bern"]]}),
        3 => json!({"in": ["@corp.example", {"var": ["email", ""]}]}),
        4 => json!({"ends_with": [{"var": "host"}, ".internal"]}),
        5 => json!({"starts_with": [{"var": "userAgent"}, "Mobile"]}),
        6 => {
            let order = rng.of(&["=", "<", "<=", ">", ">=", "~", "^"]);
            json!({"sem_ver": [{"var": "appVersion"}, order, "2.10.0"]})
        }
        7 => json!({">=": [{"var": "age"}, 10 * rng.below(4) + 10]}),
        8 => json!({">": [{"var": "score"}, 0.5]}),
        9 => json!({"and": [{"var": "height"}, {"<": [{"var": "height"}, 150]}]}),
        10 => json!({"and": [{"var": "weight"}, {"<=": [{"var": "weight"}, 70]}]}),
        11 => json!({"and": [{"var": "language"}, {"!=": [{"var": "language"}, "en"]}]}),
        12 => json!({"and": [{"var": "currency"}, {"!==": [{"var": "currency"}, "EUR"]}]}),
        13 => json!({"!!": [{"var": "beta.optIn"}]}),
        14 => {
            json!({"or": [{"==": [{"var": "role"}, "admin"]}, {"==": [{"var": "role"}, "owner"]}]})
        }
        15 => json!({"==": [{"%": [{"var": "shard"}, 4]}, 1]}),
        16 => json!({">": [{"+": [{"var": "clicks"}, 2]}, 6]}),
        17 => json!({"==": [{"substr": [{"var": "zip"}, 0, 2]}, "10"]}),
        18 => json!({"some": [{"var": "groups"}, {"==": [{"var": ""}, "staff"]}]}),
        19 => json!({"in": ["vip", {"var": "labels"}]}),
        20 => json!({"==": [{"cat": [{"var": "os"}, "-", {"var": "arch"}]}, "linux-arm"]}),
        21 => json!({">=": [{"max": [{"var": "visits"}, 0]}, 3]}),
        22 => {
            json!({">=": [{"var": "$flagd.timestamp"}, 1_763_600_000 + rng.below(2) * 86_400 - 43_200]})
        }
        23 => json!({"!": [{"missing": ["tenant"]}]}),
        24 => {
            json!({">": [{"reduce": [{"filter": [{"var": "cart"}, {">": [{"var": ""}, 5]}]}, {"+": [{"var": "accumulator"}, {"var": "current"}]}, 0]}, 10]})
        }
        _ => json!({"$ref": "is-kiosk"}),
    }
}

/// A context with some of the attributes that conditions read.
pub fn context(rng: &mut SeededRng) -> Value {
    let all = json!({
        "targetingKey": format!("user-{}", rng.below(40)),
        "country": rng.of(&COUNTRIES),
        "plan": rng.of(&PLANS),
        "city": rng.of(&["Rome", "Oslo", "Paris"]),
        "email": rng.of(&["a@corp.example", "b@mail.example"]),
        "host": rng.of(&["a.internal", "b.example"]),
        "userAgent": rng.of(&["Mobile 3", "Desktop"]),
        "appVersion": rng.of(&["2.1.0", "2.1.7", "2.10.0", "1.0.0", "3.0.0"]),
        "age": rng.below(60),
        "score": rng.of(&[0.1, 0.9]),
        "height": 120 + rng.below(80),
        "weight": 40 + rng.below(60),
        "language": rng.of(&["en", "de"]),
        "currency": rng.of(&["EUR", "USD"]),
        "beta": {"optIn": rng.below(2) == 0},
        "role": rng.of(&["admin", "owner", "guest"]),
        "shard": rng.below(8),
        "clicks": rng.below(10),
        "zip": rng.of(&["10115", "20095"]),
        "groups": rng.of(&[json!(["staff"]), json!(["guests"])]),
        "labels": rng.of(&[json!(["vip"]), json!(["new"])]),
        "os": rng.of(&["linux", "macos"]),
        "arch": rng.of(&["arm", "intel"]),
        "visits": rng.below(6),
        "tenant": rng.of(&["acme", "initech"]),
        "cart": rng.of(&[json!([4, 9, 8]), json!([1])]),
        "device": {"kind": rng.of(&["kiosk", "phone"]), "id": format!("d-{}", rng.below(20))},
        "group": rng.of(&["employee", "qa", "none"]),
        "region": rng.of(&["eu", "us", "asia"]),
        "segments": rng.of(&[json!(["early"]), json!([])]),
    });
    let mut attributes = all.as_object().expect("an object").clone();
    attributes.retain(|_, _| rng.below(8) != 0);
    Value::Object(attributes)
}

/// Variants of one type, by name; the first name is the default.
fn variants(rng: &mut SeededRng) -> (Vec<&'static str>, Value) {
    match rng.below(5) {
        0 | 1 => (vec!["off", "on"], json!({"on": true, "off": false})),
        2 => (
            vec!["small", "medium", "large"],
            json!({"small": 10, "medium": 25.5, "large": 100}),
        ),
        3 => (
            vec!["grey", "blue", "green"],
            json!({"grey": "#888888", "blue": "#0000ff", "green": "#00ff00"}),
        ),
        _ => (
            vec!["basic", "full"],
            json!({"basic": {"rows": 5}, "full": {"rows": 50, "title": "all"}}),
        ),
    }
}

/// The branches of a rule: distinct conditions and results, the last of which is the default.
fn rule(names: &[&str], rng: &mut SeededRng) -> Value {
    let first = rng.below(CONDITIONS);
    let branches = 1 + rng.below(3);
    let mut parts = Vec::new();
    for at in 0..branches {
        parts.push(condition((first + at * 7) % CONDITIONS, rng));
        let chosen = names[1 + usize::try_from(at).expect("small") % (names.len() - 1)];
        parts.push(if rng.below(4) == 0 {
            fractional(names, rng)
        } else {
            json!(chosen)
        });
    }
    if rng.below(2) == 0 {
        parts.push(json!(names[0]));
    }
    json!({"if": parts})
}

fn fractional(names: &[&str], rng: &mut SeededRng) -> Value {
    let share = 5 + rng.below(90);
    let mut parts = match rng.below(4) {
        0 => vec![json!({"var": "device.id"})],
        1 => vec![json!({"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]})],
        _ => Vec::new(),
    };
    parts.push(json!([names[1], share]));
    parts.push(json!([names[0], 100 - share]));
    json!({"fractional": parts})
}

fn rollout(names: &[&str], rng: &mut SeededRng) -> Value {
    let mut rollout = json!({"variant": names[1]});
    match rng.below(6) {
        0 => rollout["percentage"] = json!(5 + rng.below(90)),
        1 => {
            rollout["rings"] = json!(["workers", "testers"]);
            rollout["percentage"] = json!(12.5);
        }
        2 => {
            rollout["ramp"] =
                json!({"from": "2025-11-18T08:00:00Z", "to": "2025-11-23", "steps": 10});
            rollout["percentage"] = json!(80);
        }
        3 => {
            let regions = json!([{"region": "eu", "percentage": 70}, {"region": ["us", "asia"], "percentage": 20}]);
            rollout["regions"] = regions;
            rollout["percentage"] = json!(5);
        }
        4 => {
            let split: Map<String, Value> = names
                .iter()
                .map(|name| ((*name).to_owned(), json!(50)))
                .collect();
            rollout = json!({"split": split, "percentage": 60});
        }
        _ => {
            rollout["allow"] = json!(["user-1", "user-2", "user-3"]);
            rollout["deny"] = json!(["user-4"]);
            rollout["segments"] = json!("early");
            rollout["percentage"] = json!(40);
        }
    }
    if rng.below(3) == 0 {
        rollout["when"] = condition(rng.below(2), rng);
    }
    match rng.below(5) {
        0 => rollout["bucketBy"] = json!("device.id"),
        1 => rollout["seed"] = json!("autumn"),
        _ => {}
    }
    rollout
}

fn flag(rng: &mut SeededRng) -> Value {
    let (names, variants) = variants(rng);
    let mut flag = json!({
        "state": if rng.below(8) == 0 { "DISABLED" } else { "ENABLED" },
        "variants": variants,
        "defaultVariant": names[0],
    });
    match rng.below(4) {
        0 => flag["targeting"] = fractional(&names, rng),
        1 => {
            flag["rollout"] = rollout(&names, rng);
            flag["kill"] = json!(false);
            flag["lifecycle"] =
                json!({"owner": "shop", "kind": "release", "created": "2026-06-01"});
        }
        _ => flag["targeting"] = rule(&names, rng),
    }
    if rng.below(2) == 0 {
        flag["metadata"] = json!({"team": "shop", "tier": 2, "public": true});
    }
    if rng.below(3) == 0 {
        flag["description"] = json!("A flag.");
    }
    flag
}

/// A document of several flags; the last one requires the first one.
pub fn document(rng: &mut SeededRng) -> Value {
    let names = [
        "cart.checkout",
        "search.ranking",
        "mail.digest",
        "home.banner",
    ];
    let mut flags = Map::new();
    for name in names
        .iter()
        .take(2 + usize::try_from(rng.below(3)).expect("small"))
    {
        flags.insert((*name).to_owned(), flag(rng));
    }
    let (own, variants) = variants(rng);
    let required = &flags["cart.checkout"];
    let released = required["variants"].as_object().expect("variants").keys();
    let released = released.max().expect("a variant").clone();
    if required["state"] == "ENABLED" {
        let dependent = json!({
            "state": "ENABLED",
            "variants": variants,
            "defaultVariant": own[0],
            "rollout": {"variant": own[1], "percentage": 100},
            "requires": [{"flag": "cart.checkout", "variant": released}],
        });
        flags.insert("cart.gift".to_owned(), dependent);
    }
    json!({
        "$evaluators": {"is-kiosk": {"==": [{"var": "device.kind"}, "kiosk"]}},
        "rings": {RINGS[0]: {"in": [{"var": "group"}, ["employee"]]}, RINGS[1]: {"==": [{"var": "group"}, "qa"]}},
        "metadata": {"flagSetId": "shop", "version": 3},
        "flags": flags,
    })
}
