//! `flagctl schema`: what a flag file may be, as a JSON Schema for editors.
//!
//! It is made of the table by which documents are read, and of the operators that rules are compiled with. What a schema
//! cannot say, whether a variant exists for instance, is left to `flagctl lint`: a file that loads without complaint is
//! valid, and what is not valid is complained about.

mod rule;

use crate::cli::data::list;
use crate::cli::data::number;
use crate::cli::data::object;
use crate::cli::data::text;
use crate::cli::data::truth;
use crate::document::field;
use crate::document::field::Field;
use crate::document::field::Object;
use crate::document::field::Shape;
use crate::document::node::Node;
use crate::document::write;

// Texts that begin as these do may still be no date: there is no thirtieth of February.
const DAY: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const MINUTES: &str = "[0-9]{2}:[0-9]{2}";
const CLOCK: &str = "[0-9]{2}:[0-9]{2}(:[0-9]{2})?([.][^Zz+-]*)?";

/// The members of a schema.
type Schema = Vec<(&'static str, Node)>;

/// The schema as JSON, in the draft that flagd's public schema has, which editors know best.
pub fn print() -> String {
    let mut schema = vec![
        ("$schema", text("http://json-schema.org/draft-07/schema#")),
        ("title", text("Flags")),
        (
            "description",
            text("A flag file: flagd's format, and words for rollouts beside it."),
        ),
    ];
    schema.extend(closed(&[&field::DOCUMENT]));
    schema.push(("definitions", object(definitions())));
    write::json(&object(schema))
}

fn definitions() -> Vec<(&'static str, Node)> {
    let parts = [
        &field::ROLLOUT,
        &field::RAMP,
        &field::REGION,
        &field::REQUIREMENT,
        &field::LIFECYCLE,
    ];
    let parts = parts.map(|part| (part.name, object(closed(&[part]))));
    let mut flag = closed(&[&field::FLAG, &field::WORDS]);
    flag.retain(|(name, _)| *name != "type");
    flag.insert(0, types(&["object", "null"]));
    let mut all = vec![(field::FLAG.name, object(flag))];
    all.extend(parts);
    all.extend(rule::definitions());
    all
}

/// An object that has the members of these and no others.
fn closed(parts: &[&Object]) -> Schema {
    let fields = parts.iter().flat_map(|part| part.fields);
    let properties = fields.map(|field| (field.name, member(field)));
    let mut schema = vec![
        types(&["object"]),
        ("additionalProperties", truth(false)),
        ("properties", object(properties)),
    ];
    let required: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.required)
        .copied()
        .collect();
    if !required.is_empty() {
        schema.push(("required", texts(&required)));
    }
    let either = parts.iter().flat_map(|part| part.either);
    let either: Vec<Node> = either
        .map(|name| object([("required", texts(&[name]))]))
        .collect();
    if !either.is_empty() {
        schema.push(("oneOf", list(either)));
    }
    schema
}

fn member(field: &Field) -> Node {
    let mut schema = vec![("description", text(field.about))];
    schema.extend(shaped(&field.shape));
    object(schema)
}

fn shaped(shape: &Shape) -> Schema {
    match shape {
        Shape::Anything => Vec::new(),
        Shape::Text => filled(),
        Shape::TextBut(prefix) => {
            let pattern = format!("^{}", prefix.replace('$', "\\$"));
            let mut schema = filled();
            schema.push(("not", object([("pattern", text(pattern))])));
            schema
        }
        Shape::Texts => any([object(filled()), items(object(filled()), 1)]),
        Shape::Optional => vec![types(&["string", "null"])],
        Shape::Choice(known) => vec![("enum", texts(known))],
        Shape::OptionalChoice(known) => {
            let known = known.iter().map(|name| text(*name));
            vec![("enum", list(known.chain([rule::null()])))]
        }
        Shape::Day => vec![
            types(&["string", "null"]),
            ("pattern", text(format!("^{DAY}([Tt ].*)?$"))),
        ],
        Shape::Instant => {
            let instant = format!("^{DAY}([Tt ]{CLOCK}([Zz]|[+-]{MINUTES}))?$");
            vec![types(&["string"]), ("pattern", text(instant))]
        }
        Shape::Switch => vec![types(&["boolean", "null"])],
        Shape::Number(from, to) => within("number", *from, *to),
        Shape::Whole(from, to) => within("integer", *from, *to),
        Shape::Values => vec![types(&["object", "null"])],
        Shape::Weights(most) => vec![
            types(&["object"]),
            ("minProperties", number(1.0)),
            (
                "additionalProperties",
                object(within("integer", 0.0, *most)),
            ),
        ],
        Shape::Targeting => refers("targeting"),
        Shape::Condition => any([of_types(&["boolean", "null"]), object(refers("operation"))]),
        Shape::Rules => by_name("evaluator"),
        Shape::Rings => by_name("ring"),
        Shape::Flags => flags(),
        Shape::One(part) => refers(part.name),
        Shape::OptionalOne(part) => any([of_types(&["null"]), object(refers(part.name))]),
        Shape::Several(part) => any([
            of_types(&["null"]),
            object(refers(part.name)),
            items(object(refers(part.name)), 0),
        ]),
    }
}

/// By key, or in a list, each with its key.
fn flags() -> Schema {
    let keyed = object([
        types(&["object"]),
        ("properties", object([("key", object(filled()))])),
        ("required", texts(&["key"])),
    ]);
    let listed = object([("allOf", list([object(refers("flag")), keyed]))]);
    any([object(by_name("flag")), items(listed, 0)])
}

/// An object, or null, with values as a definition has them.
fn by_name(definition: &str) -> Schema {
    let values = ("additionalProperties", object(refers(definition)));
    vec![types(&["object", "null"]), values]
}

fn filled() -> Schema {
    vec![types(&["string"]), ("minLength", number(1.0))]
}

fn within(kind: &str, from: f64, to: f64) -> Schema {
    vec![
        types(&[kind]),
        ("minimum", number(from)),
        ("maximum", number(to)),
    ]
}

fn items(each: Node, least: u8) -> Node {
    let mut schema = vec![types(&["array"]), ("items", each)];
    if least > 0 {
        schema.push(("minItems", number(f64::from(least))));
    }
    object(schema)
}

fn any(schemas: impl IntoIterator<Item = Node>) -> Schema {
    vec![("anyOf", list(schemas))]
}

fn refers(definition: &str) -> Schema {
    vec![("$ref", text(format!("#/definitions/{definition}")))]
}

fn types(names: &[&str]) -> (&'static str, Node) {
    let types = match names {
        [one] => text(*one),
        several => texts(several),
    };
    ("type", types)
}

fn of_types(names: &[&str]) -> Node {
    object([types(names)])
}

fn texts(names: &[&str]) -> Node {
    list(names.iter().map(|name| text(*name)))
}
