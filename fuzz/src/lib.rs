//! Fuzz targets of fanion: `README.md` says how to run them.
//!
//! A target is a function in `checks` that takes bytes and panics if a property does not hold. The programs in
//! `fuzz_targets` connect these functions to libFuzzer; `tests/all/fuzz_corpus.rs` runs them on the stored inputs.

pub mod checks {
    pub mod documents;
    pub mod envelope;
    pub mod flag_sync;
    pub mod http1_head;
    pub mod http2_frames;
    pub mod json_request;
    pub mod protobuf_request;
    pub mod rule_oracle;
    pub mod rule_text;
    pub mod sample_flags;
    pub mod selector;
    pub mod state_file;
}
pub mod memory;

#[path = "../../tests/all/support"]
pub mod support {
    pub mod oracle;
    pub mod evaluate {
        pub mod rule_comparison;
    }
}
