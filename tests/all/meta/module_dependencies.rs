//! Dependencies point one way: a module uses only those that `src/lib.rs` lists before it.

use std::path::Path;
use std::path::PathBuf;

pub fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let (directories, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    let below = directories.iter().flat_map(|directory| sources(directory));
    files.into_iter().chain(below).collect()
}

fn order() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
    let text = std::fs::read_to_string(root).expect("src/lib.rs");
    let module = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    text.lines().filter_map(module).collect()
}

#[test]
fn modules_depend_only_on_earlier_modules() {
    let order = order();
    assert!(order.len() > 10, "{order:?}");
    let rank = |module: &str| order.iter().position(|known| known == module);
    let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut wrong = Vec::new();
    for path in sources(src) {
        let relative = path.strip_prefix(src).expect("below src");
        let first = relative
            .iter()
            .next()
            .and_then(|p| p.to_str())
            .expect("a name");
        let Some(own) = rank(first.trim_end_matches(".rs")) else {
            assert!(
                matches!(first, "lib.rs" | "main.rs" | "bin"),
                "{first} is not in the list"
            );
            continue;
        };
        let text = std::fs::read_to_string(&path).expect("a source");
        let uses = text.split("crate::").skip(1);
        for used in uses {
            let used: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            match rank(&used) {
                Some(rank) if rank <= own => {}
                _ => wrong.push(format!("{} uses {used}", relative.display())),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_one_file_uses_the_yaml_parser() {
    let src = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let names = |path: &PathBuf| {
        std::fs::read_to_string(path)
            .expect("a source")
            .contains("saphyr")
    };
    let found: Vec<PathBuf> = sources(src).into_iter().filter(names).collect();
    assert_eq!(found, [src.join("document/yaml_parser.rs")]);
}
