//! The schema definitions of targeting rules. The number and types of operator arguments are left to `flagctl lint`.

use crate::cli::flagctl::schema::keyword::SchemaKeywords;
use crate::cli::flagctl::schema::keyword::any_of;
use crate::cli::flagctl::schema::keyword::array_of;
use crate::cli::flagctl::schema::keyword::non_empty_string;
use crate::cli::flagctl::schema::keyword::ref_to;
use crate::cli::flagctl::schema::keyword::type_keyword;
use crate::cli::flagctl::schema::keyword::type_schema;
use crate::cli::json_node::array;
use crate::cli::json_node::boolean;
use crate::cli::json_node::number;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::document::rollout::bucketing;
use crate::document::syntax_tree::Node;
use crate::rule::operator;
use crate::rule::operator::Operator;

const SCALAR_TYPES: [&str; 4] = ["null", "boolean", "number", "string"];

/// The definitions that the rest of the schema refers to.
pub fn definitions() -> Vec<(&'static str, Node)> {
    let rules = |least| array_of(object(ref_to("rule")), least);
    let operation = || object(ref_to("operation"));
    vec![
        (
            "ring",
            object(any_of([
                type_schema(&["boolean"]),
                object(ref_to("segments")),
                operation(),
            ])),
        ),
        // An object with several members selects no variant.
        (
            "targeting",
            object(any_of([
                type_schema(&SCALAR_TYPES),
                rules(0),
                empty_object(),
                operation(),
            ])),
        ),
        (
            "evaluator",
            object(any_of([
                type_schema(&SCALAR_TYPES),
                rules(1),
                multi_member_object(),
                object(ref_to("segments")),
                operation(),
            ])),
        ),
        (
            "rule",
            object(any_of([
                type_schema(&SCALAR_TYPES),
                rules(0),
                empty_object(),
                multi_member_object(),
                operation(),
            ])),
        ),
        ("segments", object(segments_object())),
        ("operation", object(operation_object())),
    ]
}

/// The short form of a ring. A ring may also refer to an evaluator of this form.
fn segments_object() -> SchemaKeywords {
    let names = any_of([
        type_schema(&["string"]),
        array_of(type_schema(&["string"]), 1),
    ]);
    vec![
        type_keyword(&["object"]),
        ("additionalProperties", boolean(false)),
        ("properties", object([("segments", object(names))])),
        ("required", array([string("segments")])),
    ]
}

fn empty_object() -> Node {
    object([type_keyword(&["object"]), ("maxProperties", number(0.0))])
}

/// An object with several members, which is a value and not an operation.
fn multi_member_object() -> Node {
    object([type_keyword(&["object"]), ("minProperties", number(2.0))])
}

/// An object of one member: an operator and its arguments, or a reference.
fn operation_object() -> SchemaKeywords {
    let named = Operator::names().filter(|name| !name.starts_with(bucketing::OWN_PREFIX));
    let arguments = |name: &str| {
        if operator::LAZY_LIST_OPERATORS.contains(&name) {
            array_of(object(ref_to("rule")), 0)
        } else {
            object(ref_to("rule"))
        }
    };
    vec![
        type_keyword(&["object"]),
        ("minProperties", number(1.0)),
        ("maxProperties", number(1.0)),
        ("additionalProperties", boolean(false)),
        (
            "properties",
            object(named.map(|name| (name, arguments(name)))),
        ),
        // A pattern, because some schema processors treat a property named `$ref` as a reference.
        (
            "patternProperties",
            object([("^\\$ref$", object(non_empty_string()))]),
        ),
    ]
}
