//! The report of lint findings: its arguments, the baseline, the summary line, and the exit code.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::count_files;
use crate::analysis::lint;
use crate::analysis::lint::policy::FailOn;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::suppression::baseline;
use crate::analysis::lint::suppression::baseline::Baseline;
use crate::analysis::lint::suppression::ignore_comment;
use crate::cli::input::flagrc::FlagrcArgs;
use crate::cli::output::color::Palette;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::findings::FindingsFormat;
use crate::cli::output::message::Message;
use crate::config::structured_file;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;

/// The arguments of a report: output format, severity, baseline and configuration.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct ReportArgs {
    /// Output format: the findings as text, or in the format of a CI system.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub output: FindingsFormat,
    /// Minimum severity that fails the run [default: error]
    #[arg(long, value_name = "LEVEL", value_parser = ["error", "warning", "never"])]
    fail_on: Option<String>,
    /// Suppress the findings that this file lists.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to the baseline instead of reporting them.
    #[arg(long)]
    write_baseline: bool,
    /// The location of the configuration.
    #[command(flatten)]
    pub flagrc: FlagrcArgs,
}

/// The findings of a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// The findings to report.
    pub diagnostics: Vec<Diagnostic>,
    /// The number of findings that comments suppress.
    pub suppressed: usize,
}

impl Findings {
    /// The diagnostics of the configuration, followed by those of `files` that no comment suppresses.
    pub fn collect(files: &[FlagFile], policy: &LintPolicy, config: Vec<Diagnostic>) -> Findings {
        let mut diagnostics = config;
        diagnostics.extend(lint::check(files, policy));
        let suppressed = ignore_comment::remove_ignored(files, &mut diagnostics);
        Findings {
            diagnostics,
            suppressed,
        }
    }
}

impl ReportArgs {
    /// Reports findings, or writes them to the baseline.
    ///
    /// # Errors
    /// If the baseline cannot be read or written.
    pub fn report_findings(
        &self,
        files: &[FlagFile],
        policy: &LintPolicy,
        findings: Findings,
        palette: Palette,
    ) -> anyhow::Result<CommandOutput> {
        let baseline = self.baseline.as_ref().or(policy.baseline.as_ref());
        if self.write_baseline {
            let path = baseline.context(
                "--write-baseline requires --baseline FILE, or `baseline` in the configuration",
            )?;
            return write_baseline(path, &findings.diagnostics);
        }
        let mut diagnostics = group_by_file(findings.diagnostics);
        let known = match baseline {
            Some(path) => read_baseline(path)?.remove_known(&mut diagnostics),
            None => 0,
        };
        let fail_on = self.fail_on(policy);
        let hidden = [
            (findings.suppressed, "suppressed by comments"),
            (known, "in the baseline"),
        ];
        Ok(CommandOutput {
            stdout: self.output.render(files, &diagnostics, fail_on, palette),
            stderr: vec![Message::Summary(summary(
                &diagnostics,
                count_files(files),
                hidden,
            ))],
            success: !fail_on.fails(&diagnostics),
        })
    }

    fn fail_on(&self, policy: &LintPolicy) -> FailOn {
        let fail_on = self.fail_on.as_deref();
        let mut names = FailOn::NAMES.iter();
        let named = names.find(|(name, _)| Some(*name) == fail_on);
        named.map_or(policy.fail_on, |(_, fail_on)| *fail_on)
    }
}

/// Sorts findings by position within each file. The files stay in the order of their first finding.
fn group_by_file(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut ranks: HashMap<Arc<str>, usize> = HashMap::new();
    for diagnostic in &diagnostics {
        let next = ranks.len();
        ranks.entry(diagnostic.file.clone()).or_insert(next);
    }
    let rank = |diagnostic: &Diagnostic| ranks.get(&diagnostic.file).copied();
    diagnostics.sort_by_cached_key(|d| (rank(d), d.position, d.code));
    diagnostics
}

/// The line for standard error: the number of findings, and of suppressed findings.
fn summary(diagnostics: &[Diagnostic], files: usize, hidden: [(usize, &str); 2]) -> String {
    let (errors, warnings) = lint::count_errors_and_warnings(diagnostics);
    let mut line = format!(
        "{} and {} in {}",
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(files, "file")
    );
    for (count, why) in hidden {
        if count > 0 {
            let _ = write!(line, "; {count} more {why}");
        }
    }
    line
}

/// A number and its noun: `1 error`, `2 errors`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn write_baseline(path: &Path, diagnostics: &[Diagnostic]) -> anyhow::Result<CommandOutput> {
    let name = path.display();
    let written = std::fs::write(path, baseline::to_json(diagnostics));
    written.with_context(|| format!("cannot write {name}"))?;
    let line = format!(
        "{} written to {name}",
        counted(diagnostics.len(), "finding")
    );
    Ok(CommandOutput {
        stderr: vec![Message::Summary(line)],
        success: true,
        ..CommandOutput::default()
    })
}

fn read_baseline(path: &Path) -> anyhow::Result<Baseline> {
    let name = path.display();
    if !path.exists() {
        anyhow::bail!("baseline {name} does not exist: create it with --write-baseline");
    }
    let mut report = DiagnosticSink::new(name.to_string().into());
    let root = structured_file::read_node(path, &mut report)
        .map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
    let read = root.as_ref().and_then(Baseline::from_node);
    read.with_context(|| format!("{name} is not a baseline: create one with --write-baseline"))
}
