//! `flagctl lint`: reports the errors and warnings in flag files, or explains a diagnostic code.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::flag_file::FlagFile;
use crate::cli::input::flagrc;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::cli::input::path_or_revision::load_path_or_revision;
use crate::cli::input::stdin;
use crate::cli::lint_report::Findings;
use crate::cli::lint_report::ReportArgs;
use crate::cli::output::color::Palette;
use crate::cli::output::command_output::CommandOutput;
use crate::diag::Code;
use crate::document::merge::merge_flags;
use crate::stickiness;

/// The arguments of `lint`.
#[derive(Debug, Default, clap::Args)]
pub struct LintArgs {
    /// Flag files, directories or globs, or - for standard input [default: `flags` of .flagrc]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the documentation of a diagnostic code; `all` lists the codes.
    #[arg(long, value_name = "CODE", conflicts_with = "paths")]
    explain: Option<String>,
    /// Also report edits since OLD that move users of a running rollout in an unexpected way (F024 to F027). OLD is a
    /// file, a directory, a glob, or REV:PATH of a git repository.
    #[arg(long, value_name = "OLD")]
    against: Option<String>,
    /// The options of the report.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// If there are no flag files, or the configuration, the baseline or the old flags cannot be read.
pub fn run(arguments: &LintArgs, palette: Palette) -> anyhow::Result<CommandOutput> {
    if let Some(code) = &arguments.explain {
        return explain_code(code);
    }
    let paths = arguments.paths.iter().map(AsRef::as_ref);
    let against = arguments.against.iter().map(Path::new);
    stdin::check_single_use(paths.chain(against))?;
    let (policy, diagnostics) = flagrc::read_policy(&arguments.report.flagrc)?;
    let mut files = flagrc::read_flag_files(&arguments.paths, &policy)?;
    if let Some(old) = &arguments.against {
        let old = load_path_or_revision(old)?;
        add_stickiness_violations(
            &old,
            &mut files,
            flagrc::reference_time(&arguments.report.flagrc),
        );
    }
    let findings = Findings::collect(&files, &policy, diagnostics);
    arguments
        .report
        .report_findings(&files, &policy, findings, palette)
}

/// Adds to each file the stickiness violations of the change from `old`, which a sidecar reports when it loads the
/// files.
fn add_stickiness_violations(old: &LoadedFlags, files: &mut [FlagFile], now: i64) {
    let new = merge_flags(files.iter().map(|file| &file.expanded));
    for broken in stickiness::document_violations(&old.document, &new, now) {
        let file = files.iter_mut().find(|file| file.name == broken.file);
        if let Some(file) = file {
            file.diagnostics.push(broken);
        }
    }
}

fn explain_code(code: &str) -> anyhow::Result<CommandOutput> {
    if code == "all" {
        let line = |code: &Code| format!("{} {}\n", code.id(), code.title());
        return Ok(CommandOutput::from_stdout(
            Code::ALL.iter().map(line).collect(),
        ));
    }
    let known = Code::from_id(code);
    let known = known.with_context(|| {
        format!("unknown diagnostic code `{code}`: `--explain all` lists the codes")
    })?;
    Ok(CommandOutput::from_stdout(known.page().to_owned()))
}
