//! Rows of flag definitions for the tables of `get` and `list`. A faulty flag has a key and an error code only.

use crate::cli::json_node::member_str;
use crate::cli::output::columns;
use crate::document::syntax_tree::Node;

/// One row for each flag definition, below the head.
pub fn rows(flags: &[Node]) -> Vec<Vec<String>> {
    let head = columns::row(["KEY", "STATE", "DEFAULT", "VARIANTS", "RULE"]);
    std::iter::once(head).chain(flags.iter().map(row)).collect()
}

fn row(flag: &Node) -> Vec<String> {
    if flag.member("errorCode").is_some() {
        return columns::row([member_str(flag, "key"), "ERROR", "-", "-", "-"]);
    }
    let variants = flag.member("variants").and_then(Node::as_map);
    let variants = variants.unwrap_or_default().iter();
    let variants: Vec<&str> = variants.map(|variant| &*variant.key).collect();
    let has_rule = flag
        .member("targeting")
        .is_some_and(|rule| rule.depth() > 0);
    columns::row([
        member_str(flag, "key"),
        member_str(flag, "state"),
        member_str(flag, "defaultVariant"),
        &variants.join(","),
        if has_rule { "yes" } else { "no" },
    ])
}
