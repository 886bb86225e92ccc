//! JSON Schema keywords: types, ranges, arrays, references and alternatives.

use crate::cli::json_node::array;
use crate::cli::json_node::number;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::document::syntax_tree::Node;

/// The keywords of a schema, by name.
pub type SchemaKeywords = Vec<(&'static str, Node)>;

/// An object or null; a definition is the schema of its values.
pub fn map_of(definition: &str) -> SchemaKeywords {
    let values = ("additionalProperties", object(ref_to(definition)));
    vec![type_keyword(&["object", "null"]), values]
}

/// A string of at least one character.
pub fn non_empty_string() -> SchemaKeywords {
    vec![type_keyword(&["string"]), ("minLength", number(1.0))]
}

/// A number from `from` to `to`; `kind` is `number` or `integer`.
pub fn number_range(kind: &str, from: f64, to: f64) -> SchemaKeywords {
    vec![
        type_keyword(&[kind]),
        ("minimum", number(from)),
        ("maximum", number(to)),
    ]
}

/// An array with items of one schema, at least `least` of them.
pub fn array_of(each: Node, least: u8) -> Node {
    let mut schema = vec![type_keyword(&["array"]), ("items", each)];
    if least > 0 {
        schema.push(("minItems", number(f64::from(least))));
    }
    object(schema)
}

/// A value that one of the schemas accepts.
pub fn any_of(schemas: impl IntoIterator<Item = Node>) -> SchemaKeywords {
    vec![("anyOf", array(schemas))]
}

/// A reference to a definition of this schema.
pub fn ref_to(definition: &str) -> SchemaKeywords {
    vec![("$ref", string(format!("#/definitions/{definition}")))]
}

/// The keyword `type`: one type, or a list of types.
pub fn type_keyword(names: &[&str]) -> (&'static str, Node) {
    let types = match names {
        [one] => string(*one),
        several => strings(several),
    };
    ("type", types)
}

/// A schema with the keyword `type` only.
pub fn type_schema(names: &[&str]) -> Node {
    object([type_keyword(names)])
}

/// An array of strings.
pub fn strings(names: &[&str]) -> Node {
    array(names.iter().map(|name| string(*name)))
}
