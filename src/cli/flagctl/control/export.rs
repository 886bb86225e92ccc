//! `flagctl export`: the flag files with all overrides written into them.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::json_node::member_str;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::document::DocumentFormat;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Replace the changed files instead of printing them. Run it in the working directory of the control plane.
    #[arg(long)]
    write: bool,
    /// The control plane.
    #[command(flatten)]
    control: ControlArgs,
}

/// Replaces a flag file below the working directory. The path comes from the server: no other file may be written.
fn replace_file(path: &str, text: &str) -> anyhow::Result<()> {
    let root = std::env::current_dir()?;
    let file = std::fs::canonicalize(path);
    let file = file.with_context(|| {
        format!(
            "there is no file {path}: run the command in the working directory of the control plane"
        )
    })?;
    let is_flag_file = DocumentFormat::from_path(&file).is_some();
    if !file.starts_with(root.canonicalize()?) || !is_flag_file {
        anyhow::bail!(
            "{path} is not a flag file below the working directory: run the command in the working directory of the control plane"
        );
    }
    let new = file.with_extension("export-new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, &file))
        .with_context(|| format!("cannot write {path}"))
}

/// Prints the files that lack an override; with `--write`, replaces them.
///
/// # Errors
/// If the control plane does not answer, or a file cannot be written.
pub fn run(arguments: &ExportArgs) -> anyhow::Result<CommandOutput> {
    let client = arguments.control.client()?;
    let files = match client.get(&["export"], &[], Duration::ZERO)? {
        Answer::Ok(files) => files,
        Answer::Refused(why) => return Ok(CommandOutput::failure(vec![Message::Error(why)])),
    };
    let files = files
        .member("files")
        .map(Node::items_or_self)
        .unwrap_or_default();
    let changed = files.iter().filter(|file| {
        let changed = file.member("changed").map(|changed| &changed.kind);
        matches!(changed, Some(NodeKind::Bool(true)))
    });
    let mut output = CommandOutput::from_stdout(String::new());
    for file in changed {
        let (path, text) = (member_str(file, "file"), member_str(file, "text"));
        if arguments.write {
            replace_file(path, text)?;
            output.stderr.push(Message::Note(format!("wrote {path}")));
        } else {
            let _ = write!(output.stdout, "# {path}\n{text}");
        }
    }
    if output.stdout.is_empty() && output.stderr.is_empty() {
        let text = "the flag files already contain all overrides".to_owned();
        output.stderr.push(Message::Note(text));
    }
    Ok(output)
}
