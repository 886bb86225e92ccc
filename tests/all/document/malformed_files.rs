//! Mutated flag files neither panic nor leak memory.

use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::allocation_counter;
use crate::support::byte_mutator::ByteMutator;
use crate::support::evaluate;

#[test]
fn mutated_flag_files_do_not_panic_or_leak() {
    let yaml: Vec<Vec<u8>> = ["rings", "remote", "shared", "static", "version"]
        .iter()
        .map(|name| format!("{}/flags/{name}.yaml", env!("CARGO_MANIFEST_DIR")))
        .map(|path| std::fs::read(path).expect("an example"))
        .collect();
    let document = json!({"flags": {"f": {"variants": {"a": 1}, "defaultVariant": "a", "targeting": {"fractional":
        [{"cat": [{"var": "x"}, "y"]}, ["a", 1], [{"if": [true, "a"]}, 2]]}}}, "$evaluators": {"e": {"var": "e"}}});
    let document = document.to_string().into_bytes();
    let mut dice = ByteMutator(5);
    let mut read = |round: usize| {
        let (original, format) = match round % 4 {
            0 => (&document, DocumentFormat::Json),
            _ => (&yaml[dice.roll(yaml.len())], DocumentFormat::Yaml),
        };
        let bytes = dice.mutate(original);
        let text = String::from_utf8_lossy(&bytes);
        let (ruleset, _) = evaluate::load(&text, format);
        for flag in &ruleset.flags {
            evaluate::evaluate(&ruleset, &flag.key, &json!({"x": "u", "targetingKey": "u"}));
        }
    };
    let mut sizes = [0; 4];
    for (quarter, size) in sizes.iter_mut().enumerate() {
        (0..5_000).for_each(|round| read(5_000 * quarter + round));
        *size = allocation_counter::live();
    }
    assert_eq!(sizes, [sizes[0]; 4], "memory leaks");
}
