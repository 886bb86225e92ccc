//! Generates tonic's server code of the evaluation service.

use prost::Message as _;

fn main() {
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    println!("cargo:rerun-if-changed={proto}");
    let files = protox::compile(["floor.proto"], [proto]).expect("valid proto files");
    let files = prost_types::FileDescriptorSet::decode(&*files.encode_to_vec()).expect("one version of prost");
    tonic_prost_build::configure().build_client(false).compile_fds(files).expect("generated code");
}
