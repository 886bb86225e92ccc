//! `flagctl lint`: everything that is wrong with flag files.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint;
use crate::analysis::lint::policy::FailOn;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::suppression::baseline;
use crate::analysis::lint::suppression::baseline::Baseline;
use crate::analysis::lint::suppression::ignore_comment;
use crate::cli::input::files;
use crate::cli::input::files::LoadedFlags;
use crate::cli::input::flagrc;
use crate::cli::input::git;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::findings::FindingsFormat;
use crate::config::file as configuration;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::stickiness;

/// The arguments of `lint`.
#[derive(Debug, Default, clap::Args)]
pub struct LintArgs {
    /// Flag files, directories or globs; those of the configuration if there are none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the page that explains a code; `all` lists them.
    #[arg(long, value_name = "CODE", conflicts_with = "paths")]
    explain: Option<String>,
    /// Also tell what the change from these flags breaks: a file, a directory, a glob, or REV:PATH of a git repository.
    #[arg(long, value_name = "OLD")]
    against: Option<String>,
    /// How findings are told and what of them counts.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// How findings are told and what of them counts.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct ReportArgs {
    /// How to print findings.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    format: FindingsFormat,
    /// What makes the run fail; errors, if nothing is said.
    #[arg(long, value_name = "LEVEL", value_parser = ["error", "warning", "never"])]
    fail_on: Option<String>,
    /// Leave out the findings that this file lists.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// List all findings in the baseline.
    #[arg(long)]
    write_baseline: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub flagrc: flagrc::FlagrcArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is nothing to look at, or a file that was named for something else than flags cannot be read.
pub fn run(arguments: &LintArgs) -> anyhow::Result<CommandOutput> {
    if let Some(code) = &arguments.explain {
        return explain_code(code);
    }
    let (policy, found) = flagrc::read_policy(&arguments.report.flagrc)?;
    let mut files = read_flag_files(&arguments.paths, &policy)?;
    if let Some(old) = &arguments.against {
        let old = git::load_path_or_revision(old)?;
        add_stickiness_violations(
            &old,
            &mut files,
            flagrc::reference_time(&arguments.report.flagrc),
        );
    }
    let findings = Findings::collect(&files, &policy, found);
    arguments.report.report_findings(&files, &policy, findings)
}

/// Notes in each file what the change from `old` breaks: where the files are in force, loading them would tell that.
fn add_stickiness_violations(old: &LoadedFlags, files: &mut [FlagFile], now: i64) {
    let new = LoadedFlags::from_files(files);
    for broken in stickiness::document_violations(&old.document, &new.document, now) {
        let file = files.iter_mut().find(|file| file.name == broken.file);
        if let Some(file) = file {
            file.diagnostics.push(broken);
        }
    }
}

/// The flag files that were named, or those of the configuration.
///
/// # Errors
/// If neither names any.
pub fn read_flag_files(paths: &[PathBuf], policy: &LintPolicy) -> anyhow::Result<Vec<FlagFile>> {
    let paths = if paths.is_empty() {
        &policy.flag_paths
    } else {
        paths
    };
    if paths.is_empty() {
        anyhow::bail!(
            "no flag files are named: say where they are, or write `flags: [flags]` into .flagrc.yaml"
        );
    }
    Ok(flag_file::parse_files(
        files::read_texts(paths),
        FractionalVersion::default(),
    ))
}

fn explain_code(code: &str) -> anyhow::Result<CommandOutput> {
    if code == "all" {
        let line = |code: &Code| format!("{} {}\n", code.id(), code.title());
        return Ok(CommandOutput::from_stdout(
            Code::ALL.iter().map(line).collect(),
        ));
    }
    let known = Code::from_id(code);
    let known =
        known.with_context(|| format!("there is no code `{code}`: `--explain all` lists them"))?;
    Ok(CommandOutput::from_stdout(known.page().to_owned()))
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is told.
    pub diagnostics: Vec<Diagnostic>,
    /// How many findings comments allow.
    pub suppressed: usize,
}

impl Findings {
    /// What is wrong with `files`, behind what was `found` before.
    pub fn collect(files: &[FlagFile], policy: &LintPolicy, found: Vec<Diagnostic>) -> Findings {
        let mut told = found;
        told.extend(lint::check(files, policy));
        let ignored = ignore_comment::remove_ignored(files, &mut told);
        Findings {
            diagnostics: told,
            suppressed: ignored,
        }
    }
}

impl ReportArgs {
    /// Tells findings.
    ///
    /// # Errors
    /// If the baseline cannot be read or written.
    pub fn report_findings(
        &self,
        files: &[FlagFile],
        policy: &LintPolicy,
        findings: Findings,
    ) -> anyhow::Result<CommandOutput> {
        let Findings {
            diagnostics: mut told,
            suppressed: ignored,
        } = findings;
        let path = self.baseline.as_ref().or(policy.baseline.as_ref());
        if self.write_baseline {
            let path = path.context(
                "--write-baseline needs --baseline FILE, or `baseline` in the configuration",
            )?;
            let written = std::fs::write(path, baseline::to_json(&told));
            written.with_context(|| format!("cannot write {}", path.display()))?;
            let line = format!("{} findings are listed in {}", told.len(), path.display());
            return Ok(CommandOutput {
                stderr: vec![line],
                success: true,
                ..CommandOutput::default()
            });
        }
        let known = match path {
            Some(path) => read_baseline(path)?.remove_known(&mut told),
            None => 0,
        };
        let fail_on = self.fail_on.as_deref();
        let named = FailOn::NAMES
            .iter()
            .find(|(name, _)| Some(*name) == fail_on);
        let fail_on = named.map_or(policy.fail_on, |(_, fail_on)| *fail_on);
        let (errors, warnings) = lint::count_errors_and_warnings(&told);
        let mut line = format!(
            "{errors} errors and {warnings} warnings in {} files",
            files.len()
        );
        for (count, why) in [(ignored, "allowed by comments"), (known, "in the baseline")] {
            if count > 0 {
                let _ = write!(line, "; {count} more {why}");
            }
        }
        Ok(CommandOutput {
            stdout: self.format.render(files, &told, fail_on),
            stderr: vec![line],
            success: !fail_on.fails(&told),
        })
    }
}

fn read_baseline(path: &std::path::Path) -> anyhow::Result<Baseline> {
    let name = path.display();
    if !path.exists() {
        anyhow::bail!("there is no baseline {name}: --write-baseline writes it");
    }
    let mut report = DiagnosticSink::new(name.to_string().into());
    let root = configuration::read_node(path, &mut report)
        .map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
    let read = root.as_ref().and_then(Baseline::from_node);
    read.with_context(|| format!("{name} is no baseline: --write-baseline writes one"))
}
