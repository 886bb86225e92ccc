//! Dependencies between files of `src/`: downward in the order of `src/lib.rs`, and without cycles.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::meta::source_tree::SourceTree;
use crate::meta::source_tree::blank_comments_and_literals;
use crate::meta::source_tree::blank_test_code;
use crate::meta::source_tree::read_tree;

/// Files that depend on each other because the structure they describe is recursive, each set with its reason.
const INHERENT_RECURSIONS: &[(&[&str], &str)] = &[(
    &[
        "rule/bucketing/fractional.rs",
        "rule/eval.rs",
        "rule/eval/condition.rs",
        "rule/operator/list_op.rs",
        "rule/operator/var.rs",
    ],
    "the operands of these operators are rules, which `eval` evaluates by calling the operators",
)];

/// The files that each file uses.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The top-level modules in the order in which `lib.rs` declares them.
fn module_order(lib: &str) -> Vec<String> {
    let module = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    lib.lines().filter_map(module).collect()
}

/// The paths after `crate::`, as lists of names.
fn crate_paths(code: &str) -> Vec<Vec<&str>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let path = |rest| {
        let names = str::split(rest, "::").map(|part| {
            let end = part.find(|c| !is_name(c)).unwrap_or(part.len());
            (&part[..end], end == part.len())
        });
        let mut path = Vec::new();
        for (name, more) in names {
            path.push(name);
            if !more {
                break;
            }
        }
        path
    };
    code.split("crate::").skip(1).map(path).collect()
}

/// Uses of a module that is declared after the module of the file itself.
fn upward_dependencies(order: &[String], tree: &SourceTree) -> Vec<String> {
    let rank = |module: &str| order.iter().position(|known| known == module);
    let mut upward = Vec::new();
    for (file, text) in tree {
        let top = file.split('/').next().unwrap_or("").trim_end_matches(".rs");
        if matches!(top, "lib" | "main" | "bin") {
            continue;
        }
        let Some(own) = rank(top) else {
            upward.push(format!("{file} is not declared in lib.rs"));
            continue;
        };
        for path in crate_paths(&blank_comments_and_literals(text)) {
            if rank(path[0]).is_none_or(|used| used > own) {
                upward.push(format!("{file} uses {}", path[0]));
            }
        }
    }
    upward
}

/// The file that a path leads to: its longest prefix that is a file.
fn file_of_path(path: &[&str], tree: &SourceTree) -> Option<String> {
    let prefixes = (1..=path.len()).rev();
    let mut files = prefixes.map(|length| format!("{}.rs", path[..length].join("/")));
    files.find(|file| tree.contains_key(file))
}

/// The files that each file uses outside test code.
fn file_graph(tree: &SourceTree) -> Graph {
    let used = |file: &str, text: &str| {
        let code = blank_test_code(&blank_comments_and_literals(text));
        let files = crate_paths(&code).into_iter();
        let files = files.filter_map(|path| file_of_path(&path, tree));
        files.filter(|used| used != file).collect()
    };
    let files = tree.iter();
    files
        .map(|(file, text)| (file.clone(), used(file, text)))
        .collect()
}

fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = graph[from].iter().map(String::as_str).collect();
    while let Some(file) = open.pop() {
        if found.insert(file) {
            open.extend(graph[file].iter().map(String::as_str));
        }
    }
    found
}

/// The strongly connected components that have more than one file.
fn circles(tree: &SourceTree) -> BTreeSet<Vec<String>> {
    let graph = file_graph(tree);
    let reach: BTreeMap<&str, BTreeSet<&str>> = graph
        .keys()
        .map(|file| (file.as_str(), reachable(&graph, file)))
        .collect();
    let component = |file: &&str| -> Vec<String> {
        let there_and_back = reach[file]
            .iter()
            .filter(|other| reach[*other].contains(file));
        there_and_back.map(|other| (*other).to_owned()).collect()
    };
    let components = reach.keys().map(component);
    components.filter(|files| files.len() > 1).collect()
}

#[test]
fn modules_depend_only_on_earlier_modules() {
    let tree = read_tree("src");
    let order = module_order(&tree["lib.rs"]);
    assert!(order.len() > 10, "{order:?}");
    assert_eq!(upward_dependencies(&order, &tree), Vec::<String>::new());
}

#[test]
fn files_form_no_circles_except_inherent_recursions() {
    let found = circles(&read_tree("src"));
    let allowed: BTreeSet<Vec<String>> = INHERENT_RECURSIONS
        .iter()
        .map(|(files, _)| files.iter().map(|file| (*file).to_owned()).collect())
        .collect();
    let surplus: Vec<_> = found.difference(&allowed).collect();
    let missing: Vec<_> = allowed.difference(&found).collect();
    assert!(
        surplus.is_empty() && missing.is_empty(),
        "cycles that INHERENT_RECURSIONS does not list: {surplus:#?}\nlisted, but not a cycle: {missing:#?}"
    );
    assert!(INHERENT_RECURSIONS.iter().all(|(_, why)| !why.is_empty()));
}

/// A tree of three modules in which every dependency points down.
fn synthetic_tree(planted: &[(&str, &str)]) -> SourceTree {
    let files = [
        ("lib.rs", "pub mod low;\npub mod middle;\npub mod high;\n"),
        ("low.rs", "pub mod leaf;\npub struct Low;"),
        (
            "low/leaf.rs",
            "pub struct Leaf;\n#[cfg(test)]\nmod tests { use crate::low::Low; }",
        ),
        ("middle.rs", "use crate::low::leaf::Leaf; // crate::high"),
        (
            "high.rs",
            "use crate::middle::f; const TEXT: &str = \"crate::none\";",
        ),
    ];
    let all = files.iter().chain(planted);
    all.map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn planted_upward_dependency_is_found() {
    let upward = |tree: &SourceTree| upward_dependencies(&module_order(&tree["lib.rs"]), tree);
    assert_eq!(upward(&synthetic_tree(&[])), [""; 0]);
    let planted = [("low/leaf.rs", "fn f() { crate::high::g(); }")];
    assert_eq!(upward(&synthetic_tree(&planted)), ["low/leaf.rs uses high"]);
    let undeclared = [("other.rs", "")];
    assert_eq!(upward(&synthetic_tree(&undeclared)).len(), 1);
}

#[test]
fn planted_circle_is_found() {
    assert_eq!(circles(&synthetic_tree(&[])), BTreeSet::new());
    let planted = [
        ("low.rs", "pub mod leaf;\nuse crate::low::leaf::Leaf;"),
        ("low/leaf.rs", "pub fn f(_: crate::low::Low) {}"),
    ];
    let found = circles(&synthetic_tree(&planted));
    let want = vec!["low.rs".to_owned(), "low/leaf.rs".to_owned()];
    assert_eq!(found, BTreeSet::from([want]));
    // A cycle of three files is one component.
    let ring = [
        ("low/leaf.rs", "use crate::high::H;"),
        ("middle.rs", "use crate::low::leaf::Leaf;"),
    ];
    let found = circles(&synthetic_tree(&ring));
    assert_eq!(found.first().map(Vec::len), Some(3));
}

#[test]
fn only_one_file_uses_the_yaml_parser() {
    let tree = read_tree("src");
    let users = tree.iter().filter(|(_, text)| text.contains("libyaml"));
    let users: Vec<&String> = users.map(|(file, _)| file).collect();
    assert_eq!(users, ["document/yaml_parser/event.rs"]);
}
