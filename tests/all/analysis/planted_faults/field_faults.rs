//! Faults in the fields of flags and documents.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::analysis::planted_faults::Plant;

/// Changes the first flag that `change` accepts.
fn change_flag(
    document: &Value,
    change: &dyn Fn(&mut Map<String, Value>) -> Option<()>,
) -> Option<String> {
    let mut faulty = document.clone();
    let flags = faulty["flags"].as_object_mut()?;
    let changed = flags.values_mut().any(|flag| {
        flag.as_object_mut()
            .is_some_and(|flag| change(flag).is_some())
    });
    changed.then(|| faulty.to_string())
}

/// Renames a field of a flag.
fn rename(document: &Value, from: &str, to: &str) -> Option<String> {
    change_flag(document, &|flag| {
        let value = flag.remove(from)?;
        flag.insert(to.to_owned(), value);
        Some(())
    })
}

fn set(document: &Value, field: &str, value: &Value) -> Option<String> {
    change_flag(document, &|flag| {
        *flag.get_mut(field)? = value.clone();
        Some(())
    })
}

/// Moves a field of a flag into another one.
fn move_into(document: &Value, field: &str, target: &str) -> Option<String> {
    change_flag(document, &|flag| {
        flag.get(target)?;
        let value = flag.remove(field)?;
        flag[target]
            .as_object_mut()?
            .insert(field.to_owned(), value);
        Some(())
    })
}

fn set_in_rollout(document: &Value, field: &str, value: &Value) -> Option<String> {
    change_flag(document, &|flag| {
        *flag.get_mut("rollout")?.get_mut(field)? = value.clone();
        Some(())
    })
}

fn state(document: &Value, word: &str) -> Option<String> {
    change_flag(document, &|flag| {
        (flag["state"] == "DISABLED").then_some(())?;
        flag["state"] = json!(word);
        Some(())
    })
}

fn default_value(document: &Value) -> Option<String> {
    change_flag(document, &|flag| {
        let name = flag["defaultVariant"].as_str()?;
        let value = flag["variants"][name].clone();
        flag["defaultVariant"] = value;
        Some(())
    })
}

fn null_default(document: &Value) -> Option<String> {
    change_flag(document, &|flag| {
        let name = flag["defaultVariant"].as_str()?.to_owned();
        (flag["state"] == "ENABLED").then_some(())?;
        flag["variants"][&name] = Value::Null;
        Some(())
    })
}

fn variant_as_text(document: &Value) -> Option<String> {
    change_flag(document, &|flag| {
        let name = flag["defaultVariant"].as_str()?.to_owned();
        let value = flag["variants"][&name].clone();
        (value.is_boolean() || value.is_number()).then_some(())?;
        flag["variants"][&name] = json!(value.to_string());
        Some(())
    })
}

/// Moves a flag below another one, or beside `flags`.
fn move_flag(document: &Value, into_flag: bool) -> Option<String> {
    let mut faulty = document.clone();
    let moved = faulty["flags"].as_object_mut()?.remove("search.ranking")?;
    let target = if into_flag {
        &mut faulty["flags"]["cart.checkout"]
    } else {
        &mut faulty
    };
    target["search.ranking"] = moved;
    Some(faulty.to_string())
}

fn move_evaluators(document: &Value) -> Option<String> {
    let mut faulty = document.clone();
    let evaluators = faulty.as_object_mut()?.remove("$evaluators")?;
    faulty["flags"]["$evaluators"] = evaluators;
    Some(faulty.to_string())
}

fn rings_in_flag(document: &Value) -> Option<String> {
    let mut faulty = document.clone();
    let rings = faulty.as_object_mut()?.remove("rings")?;
    let flags = faulty["flags"].as_object_mut()?;
    let uses = |flag: &&mut Value| flag["rollout"].get("rings").is_some();
    let flag = flags.values_mut().find(uses)?;
    flag["rings"] = rings;
    Some(faulty.to_string())
}

fn regions_as_object(document: &Value) -> Option<String> {
    set_in_rollout(document, "regions", &json!({"eu": 70, "us": 20}))
}

fn required_flag(document: &Value) -> Option<String> {
    set(
        document,
        "requires",
        &json!([{"flag": "cart.checkot", "variant": "on"}]),
    )
}

fn reversed_ramp(document: &Value) -> Option<String> {
    set_in_rollout(
        document,
        "ramp",
        &json!({"from": "2025-11-23", "to": "2025-11-18"}),
    )
}

/// The faults.
pub const FAULTS: &[(&str, Plant)] = &[
    ("lower-case state", |d, _| state(d, "disabled")),
    ("other word for DISABLED", |d, _| state(d, "OFF")),
    ("misspelt DISABLED", |d, _| state(d, "DISABELD")),
    ("default for defaultVariant", |d, _| {
        rename(d, "defaultVariant", "default")
    }),
    ("variation for variants", |d, _| {
        rename(d, "variants", "variations")
    }),
    ("misspelt targeting", |d, _| {
        rename(d, "targeting", "targetting")
    }),
    ("rules for targeting", |d, _| {
        rename(d, "targeting", "rules")
    }),
    ("misspelt rollout", |d, _| rename(d, "rollout", "rolout")),
    ("unknown default", |d, _| {
        set(d, "defaultVariant", &json!("standard"))
    }),
    ("value as default", |d, _| default_value(d)),
    ("null as default", |d, _| null_default(d)),
    ("variant as text", |d, _| variant_as_text(d)),
    ("targeting in metadata", |d, _| {
        move_into(d, "targeting", "metadata")
    }),
    ("targeting in variants", |d, _| {
        move_into(d, "targeting", "variants")
    }),
    ("flag in a flag", |d, _| move_flag(d, true)),
    ("flag beside flags", |d, _| move_flag(d, false)),
    ("evaluators in flags", |d, _| move_evaluators(d)),
    ("rings in a flag", |d, _| rings_in_flag(d)),
    ("rings as one text", |d, _| {
        set_in_rollout(d, "rings", &json!("workers, testers"))
    }),
    ("percent sign", |d, _| {
        set_in_rollout(d, "percentage", &json!("50%"))
    }),
    ("percentage above 100", |d, _| {
        set_in_rollout(d, "percentage", &json!(150))
    }),
    ("regions as object", |d, _| regions_as_object(d)),
    ("unknown prerequisite", |d, _| required_flag(d)),
    ("reversed ramp", |d, _| reversed_ramp(d)),
];
