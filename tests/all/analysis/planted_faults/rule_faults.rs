//! Faults in targeting rules.

use serde_json::Value;
use serde_json::json;

use crate::analysis::planted_faults::Plant;
use crate::support::random_flags::SeededRng;

/// Changes the first operation of some rule that `change` accepts: it gets the operator and the arguments, and returns the
/// new operation.
fn change_operation(
    document: &Value,
    change: &dyn Fn(&str, &Value) -> Option<Value>,
) -> Option<String> {
    let mut faulty = document.clone();
    let flags = faulty["flags"].as_object_mut()?;
    let changed = flags
        .values_mut()
        .any(|flag| match flag.get_mut("targeting") {
            Some(rule) => change_in(rule, change),
            None => false,
        });
    changed.then(|| faulty.to_string())
}

fn change_in(node: &mut Value, change: &dyn Fn(&str, &Value) -> Option<Value>) -> bool {
    match node {
        Value::Array(items) => items.iter_mut().any(|item| change_in(item, change)),
        Value::Object(members) => {
            let only = members.iter().next().filter(|_| members.len() == 1);
            if let Some(new) = only.and_then(|(operator, arguments)| change(operator, arguments)) {
                *node = new;
                return true;
            }
            members.values_mut().any(|value| change_in(value, change))
        }
        _ => false,
    }
}

/// Changes the arguments of the operator `name`.
fn change_arguments(
    document: &Value,
    name: &str,
    change: &dyn Fn(&Vec<Value>) -> Option<Value>,
) -> Option<String> {
    change_operation(document, &|operator, arguments| {
        let arguments = arguments.as_array().filter(|_| operator == name)?;
        let changed = change(arguments)?;
        Some(json!({ operator: changed }))
    })
}

fn is_var(node: &Value) -> bool {
    node.get("var").is_some()
}

/// Changes the shares of a `fractional`, without its bucketing key.
fn change_shares(document: &Value, change: &dyn Fn(&[Value]) -> Value) -> Option<String> {
    change_arguments(document, "fractional", &|arguments| {
        let shares: Vec<Value> = arguments.iter().filter(|a| a.is_array()).cloned().collect();
        Some(change(&shares))
    })
}

/// Changes the weight of the first share.
fn change_weight(document: &Value, change: &dyn Fn(&Value) -> Value) -> Option<String> {
    change_shares(document, &|shares| {
        let mut shares = shares.to_vec();
        shares[0][1] = change(&shares[0][1]);
        json!(shares)
    })
}

fn rename(document: &Value, from: &str, to: &str) -> Option<String> {
    change_operation(document, &|operator, arguments| {
        (operator == from).then(|| json!({ to: arguments }))
    })
}

fn whole_rule(document: &Value, change: &dyn Fn(&Value) -> Option<Value>) -> Option<String> {
    let mut faulty = document.clone();
    let flags = faulty["flags"].as_object_mut()?;
    let flag = flags
        .values_mut()
        .find(|flag| flag.get("targeting").is_some())?;
    flag["targeting"] = change(&flag["targeting"])?;
    Some(faulty.to_string())
}

fn misspelt_result(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "if", &|arguments| {
        let mut arguments = arguments.clone();
        let result = arguments.get(1)?.as_str()?.to_owned();
        arguments[1] = json!(format!("{result}x"));
        Some(json!(arguments))
    })
}

fn condition_behind_result(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "if", &|arguments| {
        let mut arguments = arguments.clone();
        arguments.get(1)?.as_str()?;
        arguments.swap(0, 1);
        Some(json!(arguments))
    })
}

fn pairs(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "if", &|arguments| {
        let pairs: Vec<Value> = arguments.chunks(2).map(|pair| json!(pair)).collect();
        Some(json!(pairs))
    })
}

fn split_as_condition(document: &Value, _: &mut SeededRng) -> Option<String> {
    whole_rule(document, &|rule| {
        let shares = rule.get("fractional")?.as_array()?;
        let names: Vec<&Value> = shares
            .iter()
            .filter_map(|s| s.as_array()?.first())
            .collect();
        Some(json!({"if": [rule, names[0], names[1]]}))
    })
}

fn members_in_place_of_list(document: &Value, _: &mut SeededRng) -> Option<String> {
    whole_rule(document, &|rule| {
        let arguments = rule.get("if")?.as_array()?;
        Some(json!({"if": arguments[0], "then": arguments[1]}))
    })
}

fn forgotten_var(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "==", &|arguments| {
        let name = arguments[0].get("var")?.as_str()?;
        (!name.is_empty()).then(|| json!([name, arguments[1]]))
    })
}

fn template(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_operation(document, &|operator, arguments| {
        let name = arguments.as_str().filter(|_| operator == "var")?;
        (name.len() > 2 && !name.starts_with('$')).then(|| json!(format!("${{{name}}}")))
    })
}

