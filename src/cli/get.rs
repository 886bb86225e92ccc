//! `flagctl get` and `flagctl list`: what flags are, from files or from a running replica.

use crate::cli::ask;
use crate::cli::output::Output;
use crate::cli::said::Said;
use crate::document::node::Kind;
use crate::document::node::Node;

/// The arguments of `get`.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// The key of the flag.
    key: String,
    /// Where to look, and how to print it.
    #[command(flatten)]
    from: ListArguments,
}

/// The arguments of `list`.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct ListArguments {
    /// Where to look.
    #[command(flatten)]
    ask: ask::Arguments,
    /// How to print what is found.
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "table",
        value_name = "FORMAT"
    )]
    output: Output,
}

/// Prints one flag.
///
/// # Errors
/// If nobody can be asked.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let key = &arguments.key;
    let mut answer = ask::one(&arguments.from.ask, key)?;
    let Some(flag) = answer.value else {
        answer.talk.push(format!("error: there is no flag `{key}`"));
        return Ok(Said {
            talk: answer.talk,
            ..Said::default()
        });
    };
    Ok(Said {
        data: arguments
            .from
            .output
            .print(&flag, |flag| table(std::slice::from_ref(flag))),
        talk: answer.talk,
        yes: true,
    })
}

/// Prints all flags.
///
/// # Errors
/// If nobody can be asked.
pub fn list(arguments: &ListArguments) -> anyhow::Result<Said> {
    let answer = ask::all(&arguments.ask)?;
    let print = |flags: &Node| {
        arguments.output.print(flags, |flags| match &flags.kind {
            Kind::List(flags) => table(flags),
            _ => Vec::new(),
        })
    };
    Ok(Said {
        data: answer.value.as_ref().map(print).unwrap_or_default(),
        talk: answer.talk,
        yes: true,
    })
}

fn table(flags: &[Node]) -> Vec<Vec<String>> {
    let head = ["KEY", "STATE", "DEFAULT", "VARIANTS", "RULE"].map(str::to_owned);
    let row = |flag: &Node| {
        let variants = ask::member(flag, "variants")
            .and_then(Node::as_map)
            .unwrap_or_default();
        let variants: Vec<&str> = variants.iter().map(|variant| &*variant.key).collect();
        let rule = ask::member(flag, "targeting").filter(|rule| rule.depth() > 0);
        vec![
            ask::text(flag, "key").to_owned(),
            ask::text(flag, "state").to_owned(),
            ask::text(flag, "defaultVariant").to_owned(),
            variants.join(","),
            if rule.is_some() { "yes" } else { "no" }.to_owned(),
        ]
    };
    std::iter::once(head.to_vec())
        .chain(flags.iter().map(row))
        .collect()
}
