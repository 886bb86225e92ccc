//! Links between the documents: every relative link leads to a file and a heading, and the index of docs/ to every page.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use crate::meta::source_tree::files_below;

/// Documents at the root of the repository.
const ROOT_PAGES: [&str; 4] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

const README_MAX_LINES: usize = 200;
const README_MAX_WORDS: usize = 1800;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The paths of the documents below a directory, relative to the root; `accepts` selects file names.
fn pages_below(directory: &str, accepts: impl Fn(&str) -> bool) -> Vec<String> {
    let paths = files_below(&root().join(directory)).into_iter();
    let relative = paths.map(|path| {
        let path = path.strip_prefix(root()).expect("below the root");
        path.to_str().expect("UTF-8").to_owned()
    });
    relative
        .filter(|path| accepts(path.rsplit('/').next().unwrap_or(path)))
        // A copy of a public suite, whose links lead to files of its repository.
        .filter(|path| !path.starts_with("tests/data/") && !path.contains("/node_modules/"))
        .collect()
}

/// The text of every document by its path.
fn all_pages() -> BTreeMap<String, String> {
    let in_root = ROOT_PAGES.map(str::to_owned).into_iter();
    let docs = pages_below("docs", |name| {
        Path::new(name).extension().is_some_and(|e| e == "md")
    });
    let tests = pages_below("tests", |name| name == "README.md");
    let paths = in_root.chain(docs).chain(tests);
    paths
        .map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).expect(&path);
            (path, text)
        })
        .collect()
}

/// The text without fenced code blocks.
fn without_fences(text: &str) -> String {
    let mut kept = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The paragraph without code spans. A span ends with as many backticks as it begins with.
fn without_code_spans(paragraph: &str) -> String {
    let mut kept = String::new();
    let mut rest = paragraph;
    while let Some(at) = rest.find('`') {
        kept.push_str(&rest[..at]);
        let inside = rest[at..].trim_start_matches('`');
        let marks = &rest[at..rest.len() - inside.len()];
        let mut runs = inside.match_indices(marks);
        let closing = runs.find(|(begin, _)| {
            let after = &inside[begin + marks.len()..];
            !inside[..*begin].ends_with('`') && !after.starts_with('`')
        });
        rest = closing.map_or(inside, |(begin, _)| &inside[begin + marks.len()..]);
    }
    kept + rest
}

/// The targets of the relative links of a document.
fn relative_links(text: &str) -> Vec<String> {
    let text = without_fences(text);
    let paragraphs = text.split("\n\n").map(without_code_spans);
    let mut links = Vec::new();
    for paragraph in paragraphs {
        let targets = paragraph.split("](").skip(1);
        let targets = targets.filter_map(|rest| rest.split([')', ' ']).next());
        let relative = targets.filter(|to| !to.contains("://") && !to.starts_with("mailto:"));
        links.extend(relative.map(str::to_owned));
    }
    links
}

/// The path of a link's target, relative to the root, and its anchor.
fn resolve<'t>(page: &'t str, target: &'t str) -> (String, Option<&'t str>) {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    if path.is_empty() {
        return (page.to_owned(), anchor);
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    (parts.join("/"), anchor)
}

/// The anchor that GitHub gives to a heading: letters, digits, `_` and `-` in lower case, spaces as hyphens.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The anchors of a document. Further headings with the same slug are numbered from 1.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in without_fences(text).lines() {
        let heading = line.trim_start_matches('#');
        let level = line.len() - heading.len();
        if let (1..=6, Some(heading)) = (level, heading.strip_prefix(' ')) {
            let slug = slug(heading.trim());
            let count = counts.entry(slug.clone()).or_default();
            anchors.insert(match *count {
                0 => slug,
                number => format!("{slug}-{number}"),
            });
            *count += 1;
        }
    }
    anchors
}

#[test]
fn every_relative_link_resolves() {
    let pages = all_pages();
    let mut broken = Vec::new();
    let mut count = 0;
    for (page, text) in &pages {
        for link in relative_links(text) {
            let (path, anchor) = resolve(page, &link);
            let is_missing = |anchor: &str| {
                let target = pages.get(&path);
                target.is_none_or(|target| !anchors(target).contains(anchor))
            };
            if !root().join(&path).exists() || anchor.is_some_and(is_missing) {
                broken.push(format!("{page}: {link}"));
            }
            count += 1;
        }
    }
    assert_eq!(broken, [""; 0]);
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn the_index_of_docs_leads_to_every_page() {
    let pages = all_pages();
    let mut reached = BTreeSet::from(["docs/README.md".to_owned()]);
    let mut pending: Vec<String> = reached.iter().cloned().collect();
    while let Some(page) = pending.pop() {
        for link in relative_links(&pages[&page]) {
            let (path, _) = resolve(&page, &link);
            let is_page = path.starts_with("docs/") && pages.contains_key(&path);
            if is_page && reached.insert(path.clone()) {
                pending.push(path);
            }
        }
    }
    let docs = pages.keys().filter(|page| page.starts_with("docs/"));
    let unreachable: Vec<&String> = docs.filter(|page| !reached.contains(*page)).collect();
    assert_eq!(unreachable, [""; 0]);
}

#[test]
fn the_readme_stays_short() {
    let text = include_str!("../../../README.md");
    let (lines, words) = (text.lines().count(), text.split_whitespace().count());
    assert!(lines <= README_MAX_LINES, "{lines} lines");
    assert!(words <= README_MAX_WORDS, "{words} words");
}

#[test]
fn links_and_anchors_are_read_as_github_reads_them() {
    let text = "# One `two`: (three)\n\n## A-b_c\n\n## A-b_c\n\n```yaml\n# no heading\n```\n\n\
        [`x`](a.md#b) `[y](c.md)` ``[`](d.md)`` [z](e/)\n[w](https://example.com) ` [v](#f)\n";
    assert_eq!(relative_links(text), ["a.md#b", "e/", "#f"]);
    let anchors: Vec<String> = anchors(text).into_iter().collect();
    assert_eq!(anchors, ["a-b_c", "a-b_c-1", "one-two-three"]);
    let (path, anchor) = resolve("docs/lint/README.md", "../flagd.md#ports");
    assert_eq!((path.as_str(), anchor), ("docs/flagd.md", Some("ports")));
    assert_eq!(resolve("README.md", "#x").0, "README.md");
}
