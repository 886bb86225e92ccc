//! Checks the constants of `sem_ver`: flagd yields null, which is never true, for an unknown operator or version.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::rule::compile::Compiler;
use crate::rule::operator::semver::Version;
use crate::rule::operator::semver::VersionComparison;
use crate::rule::syntax::JsonLogicNode;

/// Spellings of other languages, and the operators that they stand for.
const SPELLINGS: [(&str, &str); 17] = [
    ("=>", ">="),
    ("=<", "<="),
    ("==", "="),
    ("===", "="),
    ("eq", "="),
    ("<>", "!="),
    ("!==", "!="),
    ("ne", "!="),
    (">>", ">"),
    ("gt", ">"),
    ("gte", ">="),
    ("ge", ">="),
    ("lt", "<"),
    ("lte", "<="),
    ("le", "<="),
    ("~>", "~"),
    ("~=", "~"),
];

const OPERATORS: &str = "write one of: =, !=, <, <=, >, >=, ~, ^";

impl Compiler<'_> {
    /// Reports an operator or a version that `sem_ver` does not know.
    pub(super) fn check_sem_ver(&mut self, member: &Member) {
        let NodeKind::List(items) = &member.value.kind else {
            return;
        };
        let [left, order, right] = &**items else {
            return;
        };
        self.check_version(left);
        self.check_comparison(order);
        self.check_version(right);
    }

    fn check_comparison(&mut self, node: &Node) {
        let (what, help) = match (JsonLogicNode::from_node(node), &node.kind) {
            (JsonLogicNode::Operation(_), _) => return,
            (_, NodeKind::Text(text)) => match VersionComparison::parse(text) {
                Some(_) => return,
                None => (format!("`{text}`"), operator_help(text)),
            },
            (_, NodeKind::Null) => (
                "null".to_owned(),
                "quote the operator: an unquoted `~` is null in YAML, write `\"~\"`".to_owned(),
            ),
            _ => (node.type_name().to_owned(), OPERATORS.to_owned()),
        };
        let message = format!(
            "the operator of `sem_ver` in flag `{}` is {what}, which is not an operator",
            self.flag_key
        );
        self.report_invalid_rule(node.position, message, help);
    }

    fn check_version(&mut self, node: &Node) {
        let spelled = match (JsonLogicNode::from_node(node), &node.kind) {
            (JsonLogicNode::Operation(_), _) => return,
            (_, NodeKind::Text(text)) => text.to_string(),
            (_, NodeKind::Number(n)) => {
                let mut spelled = String::new();
                number::write_general(&mut spelled, *n);
                spelled
            }
            _ => {
                let message = format!(
                    "`sem_ver` in flag `{}` compares {}, which is not a version",
                    self.flag_key,
                    node.type_name()
                );
                let help = "write a version as a string, such as \"1.2.3\"";
                self.report_invalid_rule(node.position, message, help);
                return;
            }
        };
        if Version::parse(&spelled).is_some() {
            return;
        }
        let message = format!(
            "`sem_ver` in flag `{}` compares `{spelled}`, which is not a version",
            self.flag_key
        );
        self.report_invalid_rule(node.position, message, version_help(&spelled));
    }
}

fn operator_help(text: &str) -> String {
    if text.is_empty() {
        return "quote the operator, as in `\"!=\"`".to_owned();
    }
    if Version::parse(text).is_some() {
        return "write the operator as second argument: `[VERSION, \">=\", VERSION]`".to_owned();
    }
    let trimmed = text.trim();
    let meant = SPELLINGS.iter().find(|(spelling, _)| *spelling == trimmed);
    let known = VersionComparison::parse(trimmed).map(|_| trimmed);
    match meant.map(|(_, meant)| *meant).or(known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => OPERATORS.to_owned(),
    }
}

/// The help for text that is not a version: for a wildcard, the operator that has its meaning.
fn version_help(text: &str) -> String {
    if VersionComparison::parse(text).is_some() {
        return "write a version here: the operator is the second argument".to_owned();
    }
    let is_wildcard = |part: &str| matches!(part, "x" | "X" | "*");
    let version = text.trim_start_matches(['v', 'V', '^', '~', '>', '<', '=', ' ']);
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return format!("to read an attribute, write `{{ \"var\": \"{text}\" }}`");
    }
    let numbers: Vec<&str> = version.split('.').take_while(|p| !is_wildcard(p)).collect();
    if version.split('.').any(is_wildcard) {
        let (operator, missing) = if numbers.len() < 2 {
            ("^", ".0.0")
        } else {
            ("~", ".0")
        };
        let numbers = numbers.join(".");
        return format!(
            "there are no wildcards: compare with `\"{operator}\"` and `{numbers}{missing}`"
        );
    }
    if Version::parse(version).is_some() {
        return format!("write `{version}`; the operator is the second argument");
    }
    "write a version such as 1.2.3 or 1.2.3-rc.1".to_owned()
}
