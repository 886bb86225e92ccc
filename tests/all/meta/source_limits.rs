//! Limits on the sources: lines of a file and of a function, files of a folder, names of tests and types.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::meta::source_tree::SourceTree;
use crate::meta::source_tree::blank_comments_and_literals;
use crate::meta::source_tree::blank_test_code;
use crate::meta::source_tree::item_length;
use crate::meta::source_tree::read_tree;

const FILE_LINES: usize = 350;
const FUNCTION_LINES: usize = 60;
const FOLDER_FILES: usize = 13;
const TEST_NAME_LENGTH: usize = 60;

/// Folders that may have more files: the roots list the layers or rooms, and `document` has one file per part of a flag file.
const LARGE_FOLDERS: [&str; 4] = ["src", "src/control", "src/document", "tests/all"];

/// Names that several types have: the commands of each program, and an alias for the errors of a module.
const SHARED_TYPE_NAMES: &[&str] = &["Command", "Result"];

/// A function with the number of lines between its braces.
struct Function<'a> {
    name: &'a str,
    lines: usize,
}

/// The functions of a source, except closures. Expects text without comments and literals.
fn functions(code: &str) -> Vec<Function<'_>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, word) in code.match_indices("fn ") {
        let rest = &code[at + word.len()..];
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        if code[..at].ends_with(is_name) || name.is_empty() {
            continue;
        }
        let item = &rest[..item_length(rest)];
        let lines = body(item).lines().count().saturating_sub(2);
        found.push(Function { name, lines });
    }
    found
}

/// The part of a function from its opening brace on; empty for a declaration.
fn body(item: &str) -> &str {
    item.find('{').map_or("", |open| &item[open..])
}

/// All sources of the crate and of its tests, by their path in the repository.
fn all_sources() -> SourceTree {
    let rooted = |root: &'static str| {
        let tree = read_tree(root).into_iter();
        tree.map(move |(file, text)| (format!("{root}/{file}"), text))
    };
    rooted("src").chain(rooted("tests/all")).collect()
}

fn long_files(tree: &SourceTree) -> Vec<String> {
    let counted = tree.iter().map(|(file, text)| (file, text.lines().count()));
    let long = counted.filter(|(_, lines)| *lines > FILE_LINES);
    long.map(|(file, lines)| format!("{file}: {lines} lines"))
        .collect()
}

fn long_functions(tree: &SourceTree) -> Vec<String> {
    let mut long = Vec::new();
    for (file, text) in tree {
        let code = blank_comments_and_literals(text);
        let functions = functions(&code).into_iter();
        let beyond = functions.filter(|function| function.lines > FUNCTION_LINES);
        long.extend(beyond.map(|f| format!("{file}: {} has {} lines", f.name, f.lines)));
    }
    long
}

fn large_folders(tree: &SourceTree) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in tree.keys() {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        *counts.entry(folder).or_default() += 1;
    }
    let large = counts
        .into_iter()
        .filter(|(_, count)| *count > FOLDER_FILES);
    let unnamed = large.filter(|(folder, _)| !LARGE_FOLDERS.contains(folder));
    unnamed
        .map(|(folder, count)| format!("{folder}: {count} files"))
        .collect()
}

/// Returns true if a part of a name is `s` and three digits, as in ids of requirements.
fn has_id(name: &str) -> bool {
    let parts = name.split('_');
    let mut ids = parts.filter_map(|part| part.strip_prefix('s'));
    ids.any(|id| id.len() == 3 && id.bytes().all(|byte| byte.is_ascii_digit()))
}

fn bad_test_names(tree: &SourceTree) -> Vec<String> {
    let mut bad = Vec::new();
    for (file, text) in tree {
        for function in functions(&blank_comments_and_literals(text)) {
            if function.name.len() > TEST_NAME_LENGTH || has_id(function.name) {
                bad.push(format!("{file}: {}", function.name));
            }
        }
    }
    bad
}

/// The names of types that modules of the crate declare more than once outside test code.
fn repeated_type_names(tree: &SourceTree) -> BTreeSet<String> {
    let (mut once, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for text in tree.values() {
        let code = blank_test_code(&blank_comments_and_literals(text));
        for name in code.lines().filter_map(declared_type) {
            if !once.insert(name.to_owned()) {
                repeated.insert(name.to_owned());
            }
        }
    }
    repeated
}

/// The type that a line without indentation declares.
fn declared_type(line: &str) -> Option<&str> {
    let visible = line.strip_prefix("pub").map_or(line, |rest| {
        let restricted = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        restricted.map_or(rest, |(_, rest)| rest).trim_start()
    });
    let kinds = ["struct ", "enum ", "union ", "trait ", "type "];
    let rest = kinds.iter().find_map(|kind| visible.strip_prefix(kind))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[test]
fn files_have_at_most_350_lines() {
    assert_eq!(long_files(&all_sources()), [""; 0]);
}

#[test]
fn functions_have_at_most_60_lines() {
    assert_eq!(long_functions(&all_sources()), [""; 0]);
}

#[test]
fn folders_have_at_most_13_files() {
    assert_eq!(large_folders(&all_sources()), [""; 0]);
}

#[test]
fn function_names_have_at_most_60_characters_and_no_ids() {
    assert_eq!(bad_test_names(&all_sources()), [""; 0]);
}

#[test]
fn type_names_are_unique_except_those_listed() {
    let found = repeated_type_names(&read_tree("src"));
    let listed: BTreeSet<String> = SHARED_TYPE_NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let surplus: Vec<_> = found.difference(&listed).collect();
    let missing: Vec<_> = listed.difference(&found).collect();
    assert!(
        surplus.is_empty() && missing.is_empty(),
        "declared twice and not listed: {surplus:?}\nlisted, but declared at most once: {missing:?}"
    );
}

#[test]
fn planted_violations_of_each_limit_are_found() {
    let body = "    let _ = \"}\";\n".repeat(FUNCTION_LINES + 1);
    let long = format!("fn long() {{\n{body}}}\n\nstruct Same;\n");
    let name = "n".repeat(TEST_NAME_LENGTH + 1);
    let names =
        format!("fn s001_02_is_named() {{}}\nfn {name}() {{}}\npub(crate) enum Same {{}}\n");
    let mut tree = SourceTree::from([
        ("a/long.rs".to_owned(), long),
        ("a/names.rs".to_owned(), names),
        ("b.rs".to_owned(), "//\n".repeat(FILE_LINES + 1)),
    ]);
    assert_eq!(long_functions(&tree), ["a/long.rs: long has 61 lines"]);
    assert_eq!(long_files(&tree), ["b.rs: 351 lines"]);
    assert_eq!(bad_test_names(&tree).len(), 2);
    assert_eq!(
        repeated_type_names(&tree).first().map(String::as_str),
        Some("Same")
    );
    assert_eq!(large_folders(&tree), [""; 0]);
    for number in 0..FOLDER_FILES {
        tree.insert(format!("a/{number}.rs"), String::new());
    }
    assert_eq!(large_folders(&tree), ["a: 15 files"]);
}
