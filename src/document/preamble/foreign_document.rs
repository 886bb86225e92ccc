//! Describes a document without `flags`: a Kubernetes manifest or Helm values, and the place of the flags inside.

use crate::diag::closest_match;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The number of values that the search for flags visits.
const SEARCHED_VALUES: usize = 10_000;

/// Flags inside another document.
struct FoundFlags {
    /// The path of the object that has `flags`, or of the text.
    path: String,
    line: u32,
    is_text: bool,
}

impl FoundFlags {
    fn describe(&self) -> String {
        let FoundFlags { path, line, .. } = self;
        if path.is_empty() {
            return format!(
                "the flags are in the document at line {line}: remove the `---` above it, or write it into a file of its own"
            );
        }
        if self.is_text {
            return format!(
                "the text of `{path}` at line {line} holds flags: write it into a file of its own"
            );
        }
        format!(
            "the flags are in `{path}` at line {line}: write the members of `{path}` into a file of their own"
        )
    }
}

/// The place of the flags in a document, as help; `None` if it has no flags.
pub fn describe_place(document: &Node) -> Option<String> {
    let found = find_flags_in(document, "", &mut { SEARCHED_VALUES })?;
    Some(found.describe())
}

/// The message and the help for a document with these members, none of which is `flags`.
pub fn describe(members: &[Member]) -> (String, String) {
    let text = |name: &str| {
        let found = members.iter().find(|member| *member.key == *name);
        found.and_then(|member| member.value.as_text())
    };
    let manifest = text("apiVersion").and(text("kind"));
    let message = match manifest {
        Some(kind) => {
            format!("the document is a Kubernetes manifest of kind `{kind}`, not a flag file")
        }
        None => "the document has no `flags`".to_owned(),
    };
    let mut budget = SEARCHED_VALUES;
    let help = match find_flags(members, "", &mut budget) {
        Some(found) if manifest == Some("FeatureFlag") => describe_resource(members, &found),
        Some(found) if manifest.is_some() => {
            format!("{}, as `flagctl compile` prints them", found.describe())
        }
        Some(found) => found.describe(),
        None if manifest.is_some() => {
            "it holds no flags; a flag file begins with `flags:`".to_owned()
        }
        None => help_without_flags(members),
    };
    (message, help)
}

/// The help for a resource that a sidecar can follow itself.
fn describe_resource(members: &[Member], found: &FoundFlags) -> String {
    let metadata = members.iter().find(|member| *member.key == *"metadata");
    let text = |name| metadata?.value.member(name)?.as_text();
    let (namespace, name) = (text("namespace"), text("name"));
    format!(
        "in a cluster, use the source `core.openfeature.dev/{}/{}`; elsewhere, write the members of `{}` at line {} into a \
         file of their own, as `flagctl compile` prints them",
        namespace.unwrap_or("NAMESPACE"),
        name.unwrap_or("NAME"),
        found.path,
        found.line
    )
}

fn help_without_flags(members: &[Member]) -> String {
    if members.is_empty() {
        return "add `flags`; an empty flag set is `flags: {}`".to_owned();
    }
    let near = |m: &&Member| closest_match(&m.key, ["flags"]).is_some();
    if let Some(near) = members.iter().find(near) {
        return format!("did you mean `flags` in place of `{}`?", near.key);
    }
    let is_flag = |m: &Member| m.value.member_ignore_case("variants").is_some();
    let holds_flags = |m: &&Member| {
        m.value
            .as_map()
            .is_some_and(|inner| inner.iter().any(is_flag))
    };
    if let Some(group) = members.iter().find(holds_flags) {
        return format!("`{0}` holds flags: rename `{0}` to `flags`", group.key);
    }
    if let Some(flag) = members.iter().find(|member| is_flag(member)) {
        return format!(
            "`{}` looks like a flag: write `flags:` above, and indent the flags",
            flag.key
        );
    }
    "this is not a flag file; a flag file begins with `flags:`".to_owned()
}

/// The first object below `members` that has `flags`, or text with flags.
fn find_flags(members: &[Member], path: &str, budget: &mut usize) -> Option<FoundFlags> {
    members.iter().find_map(|member| {
        let path = join(path, &member.key);
        find_flags_in(&member.value, &path, budget)
    })
}

fn find_flags_in(node: &Node, path: &str, budget: &mut usize) -> Option<FoundFlags> {
    *budget = budget.checked_sub(1)?;
    let found = |is_text| FoundFlags {
        path: path.to_owned(),
        line: node.position.line,
        is_text,
    };
    match &node.kind {
        NodeKind::Map(members) => {
            let is_collection =
                |node: &Node| matches!(node.kind, NodeKind::Map(_) | NodeKind::List(_));
            if node.member("flags").is_some_and(is_collection) {
                return Some(found(false));
            }
            find_flags(members, path, budget)
        }
        NodeKind::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| find_flags_in(item, &format!("{path}[{at}]"), budget)),
        NodeKind::Text(text) => holds_flags(text).then(|| found(true)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => None,
    }
}

fn holds_flags(text: &str) -> bool {
    let written = text.contains("\"flags\"") || text.lines().any(|line| line.starts_with("flags:"));
    written && text.contains("variants")
}

fn join(path: &str, key: &str) -> String {
    match (path, key.contains('.')) {
        ("", _) => key.to_owned(),
        (_, true) => format!("{path}[\"{key}\"]"),
        (_, false) => format!("{path}.{key}"),
    }
}
