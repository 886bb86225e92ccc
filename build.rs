//! Compiles `proto/` without an installed `protoc`: protox parses in pure Rust.
//!
//! There are three outputs. The library uses `messages/`: prost types without services. `client/` is a self-contained
//! copy with tonic clients, for the tests. `descriptors.bin` has the descriptors of all files, for server reflection.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 8] = [
    "proto/schema/v1/schema.proto",
    "proto/flagd/evaluation/v1/evaluation.proto",
    "proto/flagd/evaluation/v2/evaluation.proto",
    "proto/flagd/sync/v1/sync.proto",
    "proto/fanion/fleet/v1/fleet.proto",
    "proto/grpc/health/v1/health.proto",
    "proto/grpc/reflection/v1/reflection.proto",
    "proto/grpc/reflection/v1alpha/reflection.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-env-changed=FANION_COMMIT");
    if std::env::var_os("FANION_COMMIT").is_none()
        && let Some(commit) = packaged_commit()
    {
        println!("cargo:rustc-env=FANION_COMMIT={commit}");
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let files = protox::compile(FILES, ["proto"])?;

    let messages = out.join("messages");
    std::fs::create_dir_all(&messages)?;
    prost_build::Config::new()
        .out_dir(&messages)
        // Equal messages have equal bytes.
        .btree_map([".fanion.fleet.v1"])
        .compile_fds(files.clone())?;

    std::fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;

    let client = out.join("client");
    std::fs::create_dir_all(&client)?;
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(&client)
        .btree_map(".fanion.fleet.v1")
        .compile_fds(files)?;
    Ok(())
}

/// The commit of a package from a registry, which `cargo package` stores in it. A checkout has no such file.
fn packaged_commit() -> Option<String> {
    let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, commit) = text.split_once("\"sha1\": \"")?;
    Some(commit.split('"').next()?.to_owned())
}
