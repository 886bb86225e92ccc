//! The command-line programs `fanion`, `flagctl` and `flag-lint`.

pub mod fanion;
pub mod flagctl;
pub mod manifests;
