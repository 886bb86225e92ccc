//! Rust sources as text: reading a tree, and blanking of comments, literals and test code.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// Sources by their path below the root of the tree, such as `document/yaml_parser.rs`.
pub type SourceTree = BTreeMap<String, String>;

/// Returns the paths of all files below a directory.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let (directories, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    let below = directories.iter().flat_map(|below| files_below(below));
    files.into_iter().chain(below).collect()
}

/// Reads the sources below a directory of this repository.
pub fn read_tree(directory: &str) -> SourceTree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let paths = files_below(&root).into_iter();
    let sources = paths.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let named = sources.map(|path| {
        let relative = path.strip_prefix(&root).expect("below the root");
        let name = relative.to_str().expect("UTF-8").to_owned();
        (name, std::fs::read_to_string(&path).expect("a source"))
    });
    named.collect()
}

/// Replaces comments and literals by spaces. Positions and line breaks do not change.
pub fn blank_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let after_name = at > 0 && is_name(bytes[at - 1]);
        let length = blank_length(&text[at..], after_name);
        blank(&mut code[at..at + length]);
        at += length.max(1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    String::from_utf8(code).expect("whole characters are replaced")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn blank(bytes: &mut [u8]) {
    let shown = bytes.iter_mut().filter(|byte| **byte != b'\n');
    shown.for_each(|byte| *byte = b' ');
}

/// Returns the length of the comment or literal at the start of `rest`; 0 if there is none.
fn blank_length(rest: &str, after_name: bool) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at);
    if rest.starts_with("//") {
        return until("\n", 0);
    }
    if rest.starts_with("/*") {
        return (until("*/", 2) + 2).min(rest.len());
    }
    let raw = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r');
    if let Some(raw) = raw.filter(|_| !after_name) {
        let marks = raw.len() - raw.trim_start_matches('#').len();
        if raw[marks..].starts_with('"') {
            let begin = rest.len() - raw.len() + marks + 1;
            let end = format!("\"{}", "#".repeat(marks));
            return (until(&end, begin) + end.len()).min(rest.len());
        }
    }
    match rest.as_bytes()[0] {
        b'"' => string_length(rest.as_bytes()),
        b'\'' => char_length(rest),
        _ => 0,
    }
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of a character literal; 0 for a lifetime.
fn char_length(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |end| end + 4),
        Some(_) => match characters.next() {
            Some((end, '\'')) => end + 1,
            _ => 0,
        },
        None => 0,
    }
}

/// Blanks the items after `#[cfg(test)]`. Expects text without comments and literals.
pub fn blank_test_code(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    for (begin, attribute) in code.match_indices("#[cfg(test)]") {
        let length = item_length(&code[begin + attribute.len()..]);
        blank(&mut bytes[begin..begin + attribute.len() + length]);
    }
    String::from_utf8(bytes).expect("whole characters are replaced")
}

/// Returns the length of the item at the start of `code`: up to a semicolon or closing brace outside all brackets.
pub fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth <= 0 && matches!(byte, b';' | b'}') {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn comments_literals_and_test_code_are_blanked() {
    let text = "a // b\nc \"d\\\" e\" r#\"f \" g\"# 'h' '\\'' &'i j /* k\nl */ m b\"n\"";
    let code = blank_comments_and_literals(text);
    let names: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(names, ["a", "c", "&'i", "j", "m", "b"]);
    assert_eq!((code.len(), code.lines().count()), (text.len(), 3));
    let tests = "use a;\n#[cfg(test)]\nmod tests { fn b() { c; } }\n#[cfg(test)]\nuse d;\nuse e;";
    let code = blank_test_code(tests);
    let kept: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(kept, ["use", "a;", "use", "e;"]);
}
