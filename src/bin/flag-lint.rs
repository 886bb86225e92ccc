//! `flag-lint`: checks flag files and the source code that names flags, in one run.

use std::process::ExitCode;

use fanion::cli::flag_lint;

fn main() -> ExitCode {
    flag_lint::main()
}