fn reversed(document: &Value, operator: &str) -> Option<String> {
    change_arguments(document, operator, &|arguments| {
        let mut arguments = arguments.clone();
        (is_var(&arguments[0]) || is_var(&arguments[1])).then_some(())?;
        arguments.reverse();
        Some(json!(arguments))
    })
}

fn list_as_arguments(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "in", &|arguments| {
        let mut flat = vec![arguments[0].clone()];
        flat.extend(arguments[1].as_array()?.iter().cloned());
        Some(json!(flat))
    })
}

fn list_as_text(document: &Value, _: &mut SeededRng) -> Option<String> {
    change_arguments(document, "in", &|arguments| {
        let items = arguments[1].as_array()?.iter().filter_map(Value::as_str);
        let text: Vec<&str> = items.collect();
        Some(json!([arguments[0], text.join(",")]))
    })
}

fn third(document: &Value, operator: &str, at: usize, value: &Value) -> Option<String> {
    change_arguments(document, operator, &|arguments| {
        let mut arguments = arguments.clone();
        *arguments.get_mut(at)? = value.clone();
        Some(json!(arguments))
    })
}

fn contradiction(document: &Value, _: &mut SeededRng) -> Option<String> {
    rename(document, "or", "and")
}

fn time(document: &Value, change: &dyn Fn(u64) -> Value) -> Option<String> {
    change_arguments(document, ">=", &|arguments| {
        let is_time = arguments[0]["var"] == "$flagd.timestamp";
        let seconds = arguments[1].as_u64().filter(|_| is_time)?;
        Some(json!([arguments[0], change(seconds)]))
    })
}

/// The faults.
pub const FAULTS: &[(&str, Plant)] = &[
    ("misspelt result", misspelt_result),
    ("condition behind result", condition_behind_result),
    ("pairs of condition and result", pairs),
    ("split as condition", split_as_condition),
    ("then beside if", members_in_place_of_list),
    ("forgotten var", forgotten_var),
    ("template in place of var", template),
    ("= for ==", |d, _| rename(d, "==", "=")),
    ("equals for ==", |d, _| rename(d, "===", "equals")),
    ("misspelt fractional", |d, _| {
        rename(d, "fractional", "fractionl")
    }),
    ("ends-with", |d, _| rename(d, "ends_with", "ends-with")),
    ("reversed in", |d, _| reversed(d, "in")),
    ("reversed starts_with", |d, _| reversed(d, "starts_with")),
    ("reversed ends_with", |d, _| reversed(d, "ends_with")),
    ("list as arguments of in", list_as_arguments),
    ("list as text", list_as_text),
    ("number as prefix", |d, _| {
        third(d, "starts_with", 1, &json!(3))
    }),
    ("=> in sem_ver", |d, _| third(d, "sem_ver", 1, &json!("=>"))),
    ("wildcard in sem_ver", |d, _| {
        third(d, "sem_ver", 2, &json!("2.x"))
    }),
    ("operator first in sem_ver", |d, _| {
        change_arguments(d, "sem_ver", &|a| Some(json!([a[1], a[0], a[2]])))
    }),
    ("weights as texts", |d, _| {
        change_weight(d, &|w| json!(w.to_string()))
    }),
    ("weights with percent sign", |d, _| {
        change_weight(d, &|w| json!(format!("{w}%")))
    }),
    ("weight below 1", |d, _| change_weight(d, &|_| json!(0.5))),
    ("negative weight", |d, _| change_weight(d, &|_| json!(-5))),
    ("weight before variant", |d, _| {
        change_shares(d, &|s| {
            s.iter().map(|share| json!([share[1], share[0]])).collect()
        })
    }),
    ("flat list of shares", |d, _| {
        change_shares(d, &|s| {
            s.iter()
                .flat_map(|share| [share[0].clone(), share[1].clone()])
                .collect()
        })
    }),
    ("list of objects as shares", |d, _| {
        change_shares(d, &|s| {
            s.iter()
                .map(|share| json!({share[0].as_str().expect("a name"): share[1]}))
                .collect()
        })
    }),
    ("one share", |d, _| change_shares(d, &|s| json!([s[0]]))),
    ("weights of 0", |d, _| {
        change_shares(d, &|s| s.iter().map(|share| json!([share[0], 0])).collect())
    }),
    ("constant bucketing key", |d, _| {
        change_shares(d, &|s| json!(["email", s[0], s[1]]))
    }),
    ("rule as text", |d, _| {
        whole_rule(d, &|rule| Some(json!(rule.to_string())))
    }),
    ("contradiction", contradiction),
    ("milliseconds", |d, _| {
        time(d, &|seconds| json!(seconds * 1000))
    }),
    ("date as text", |d, _| time(d, &|_| json!("2025-11-20"))),
];
