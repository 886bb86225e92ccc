//! Random contexts and conditions.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use serde_json::json;

use crate::dialect::engine::Context;
use crate::dialect::engine::context;

/// The percentages, of which 0 and 100 are likely.
pub fn percentage() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(100.0),
        (0_u32..=100).prop_map(f64::from),
        (0_u32..=1000).prop_map(|tenths| f64::from(tenths) / 10.0),
    ]
}

/// A user, or nobody.
fn user() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => (0_u32..50).prop_map(|number| json!(format!("user-{number}"))),
        1 => Just(json!("ünïcødé-😀")),
        1 => Just(json!("")),
        1 => Just(Value::Null),
    ]
}

/// A value of an attribute: of any type, and often close to those of conditions.
fn attribute() -> impl Strategy<Value = Value> {
    select(vec![
        json!("acme"),
        json!("globex"),
        json!("internal-acme"),
        json!("ann@example.com"),
        json!("17"),
        json!(" 18.5 "),
        json!(""),
        json!("true"),
        json!(17),
        json!(17.0),
        json!(18.5),
        json!(0),
        json!(-3),
        json!(true),
        json!(false),
        json!(null),
        json!(["acme", "17", 17]),
        json!([]),
        json!({"acme": "acme"}),
    ])
}

/// The names of attributes.
const ATTRIBUTES: [&str; 4] = ["tenantId", "plan", "age", "device.os"];

/// A context.
pub fn any_context() -> impl Strategy<Value = Context> {
    let values = proptest::collection::vec(proptest::option::of(attribute()), ATTRIBUTES.len());
    let segments = proptest::collection::vec(
        select(vec![json!("staff"), json!("beta"), json!("x"), json!(7)]),
        0..3,
    );
    (user(), user(), values, segments, any::<bool>()).prop_map(
        |(user, session, values, segments, is_single)| {
            let mut made = json!({ "device": {} });
            for (name, value) in ATTRIBUTES.iter().zip(values) {
                let Some(value) = value else { continue };
                match name.strip_prefix("device.") {
                    Some(name) => made["device"][name] = value,
                    None => made[name] = value,
                }
            }
            made["segments"] = match segments.first() {
                Some(only) if is_single => only.clone(),
                _ => json!(segments),
            };
            let ids = [("targetingKey", user), ("sessionId", session)];
            for (name, id) in ids.into_iter().filter(|(_, id)| !id.is_null()) {
                made[name] = id;
            }
            context(made)
        },
    )
}

/// A scalar that a condition compares with.
fn scalar() -> impl Strategy<Value = Value> {
    select(vec![
        json!("acme"),
        json!("17"),
        json!(17),
        json!(true),
        json!(0),
        json!(""),
    ])
}

/// A condition of any operator.
pub fn condition() -> impl Strategy<Value = Value> {
    let test = prop_oneof![
        scalar().prop_map(|value| ("equals", value)),
        select(vec!["acme", "17", "a"]).prop_map(|value| ("contains", json!(value))),
        select(vec![json!(17), json!("18"), json!(-1), json!(0)])
            .prop_map(|value| ("greaterThan", value)),
        select(vec![json!(17), json!("18.5"), json!(1)]).prop_map(|value| ("lessThan", value)),
        select(vec![
            "^internal-",
            "@example\\.com$",
            "^acme$",
            "acme|globex",
            "^\\d+$",
            "^1",
            "true",
            "^[a-z]+@[a-z]+\\.com$",
        ])
        .prop_map(|value| ("matches", json!(value))),
        proptest::collection::vec(scalar(), 1..4).prop_map(|values| ("in", json!(values))),
    ];
    let names = ATTRIBUTES.into_iter().chain(["userId"]).collect::<Vec<_>>();
    (select(names), test).prop_map(|(attribute, (operator, value))| {
        json!({ "attribute": attribute, "operator": operator, "value": value })
    })
}
