//! What a rule may be. How many arguments an operator wants, and which, is left to `flagctl lint`.

use crate::cli::data::list;
use crate::cli::data::number;
use crate::cli::data::object;
use crate::cli::data::text;
use crate::cli::data::truth;
use crate::cli::data::value;
use crate::cli::schema::Schema;
use crate::cli::schema::any;
use crate::cli::schema::filled;
use crate::cli::schema::items;
use crate::cli::schema::of_types;
use crate::cli::schema::refers;
use crate::cli::schema::types;
use crate::document::node::Node;
use crate::document::rollout::bucketing;
use crate::rule::operator;
use crate::rule::operator::Operator;
use crate::value::Literal;

const PLAIN: [&str; 4] = ["null", "boolean", "number", "string"];

/// The definitions that the rest of the schema refers to.
pub fn definitions() -> Vec<(&'static str, Node)> {
    let rules = |least| items(object(refers("rule")), least);
    let operation = || object(refers("operation"));
    vec![
        (
            "ring",
            object(any([
                of_types(&["boolean"]),
                object(refers("segments")),
                operation(),
            ])),
        ),
        // An object with several members chooses no variant.
        (
            "targeting",
            object(any([of_types(&PLAIN), rules(0), empty(), operation()])),
        ),
        (
            "evaluator",
            object(any([
                of_types(&PLAIN),
                rules(1),
                several(),
                object(refers("segments")),
                operation(),
            ])),
        ),
        (
            "rule",
            object(any([
                of_types(&PLAIN),
                rules(0),
                empty(),
                several(),
                operation(),
            ])),
        ),
        ("segments", object(segments())),
        ("operation", object(operations())),
    ]
}

/// `null`
pub fn null() -> Node {
    value(&Literal::Null)
}

/// How a ring is defined for short; a ring may also refer to an evaluator that is written so.
fn segments() -> Schema {
    let names = any([of_types(&["string"]), items(of_types(&["string"]), 1)]);
    vec![
        types(&["object"]),
        ("additionalProperties", truth(false)),
        ("properties", object([("segments", object(names))])),
        ("required", list([text("segments")])),
    ]
}

fn empty() -> Node {
    object([types(&["object"]), ("maxProperties", number(0.0))])
}

/// An object that is a value as it stands.
fn several() -> Node {
    object([types(&["object"]), ("minProperties", number(2.0))])
}

/// An object of one member: an operator and its arguments, or a reference.
fn operations() -> Schema {
    let named = Operator::names().filter(|name| *name != bucketing::OPERATOR);
    let arguments = |name: &str| {
        if operator::LISTS.contains(&name) {
            items(object(refers("rule")), 0)
        } else {
            object(refers("rule"))
        }
    };
    vec![
        types(&["object"]),
        ("minProperties", number(1.0)),
        ("maxProperties", number(1.0)),
        ("additionalProperties", truth(false)),
        (
            "properties",
            object(named.map(|name| (name, arguments(name)))),
        ),
        // As a pattern: some programs would take a property of this name for a reference.
        (
            "patternProperties",
            object([("^\\$ref$", object(filled()))]),
        ),
    ]
}
