//! The configuration file: options under their long names, in YAML, JSON or TOML.

use std::path::Path;

use crate::config::option::table;
use crate::config::structured_file::read_node;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The options of a configuration file.
#[derive(Debug, Default)]
pub struct ConfigFile {
    /// Its path, as the user wrote it.
    pub path: String,
    /// The options in it. Their names are in lower case; keys inside their values are unchanged.
    options: Vec<(String, Node)>,
}

impl ConfigFile {
    /// Reads a file: the valid options, and all mistakes with their positions.
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

    /// Returns the value of an option.
    pub fn get(&self, name: &str) -> Option<&Node> {
        // A null in YAML means that the option is not set.
        let node = self
            .options
            .iter()
            .rfind(|(key, _)| key == name)
            .map(|(_, node)| node);
        node.filter(|node| !matches!(node.kind, NodeKind::Null))
    }
}

fn parse_options(node: Node, report: &mut DiagnosticSink) -> Vec<(String, Node)> {
    let members = match node.kind {
        NodeKind::Map(members) => members,
        NodeKind::Null => Vec::new(),
        _ => {
            let message = format!("expected an object of options, found {}", node.type_name());
            report.error(
                Code::DocumentShape,
                node.position,
                message,
                "write one option per line, for instance `port: 8013`",
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
    match table::option(&name) {
        Some(row) if !table::is_allowed_in_file(row) => {
            let message = format!("`{name}` is not allowed in a configuration file");
            let help = format!("use --{name} or {}", row.env_var());
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
    let help = diag::did_you_mean(name, table::options().map(|row| row.name), || {
        "`fanion start --help` lists the options".to_owned()
    });
    report.error(
        Code::UnknownMember,
        place,
        format!("unknown option `{name}`"),
        help,
    );
}
