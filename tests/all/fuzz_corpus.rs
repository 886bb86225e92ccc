//! The properties of the fuzz targets, checked on the stored inputs of `fuzz/corpus`. Inputs that a fuzzer found are
//! among them, so that what was repaired stays so.

use crate::checks;
use crate::meta::source_tree::files_below;

/// Runs a check on every stored input of a target.
fn replay(target: &str, check: fn(&[u8])) {
    let directory = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = files_below(directory.as_ref());
    assert!(files.len() >= 3, "{directory} has few files");
    for file in files {
        println!("{}", file.display());
        check(&std::fs::read(&file).expect("a file"));
    }
}

#[test]
fn stored_requests_keep_their_properties() {
    replay("protobuf_request", checks::protobuf_request::check);
    replay("json_request", checks::json_request::check);
    replay("envelope", checks::envelope::check);
    replay("selector", checks::selector::check);
}

#[test]
fn stored_connections_keep_their_properties() {
    replay("http1_head", checks::http1_head::check);
    replay("http2_frames", checks::http2_frames::check);
}

#[test]
fn stored_documents_keep_their_properties() {
    replay("json_document", checks::documents::check_json);
    replay("yaml_document", checks::documents::check_yaml);
    replay("flag_sync", checks::flag_sync::check);
    replay("state_file", checks::state_file::check);
}

#[test]
fn stored_rules_keep_their_properties() {
    replay("rule_oracle", checks::rule_oracle::check);
    replay("rule_text", checks::rule_text::check);
    replay(
        "jsonlogic_rs",
        checks::rule_oracle::check_against_jsonlogic_rs,
    );
}

#[test]
fn every_fuzz_target_is_replayed() {
    let root = env!("CARGO_MANIFEST_DIR");
    let replayed = std::fs::read_to_string(format!("{root}/tests/all/fuzz_corpus.rs"));
    let replayed = replayed.expect("this file");
    for target in files_below(format!("{root}/fuzz/fuzz_targets").as_ref()) {
        let name = target
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert!(
            replayed.contains(&format!("\"{name}\"")),
            "{name} is not replayed"
        );
    }
}
