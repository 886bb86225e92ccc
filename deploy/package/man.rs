//! Writes the man pages of `fanion`, `flagctl` and `flag-lint`, one a command, from the definitions of their arguments.
//!
//! usage: cargo run --example man -- DIRECTORY

use std::io;
use std::path::PathBuf;

use fanion::cli;

fn main() -> io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("usage: man DIRECTORY"));
    };
    std::fs::create_dir_all(&directory)?;
    for program in [
        cli::fanion::command(),
        cli::flagctl::definition(),
        cli::flag_lint::definition(),
    ] {
        clap_mangen::generate_to(program, &directory)?;
    }
    Ok(())
}
