//! `Preamble`: the members of a document besides `flags` (evaluators, metadata, rings). Parses flags with them.

pub(super) mod defaults;
pub(super) mod evaluator_ref;
pub(super) mod foreign_document;
mod unknown_member;

use std::sync::Arc;

use crate::coop;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::flag::parse::parse_flag;
use crate::document::flag::parse::parse_flag_set_metadata;
use crate::document::flag::parse_list::parse_flag_list;
use crate::document::origin::DocumentOrigin;
use crate::document::preamble::defaults::DocumentDefaults;
use crate::document::preamble::evaluator_ref::EvaluatorTable;
use crate::document::preamble::evaluator_ref::resolve_evaluators;
use crate::document::rollout::expansion_cost::charge_expansion;
use crate::document::rollout::parse::ring::parse_rings;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The members of a document that its flags share.
#[derive(Debug)]
pub struct Preamble {
    /// The rules for `$ref`.
    pub evaluators: EvaluatorTable,
    defaults: DocumentDefaults,
}

impl Preamble {
    /// Parses the flags; `None` after an error was reported.
    pub fn parse_flags(
        mut self,
        mut flags: Node,
        origin: &DocumentOrigin,
        report: &mut DiagnosticSink,
    ) -> Option<Vec<FlagDefinition>> {
        self.evaluators.substitute_refs(&mut flags, report);
        let flags = match flags.kind {
            NodeKind::Null => Vec::new(),
            NodeKind::Map(members) => members
                .into_iter()
                .map(|member| self.parse_flag(member, origin, report))
                .collect(),
            NodeKind::List(items) => {
                let mut flags = parse_flag_list(items, &self.defaults, origin, report);
                let budget = &mut self.evaluators.copy_budget;
                for flag in &mut flags {
                    charge_expansion(flag, budget, report);
                }
                flags
            }
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                let message = format!("`flags` is {}, must be an object", flags.type_name());
                let help = "write it as an object with one member per flag";
                report.error(Code::DocumentShape, flags.position, message, help);
                return None;
            }
        };
        Some(flags)
    }

    /// Parses the flag in a member whose references are resolved.
    pub fn parse_flag(
        &mut self,
        member: Member,
        origin: &DocumentOrigin,
        report: &mut DiagnosticSink,
    ) -> FlagDefinition {
        coop::yield_if_due();
        let Member {
            key,
            position,
            value,
        } = member;
        report.set_flag(Some(&key));
        let value = unknown_member::check_flag_key(&key, position, value, report);
        let mut flag = parse_flag(key, position, value, &self.defaults, origin, report);
        charge_expansion(&mut flag, &mut self.evaluators.copy_budget, report);
        report.set_flag(None);
        flag
    }
}

/// The values of the members of a document.
#[derive(Default)]
struct TopLevelMembers {
    flags: Option<Node>,
    evaluators: Option<Node>,
    metadata: Option<Node>,
    rings: Option<Node>,
}

impl TopLevelMembers {
    /// The known members; of names that differ only in case the last one wins. Unknown members are reported.
    fn collect(members: Vec<Member>, report: &mut DiagnosticSink) -> TopLevelMembers {
        let mut top = TopLevelMembers::default();
        for member in members {
            let Some(known) = schema::DOCUMENT.field_ignore_case(&member.key) else {
                unknown_member::report_unknown_member(&member, report);
                continue;
            };
            let slot = match known.name {
                "flags" => &mut top.flags,
                "$evaluators" => &mut top.evaluators,
                "metadata" => &mut top.metadata,
                "rings" => &mut top.rings,
                _ => continue,
            };
            *slot = Some(member.value);
        }
        top
    }
}

/// Parses all members except the flags; returns the flags as a node. `length` is the size of the document in bytes.
pub fn parse_preamble(
    node: Node,
    length: usize,
    report: &mut DiagnosticSink,
) -> Option<(Preamble, Node)> {
    let position = node.position;
    let NodeKind::Map(members) = node.kind else {
        let message = format!("the document is {}, must be an object", node.type_name());
        report.error(
            Code::DocumentShape,
            position,
            message,
            "begin with `flags:`",
        );
        return None;
    };
    if !members.iter().any(|m| m.key.eq_ignore_ascii_case("flags")) {
        let (message, help) = foreign_document::describe(&members);
        report.error(Code::DocumentShape, position, message, help);
        return None;
    }
    let top = TopLevelMembers::collect(members, report);
    let flags = top.flags?;
    let mut evaluators = resolve_evaluators(top.evaluators, length, report)?;
    let metadata = top.metadata;
    let metadata = metadata.map(|metadata| parse_flag_set_metadata(&metadata, report));
    let metadata = metadata.unwrap_or_default();
    let rings = top.rings.map(|mut node| {
        evaluators.substitute_refs(&mut node, report);
        parse_rings(node, report)
    });
    let rings = Arc::new(rings.unwrap_or_default());
    let defaults = DocumentDefaults { metadata, rings };
    Some((
        Preamble {
            evaluators,
            defaults,
        },
        flags,
    ))
}
