//! Compiles `proto/` without an installed `protoc`: protox parses in pure Rust.
//!
//! Two outputs. `messages/` is what the library uses: prost types, no services.
//! `client/` is a self-contained copy with tonic clients, for the tests.

use std::path::PathBuf;

const FILES: [&str; 4] = [
    "proto/schema/v1/schema.proto",
    "proto/flagd/evaluation/v1/evaluation.proto",
    "proto/flagd/evaluation/v2/evaluation.proto",
    "proto/flagd/sync/v1/sync.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = protox::compile(FILES, ["proto"])?;

    let messages = out.join("messages");
    std::fs::create_dir_all(&messages)?;
    prost_build::Config::new()
        .out_dir(&messages)
        .compile_fds(files.clone())?;

    let client = out.join("client");
    std::fs::create_dir_all(&client)?;
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(&client)
        .compile_fds(files)?;
    Ok(())
}
