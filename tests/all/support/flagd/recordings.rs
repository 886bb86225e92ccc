//! Answers recorded from a running flagd 0.16.1.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;
use serde_json::json;

/// A corpus of `tests/data`, one JSON object for each flag.
pub fn corpus(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/{name}.jsonl.gz", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(path).expect("the corpus");
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("gzip");
    let line = |line: &str| serde_json::from_str(line).expect("a line of JSON");
    text.lines().map(line).collect()
}

/// The document of a corpus.
pub fn document(corpus: &[Value]) -> String {
    let flag = |line: &Value| {
        (
            line["key"].as_str().unwrap().to_owned(),
            line["flag"].clone(),
        )
    };
    let flags: serde_json::Map<_, _> = corpus.iter().map(flag).collect();
    json!({ "flags": flags }).to_string()
}

/// The key and the rule of each case, its context and the recorded answer.
pub fn cases(corpus: &[Value]) -> impl Iterator<Item = (&str, &Value, &Value, &Value)> {
    corpus.iter().flat_map(|line| {
        let cases = line["cases"].as_array().expect("cases");
        cases.iter().map(|case| {
            let key = line["key"].as_str().expect("a key");
            (key, &line["flag"]["targeting"], &case[0], &case[1])
        })
    })
}
