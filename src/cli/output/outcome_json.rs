//! The JSON form of an evaluation outcome, in `explain` and `diff`.

use crate::analysis::outcome::Outcome;
use crate::cli::json_node;
use crate::cli::json_node::boolean;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::document::syntax_tree::Node;

/// The outcome as an object: a variant with its value, an error code, or `default` for the caller's default.
pub fn outcome_to_json(outcome: &Outcome) -> Node {
    match outcome {
        Outcome::Variant(name, value) => object([
            ("variant", string(&**name)),
            ("value", json_node::from_literal(value)),
        ]),
        Outcome::Error(code) => object([("errorCode", string(code.as_str()))]),
        Outcome::CallerDefault | Outcome::Opaque(_) => object([("default", boolean(true))]),
    }
}
