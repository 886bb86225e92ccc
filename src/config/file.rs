//! The configuration file: options under their long names, in YAML, JSON or TOML.

use std::path::Path;

use crate::config::number_precision;
use crate::config::option_table;
use crate::config::toml;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::json_parser;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser;
use crate::limits;

/// What stands in a configuration file.
#[derive(Debug, Default)]
pub struct ConfigFile {
    /// Its path, as it was named to us.
    pub path: String,
    /// The options in it. Names are in lower case, keys inside their values are as written.
    options: Vec<(String, Node)>,
}

impl ConfigFile {
    /// Reads a file: what can be made of it, and all that is wrong with it, with its place.
    pub fn read(path: &Path) -> (ConfigFile, Vec<String>) {
        let name = path.to_string_lossy().into_owned();
        let mut report = DiagnosticSink::new(name.as_str().into());
        let options = match read_node(path, &mut report) {
            Ok(node) => node.map(|node| parse_options(node, &mut report)),
            Err(why) => {
                let mistake = format!("cannot read the configuration file {name}: {why}");
                return (ConfigFile::default(), vec![mistake]);
            }
        };
        let found = report.finish();
        let errors = found.iter().filter(|d| d.severity == Severity::Error);
        let mistakes = errors.map(ToString::to_string).collect();
        let options = options.unwrap_or_default();
        (
            ConfigFile {
                path: name,
                options,
            },
            mistakes,
        )
    }

    /// The value of an option.
    pub fn get(&self, name: &str) -> Option<&Node> {
        // A null is how YAML writes that nothing is said.
        let node = self
            .options
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, node)| node);
        node.filter(|node| !matches!(node.kind, NodeKind::Null))
    }
}

/// The values in a file of any of the three formats, told by its extension. What is wrong with its text is reported.
///
/// # Errors
/// Why the file cannot be read.
pub fn read_node(path: &Path, report: &mut DiagnosticSink) -> Result<Option<Node>, String> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let parse = match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => yaml_parser::parse,
        "json" => json_parser::parse,
        "toml" => toml::parse,
        _ => return Err("its name must end in .yaml, .yml, .json or .toml".to_owned()),
    };
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > limits::CONFIG_FILE {
        return Err(format!("it is larger than {} bytes", limits::CONFIG_FILE));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let node = parse(&text, report);
    if let Some(node) = &node {
        number_precision::report_lost_digits(&text, node, report);
    }
    Ok(node)
}

fn parse_options(node: Node, report: &mut DiagnosticSink) -> Vec<(String, Node)> {
    let members = match node.kind {
        NodeKind::Map(members) => members,
        NodeKind::Null => Vec::new(),
        _ => {
            let message = format!("a configuration is an object, this is {}", node.type_name());
            report.error(
                Code::DocumentShape,
                node.position,
                message,
                "write one option a line: `port: 8013`",
            );
            Vec::new()
        }
    };
    members
        .into_iter()
        .filter_map(|member| parse_option(member, report))
        .collect()
}

fn parse_option(member: Member, report: &mut DiagnosticSink) -> Option<(String, Node)> {
    let name = member.key.to_ascii_lowercase();
    match option_table::option(&name) {
        Some(row) if matches!(row.name, "config" | "print-config") => {
            let message = format!("`{name}` cannot stand in a configuration file");
            let help = format!("say --{name} or {}", row.env_var());
            report.error(Code::UnknownMember, member.position, message, help);
            None
        }
        Some(_) => Some((name.into(), member.value)),
        None => {
            report_unknown_option(&name, member.position, report);
            None
        }
    }
}

fn report_unknown_option(name: &str, place: Position, report: &mut DiagnosticSink) {
    let help = match diag::closest_match(name, option_table::options().map(|row| row.name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`fanion start --help` lists the options".to_owned(),
    };
    report.error(
        Code::UnknownMember,
        place,
        format!("there is no option `{name}`"),
        help,
    );
}
