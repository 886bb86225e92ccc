//! `flagctl eval`: one evaluation, without a server or by a running replica.

use std::path::PathBuf;

use bumpalo::Bump;

use crate::cli::ask;
use crate::cli::ask::environment::Place;
use crate::cli::ask::environment::Replica;
use crate::cli::data;
use crate::cli::flags;
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::replica;
use crate::cli::said::Said;
use crate::document::node::Node;
use crate::json;
use crate::resolve::system_clock;
use crate::rule::unit::Version;
use crate::selector::Selector;
use crate::study::show;
use crate::wire::ofrep;
use crate::wire::request::Attributes;

/// The arguments of `eval`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The key of the flag.
    key: String,
    /// Where to look.
    #[command(flatten)]
    ask: ask::Arguments,
    /// The evaluation context, or @FILE.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// The version of `fractional`, for flags in files; a replica has its own.
    #[arg(long, default_value = "v2", value_name = "VERSION")]
    fractional: Fractional,
    /// How to print the answer.
    #[arg(short = 'o', long, default_value = "json", value_name = "FORMAT")]
    output: Output,
}

/// Versions of `fractional`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Fractional {
    /// As in flagd 0.16.
    V2,
    /// As decided for flagd 1.0.
    V3,
}

impl From<Fractional> for Version {
    fn from(fractional: Fractional) -> Version {
        match fractional {
            Fractional::V2 => Version::V2,
            Fractional::V3 => Version::V3,
        }
    }
}

/// Evaluates. The answer is no if the flag has none.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let context = flags::context(&arguments.context)?;
    let (answer, yes, talk) = match ask::place(&arguments.ask)? {
        Place::Replica(replica) => remotely(&replica, &arguments.key, &context)?,
        Place::Files(paths) => locally(&paths, arguments, &context)?,
    };
    let data = match arguments.output {
        Output::Json => format!("{}\n", answer.trim_end()),
        output => output.print(&output::parse(&answer)?, row),
    };
    Ok(Said { data, talk, yes })
}

/// The answer in the form of OFREP, whether it is one, and what else there is to say.
type Told = (String, bool, Vec<String>);

/// What a replica answers.
fn remotely(replica: &Replica, key: &str, context: &str) -> anyhow::Result<Told> {
    let Some(answered) = replica::evaluate(replica, key, context)? else {
        let answer = ofrep::not_found(key, &Selector::All).body;
        return Ok((answer, false, Vec::new()));
    };
    let member = |name: &'static str| Some((name, answered.member(name)?.clone()));
    let names = ["value", "key", "reason", "variant", "errorCode"];
    let mut members: Vec<_> = names.into_iter().filter_map(member).collect();
    let definition = answered.member("definition");
    let metadata = definition.and_then(|definition| ask::member(definition, "metadata"));
    let yes = answered.member("errorCode").is_none();
    members.retain(|(name, _)| yes || *name != "reason");
    if yes {
        let metadata = metadata.cloned().unwrap_or_else(|| data::object([]));
        members.push(("metadata", metadata));
    }
    let mut answer = String::new();
    json::write_json(&mut answer, &data::object(members).to_literal());
    Ok((answer, yes, answered.unit(context).into_iter().collect()))
}

/// What the flags in files answer.
fn locally(paths: &[PathBuf], arguments: &Arguments, context: &str) -> anyhow::Result<Told> {
    let flags = flags::read(paths, arguments.fractional.into())?;
    let talk = flags.diagnostics.iter().map(ToString::to_string).collect();
    let Some(flag) = flags.ruleset.flag(&arguments.key) else {
        let answer = ofrep::not_found(&arguments.key, &Selector::All).body;
        return Ok((answer, false, talk));
    };
    let arena = Bump::new();
    let context = Attributes::Json(Some(context))
        .context(flag, &[], &arena, system_clock())
        .map_err(|error| anyhow::anyhow!("{}", error.message))?;
    Ok(
        match ofrep::evaluated(flag, flag.decide(&context), &Selector::All) {
            Ok(answer) => (answer, true, talk),
            Err(failure) => (failure.body, false, talk),
        },
    )
}

fn row(answer: &Node) -> Vec<Vec<String>> {
    let member = |name: &str| {
        let mut members = answer.as_map().unwrap_or_default().iter();
        let member = members.find(|member| &*member.key == name)?;
        Some(match member.value.as_text() {
            Some(text) if name != "value" => text.to_owned(),
            _ => show::value(&member.value.to_literal()),
        })
    };
    let or_nothing = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let reason = member("reason").or_else(|| member("errorCode"));
    let row = [member("key"), member("variant"), member("value"), reason];
    let head = ["KEY", "VARIANT", "VALUE", "REASON"];
    vec![head.map(str::to_owned).into(), row.map(or_nothing).into()]
}
