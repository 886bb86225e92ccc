//! `flagctl schema`: prints the JSON Schema of flag files, for editors.
//!
//! It is generated from the field tables of the parser and the operators of the compiler. Conditions that a schema
//! cannot express, such as the existence of a variant, are left to `flagctl lint`. A file that loads without diagnostics
//! is valid, and an invalid file has diagnostics.

mod keyword;
mod targeting;

use crate::cli::flagctl::schema::keyword::SchemaKeywords;
use crate::cli::flagctl::schema::keyword::any_of;
use crate::cli::flagctl::schema::keyword::array_of;
use crate::cli::flagctl::schema::keyword::map_of;
use crate::cli::flagctl::schema::keyword::non_empty_string;
use crate::cli::flagctl::schema::keyword::number_range;
use crate::cli::flagctl::schema::keyword::ref_to;
use crate::cli::flagctl::schema::keyword::strings;
use crate::cli::flagctl::schema::keyword::type_keyword;
use crate::cli::flagctl::schema::keyword::type_schema;
use crate::cli::json_node::array;
use crate::cli::json_node::boolean;
use crate::cli::json_node::null;
use crate::cli::json_node::number;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::document::rollout::plan::duration;
use crate::document::schema;
use crate::document::schema::FieldSchema;
use crate::document::schema::FieldType;
use crate::document::schema::ObjectSchema;
use crate::document::serialize;
use crate::document::syntax_tree::Node;

// Necessary conditions only: 30 February matches, and `flagctl lint` reports it.
const DATE_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const OFFSET_PATTERN: &str = "[0-9]{2}:[0-9]{2}";
const TIME_PATTERN: &str = "[0-9]{2}:[0-9]{2}(:[0-9]{2})?([.][^Zz+-]*)?";

/// Prints the schema as JSON, in draft 7, like the public schema of flagd.
pub fn render() -> String {
    let mut schema = vec![
        ("$schema", string("http://json-schema.org/draft-07/schema#")),
        ("title", string("Flags")),
        (
            "description",
            string("A flag file: flagd's format with additional rollout fields."),
        ),
    ];
    schema.extend(closed_object(&[&schema::DOCUMENT]));
    schema.push(("definitions", object(definitions())));
    serialize::to_pretty_json(&object(schema))
}

fn definitions() -> Vec<(&'static str, Node)> {
    let parts = [
        &schema::ROLLOUT,
        &schema::RAMP,
        &schema::REGION,
        &schema::PREREQUISITE,
        &schema::LIFECYCLE,
        &schema::PLAN,
        &schema::STAGE,
        &schema::GUARDRAIL,
        &schema::MINIMUM,
        &schema::WHILE_BLIND,
        &schema::ROLLBACK,
        &schema::WINDOW,
        &schema::SCHEDULE,
        &schema::SCHEDULE_STAGE,
        &schema::SUCCESS_CRITERIA,
        &schema::PIPELINE,
        &schema::PIPELINE_STAGE,
        &schema::PIPELINE_METRIC,
    ];
    let parts = parts.map(|part| (part.name, object(closed_object(&[part]))));
    let mut flag = closed_object(&[&schema::FLAG, &schema::ROLLOUT_FIELDS]);
    flag.retain(|(name, _)| *name != "type");
    flag.insert(0, type_keyword(&["object", "null"]));
    let mut all = vec![(schema::FLAG.name, object(flag))];
    all.extend(parts);
    all.extend(targeting::definitions());
    all
}

/// An object with the fields of `parts`, annotations, and no other members.
fn closed_object(parts: &[&ObjectSchema]) -> SchemaKeywords {
    let fields = parts.iter().flat_map(|part| part.fields);
    let properties = fields.map(|field| (field.name, property(field)));
    let mut schema = vec![
        type_keyword(&["object"]),
        ("additionalProperties", boolean(false)),
        ("properties", object(properties)),
        (
            "patternProperties",
            object([(schema::ANNOTATION_PATTERN, object([]))]),
        ),
    ];
    let required: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.required)
        .copied()
        .collect();
    if !required.is_empty() {
        schema.push(("required", strings(&required)));
    }
    let either = parts.iter().flat_map(|part| part.one_of);
    let either: Vec<Node> = either
        .map(|name| object([("required", strings(&[name]))]))
        .collect();
    if !either.is_empty() {
        schema.push(("oneOf", array(either)));
    }
    schema
}

