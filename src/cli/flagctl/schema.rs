//! `flagctl schema`: what a flag file may be, as a JSON Schema for editors.
//!
//! It is made of the table by which documents are read, and of the operators that rules are compiled with. What a schema
//! cannot say, whether a variant exists for instance, is left to `flagctl lint`: a file that loads without complaint is
//! valid, and what is not valid is complained about.

mod targeting;

use crate::cli::output::json_value::array;
use crate::cli::output::json_value::boolean;
use crate::cli::output::json_value::number;
use crate::cli::output::json_value::object;
use crate::cli::output::json_value::string;
use crate::document::schema;
use crate::document::schema::FieldSchema;
use crate::document::schema::FieldType;
use crate::document::schema::ObjectSchema;
use crate::document::serialize;
use crate::document::syntax_tree::Node;

// Texts that begin as these do may still be no date: there is no thirtieth of February.
const DATE_PATTERN: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const OFFSET_PATTERN: &str = "[0-9]{2}:[0-9]{2}";
const TIME_PATTERN: &str = "[0-9]{2}:[0-9]{2}(:[0-9]{2})?([.][^Zz+-]*)?";

/// The members of a schema.
type SchemaKeywords = Vec<(&'static str, Node)>;

/// The schema as JSON, in the draft that flagd's public schema has, which editors know best.
pub fn render() -> String {
    let mut schema = vec![
        ("$schema", string("http://json-schema.org/draft-07/schema#")),
        ("title", string("Flags")),
        (
            "description",
            string("A flag file: flagd's format, and words for rollouts beside it."),
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

/// An object that has the members of these and no others.
fn closed_object(parts: &[&ObjectSchema]) -> SchemaKeywords {
    let fields = parts.iter().flat_map(|part| part.fields);
    let properties = fields.map(|field| (field.name, property(field)));
    let mut schema = vec![
        type_keyword(&["object"]),
        ("additionalProperties", boolean(false)),
        ("properties", object(properties)),
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
        FieldType::TextWithoutPrefix(prefix) => {
            let pattern = format!("^{}", prefix.replace('$', "\\$"));
            let mut schema = non_empty_string();
            schema.push(("not", object([("pattern", string(pattern))])));
            schema
        }
        FieldType::TextOrList => any_of([
            object(non_empty_string()),
            array_of(object(non_empty_string()), 1),
        ]),
        FieldType::OptionalText => vec![type_keyword(&["string", "null"])],
        FieldType::Choice(known) => vec![("enum", strings(known))],
        FieldType::OptionalChoice(known) => {
            let known = known.iter().map(|name| string(*name));
            vec![("enum", array(known.chain([targeting::null()])))]
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
        FieldType::Weights(most) => vec![
            type_keyword(&["object"]),
            ("minProperties", number(1.0)),
            (
                "additionalProperties",
                object(number_range("integer", 0.0, *most)),
            ),
        ],
        FieldType::Targeting => ref_to("targeting"),
        FieldType::Condition => any_of([
            type_schema(&["boolean", "null"]),
            object(ref_to("operation")),
        ]),
        FieldType::Rules => map_of("evaluator"),
        FieldType::Rings => map_of("ring"),
        FieldType::Flags => flag_collection(),
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

/// By key, or in a list, each with its key.
fn flag_collection() -> SchemaKeywords {
    let keyed = object([
        type_keyword(&["object"]),
        ("properties", object([("key", object(non_empty_string()))])),
        ("required", strings(&["key"])),
    ]);
    let listed = object([("allOf", array([object(ref_to("flag")), keyed]))]);
    any_of([object(map_of("flag")), array_of(listed, 0)])
}

/// An object, or null, with values as a definition has them.
fn map_of(definition: &str) -> SchemaKeywords {
    let values = ("additionalProperties", object(ref_to(definition)));
    vec![type_keyword(&["object", "null"]), values]
}

fn non_empty_string() -> SchemaKeywords {
    vec![type_keyword(&["string"]), ("minLength", number(1.0))]
}

fn number_range(kind: &str, from: f64, to: f64) -> SchemaKeywords {
    vec![
        type_keyword(&[kind]),
        ("minimum", number(from)),
        ("maximum", number(to)),
    ]
}

fn array_of(each: Node, least: u8) -> Node {
    let mut schema = vec![type_keyword(&["array"]), ("items", each)];
    if least > 0 {
        schema.push(("minItems", number(f64::from(least))));
    }
    object(schema)
}

fn any_of(schemas: impl IntoIterator<Item = Node>) -> SchemaKeywords {
    vec![("anyOf", array(schemas))]
}

fn ref_to(definition: &str) -> SchemaKeywords {
    vec![("$ref", string(format!("#/definitions/{definition}")))]
}

fn type_keyword(names: &[&str]) -> (&'static str, Node) {
    let types = match names {
        [one] => string(*one),
        several => strings(several),
    };
    ("type", types)
}

fn type_schema(names: &[&str]) -> Node {
    object([type_keyword(names)])
}

fn strings(names: &[&str]) -> Node {
    array(names.iter().map(|name| string(*name)))
}
