//! `flagctl get` and `flagctl list`: what flags are, from files or from a running replica.

use crate::cli::input::definitions;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::output_format::OutputFormat;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The arguments of `get`.
#[derive(Debug, Default, clap::Args)]
pub struct GetArgs {
    /// The key of the flag.
    key: String,
    /// Where to look, and how to print it.
    #[command(flatten)]
    list: ListArgs,
}

/// The arguments of `list`.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct ListArgs {
    /// Where to look.
    #[command(flatten)]
    location: definitions::FlagLocationArgs,
    /// How to print what is found.
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "table",
        value_name = "FORMAT"
    )]
    output: OutputFormat,
}

/// Prints one flag.
///
/// # Errors
/// If nobody can be asked.
pub fn run(arguments: &GetArgs) -> anyhow::Result<CommandOutput> {
    let key = &arguments.key;
    let mut answer = definitions::get_flag(&arguments.list.location, key)?;
    let Some(flag) = answer.value else {
        answer
            .stderr
            .push(format!("error: there is no flag `{key}`"));
        return Ok(CommandOutput {
            stderr: answer.stderr,
            ..CommandOutput::default()
        });
    };
    Ok(CommandOutput {
        stdout: arguments
            .list
            .output
            .render(&flag, |flag| table(std::slice::from_ref(flag))),
        stderr: answer.stderr,
        success: true,
    })
}

/// Prints all flags.
///
/// # Errors
/// If nobody can be asked.
pub fn list(arguments: &ListArgs) -> anyhow::Result<CommandOutput> {
    let answer = definitions::list_flags(&arguments.location)?;
    let print = |flags: &Node| {
        arguments.output.render(flags, |flags| match &flags.kind {
            NodeKind::List(flags) => table(flags),
            _ => Vec::new(),
        })
    };
    Ok(CommandOutput {
        stdout: answer.value.as_ref().map(print).unwrap_or_default(),
        stderr: answer.stderr,
        success: true,
    })
}

fn table(flags: &[Node]) -> Vec<Vec<String>> {
    let head = ["KEY", "STATE", "DEFAULT", "VARIANTS", "RULE"].map(str::to_owned);
    let row = |flag: &Node| {
        let variants = definitions::member(flag, "variants")
            .and_then(Node::as_map)
            .unwrap_or_default();
        let variants: Vec<&str> = variants.iter().map(|variant| &*variant.key).collect();
        let rule = definitions::member(flag, "targeting").filter(|rule| rule.depth() > 0);
        vec![
            definitions::member_str(flag, "key").to_owned(),
            definitions::member_str(flag, "state").to_owned(),
            definitions::member_str(flag, "defaultVariant").to_owned(),
            variants.join(","),
            if rule.is_some() { "yes" } else { "no" }.to_owned(),
        ]
    };
    std::iter::once(head.to_vec())
        .chain(flags.iter().map(row))
        .collect()
}