fn property(field: &FieldSchema) -> Node {
    let mut schema = vec![("description", string(field.description))];
    schema.extend(shape_keywords(&field.field_type));
    object(schema)
}

fn shape_keywords(shape: &FieldType) -> SchemaKeywords {
    match shape {
        FieldType::Anything => Vec::new(),
        FieldType::Text => non_empty_string(),
        FieldType::TextWithoutPrefix(prefix) => string_without_prefix(prefix),
        FieldType::TextOrList => any_of([
            object(non_empty_string()),
            array_of(object(non_empty_string()), 1),
        ]),
        FieldType::OptionalText => vec![type_keyword(&["string", "null"])],
        FieldType::Choice(known) => vec![("enum", strings(known))],
        FieldType::OptionalChoice(known) => {
            let known = known.iter().map(|name| string(*name));
            vec![("enum", array(known.chain([null()])))]
        }
        FieldType::Date => vec![
            type_keyword(&["string", "null"]),
            ("pattern", string(format!("^{DATE_PATTERN}([Tt ].*)?$"))),
        ],
        FieldType::DateTime => {
            let instant =
                format!("^{DATE_PATTERN}([Tt ]{TIME_PATTERN}([Zz]|[+-]{OFFSET_PATTERN}))?$");
            vec![type_keyword(&["string"]), ("pattern", string(instant))]
        }
        FieldType::OptionalBool => vec![type_keyword(&["boolean", "null"])],
        FieldType::Number(from, to) => number_range("number", *from, *to),
        FieldType::Integer(from, to) => number_range("integer", *from, *to),
        FieldType::AnyObject => vec![type_keyword(&["object", "null"])],
        FieldType::Weights(most) => weights(*most),
        FieldType::Targeting => ref_to("targeting"),
        FieldType::Condition => any_of([
            type_schema(&["boolean", "null"]),
            object(ref_to("operation")),
        ]),
        FieldType::Rules => map_of("evaluator"),
        FieldType::Rings => map_of("ring"),
        FieldType::Flags => flag_collection(),
        FieldType::Duration => vec![
            type_keyword(&["string"]),
            ("pattern", string(duration::PATTERN)),
        ],
        FieldType::OptionalTextOrList => any_of([
            type_schema(&["null"]),
            object(non_empty_string()),
            array_of(object(non_empty_string()), 0),
        ]),
        FieldType::Percentages => {
            let percentage = || object(number_range("number", 0.0, 100.0));
            any_of([percentage(), array_of(percentage(), 1)])
        }
        FieldType::Plan => plan_forms(),
        FieldType::Object(part) => ref_to(part.name),
        FieldType::OptionalObject(part) => {
            any_of([type_schema(&["null"]), object(ref_to(part.name))])
        }
        FieldType::ObjectOrList(part) => any_of([
            type_schema(&["null"]),
            object(ref_to(part.name)),
            array_of(object(ref_to(part.name)), 0),
        ]),
    }
}

/// A plan in fanion's own form, or a schedule or pipeline of another service.
fn plan_forms() -> SchemaKeywords {
    let form = |part: &ObjectSchema| object(ref_to(part.name));
    any_of([
        type_schema(&["null"]),
        form(&schema::PLAN),
        form(&schema::SCHEDULE),
        form(&schema::PIPELINE),
        array_of(form(&schema::STAGE), 1),
        array_of(form(&schema::PIPELINE_STAGE), 1),
    ])
}

fn string_without_prefix(prefix: &str) -> SchemaKeywords {
    let pattern = format!("^{}", prefix.replace('$', "\\$"));
    let mut schema = non_empty_string();
    schema.push(("not", object([("pattern", string(pattern))])));
    schema
}

/// An object of at least one weight, from 0 to `max`.
fn weights(max: f64) -> SchemaKeywords {
    let weight = object(number_range("integer", 0.0, max));
    vec![
        type_keyword(&["object"]),
        ("minProperties", number(1.0)),
        ("additionalProperties", weight),
    ]
}

/// Flags in an object, by key, or in a list, each with its key.
fn flag_collection() -> SchemaKeywords {
    let keyed = object([
        type_keyword(&["object"]),
        ("properties", object([("key", object(non_empty_string()))])),
        ("required", strings(&["key"])),
    ]);
    let listed = object([("allOf", array([object(ref_to("flag")), keyed]))]);
    any_of([object(map_of("flag")), array_of(listed, 0)])
}
