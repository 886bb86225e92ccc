//! `flagctl refs`: lists the flag keys in source code, or checks them against the flag files.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::code_refs::code_references::CodeReferences;
use crate::analysis::lint::code_references;
use crate::cli::input::flagrc;
use crate::cli::input::location_args::flag_path_args::FlagPathArgs;
use crate::cli::input::source_code;
use crate::cli::input::source_code::flag_service;
use crate::cli::input::stdin;
use crate::cli::json_node;
use crate::cli::lint_report::Findings;
use crate::cli::lint_report::ReportArgs;
use crate::cli::output::color::Palette;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::findings::FindingsFormat;
use crate::cli::output::position::format_position;
use crate::document::serialize;

/// The arguments of `refs`.
#[derive(Debug, Default, clap::Args)]
pub struct RefsArgs {
    /// Source files and directories, or - for standard input [default: `refs.paths` of .flagrc, or this
    /// directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The paths of flag files.
    #[command(flatten)]
    flags: FlagPathArgs,
    /// Also find this call, with KEY as the flag key, for example `flags.isOn(KEY)`.
    #[arg(long, value_name = "CALL")]
    pattern: Vec<String>,
    /// List all references to flags instead of the findings, as text or JSON.
    #[arg(long)]
    list: bool,
    /// The options of the report.
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// If there are no flag files, or a call pattern is invalid.
pub fn run(arguments: &RefsArgs, palette: Palette) -> anyhow::Result<CommandOutput> {
    let (mut policy, mut diagnostics) = flagrc::read_policy(&arguments.report.flagrc)?;
    let (flags, sources) = arguments.flags.split_source_paths(&arguments.paths);
    let arguments_with_stdin = flags.iter().chain(&sources).map(AsRef::as_ref);
    stdin::check_single_use(arguments_with_stdin)?;
    if !sources.is_empty() {
        policy.code_refs.paths = sources;
    }
    let of_service = flag_service::read(&policy)?;
    let files = flagrc::read_flag_files_or_none(&flags, &policy)?;
    let mut patterns = source_code::call_patterns(&policy);
    for text in &arguments.pattern {
        let pattern = CallPattern::parse(text);
        patterns.push(
            pattern.with_context(|| format!("invalid call pattern `{text}`: write `name(KEY)`"))?,
        );
    }
    let references = source_code::find_references(&files, &policy, &patterns)?;
    if arguments.list {
        let list = render_references(&references, arguments.report.output);
        return Ok(CommandOutput::from_stdout(list));
    }
    diagnostics.extend(code_references::check(
        &files,
        &of_service,
        &references,
        &policy,
    ));
    let findings = Findings {
        diagnostics,
        suppressed: 0,
    };
    arguments
        .report
        .report_findings(&files, &policy, findings, palette)
}

/// The references as JSON, or as lines of text in all other formats.
fn render_references(references: &CodeReferences, output: FindingsFormat) -> String {
    if output != FindingsFormat::Json {
        let lines = references.iter().map(|(file, position, key)| {
            let position = format_position(file, position);
            format!("{position}: {key}\n")
        });
        return lines.collect();
    }
    let list = references.iter().map(|(file, position, key)| {
        json_node::object([
            ("key", json_node::string(key)),
            ("file", json_node::string(file)),
            ("line", json_node::number(position.line.into())),
            ("column", json_node::number(position.column.into())),
        ])
    });
    serialize::to_pretty_json(&json_node::array(list))
}
