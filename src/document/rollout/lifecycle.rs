//! Who looks after a flag, why it is there, and until when. It reaches callers as metadata.

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::rollout::timestamp;
use crate::document::schema;
use crate::document::schema::FieldType;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// The lifecycle of a flag.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// Where it stands, if it is written.
    pub position: Option<Position>,
    /// Who answers for the flag.
    pub owner: Option<EcoString>,
    /// What it is for.
    pub kind: Option<FlagPurpose>,
    /// When it was made, in days since 1970.
    pub created: Option<i64>,
    /// When it should be gone, in days since 1970.
    pub expires: Option<i64>,
    /// How far it has come.
    pub status: Option<LifecycleStatus>,
    /// Where the work on it is tracked.
    pub ticket: Option<EcoString>,
    /// The members as written, for the flag's metadata.
    pub metadata: Vec<(EcoString, OwnedValue)>,
}

/// What a flag is for, and so how long it should live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagPurpose {
    /// Brings something new; goes when everybody has it.
    Release,
    /// Turns something off in need; stays.
    Ops,
    /// Compares variants; goes when there is a result.
    Experiment,
    /// Says who may do what; stays.
    Permission,
}

/// How far a flag has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleStatus {
    /// Its rollout goes on.
    Active,
    /// Everybody has the final variant; its uses should be removed from the code.
    FullyRolledOut,
    /// Nothing should ask for it any more.
    Archived,
}

const PURPOSES: [(&str, FlagPurpose); 4] = [
    ("release", FlagPurpose::Release),
    ("ops", FlagPurpose::Ops),
    ("experiment", FlagPurpose::Experiment),
    ("permission", FlagPurpose::Permission),
];

const STATUSES: [(&str, LifecycleStatus); 3] = [
    ("active", LifecycleStatus::Active),
    ("fully-rolled-out", LifecycleStatus::FullyRolledOut),
    ("archived", LifecycleStatus::Archived),
];

/// Reads `lifecycle` of a flag. What cannot be understood is left out and told of, for it changes nobody's variant; dates
/// and the status are a matter of `study::lint`, which knows them in `metadata`, too.
pub fn parse_lifecycle(flag: &str, node: &Node, report: &mut DiagnosticSink) -> Lifecycle {
    let mut lifecycle = Lifecycle {
        position: Some(node.position),
        ..Lifecycle::default()
    };
    if node.as_map().is_none() && !matches!(node.kind, NodeKind::Null) {
        let message = format!("`lifecycle` of flag `{flag}` is {}", node.type_name());
        let help = "write it as an object, for instance `{ owner: payments }`";
        report.warn(Code::Lifecycle, node.position, message, help);
    }
    for member in node.as_map().unwrap_or_default() {
        validate_member(flag, member, report);
        lifecycle.set_member(member);
    }
    lifecycle
}

fn validate_member(flag: &str, member: &Member, report: &mut DiagnosticSink) {
    let name = &*member.key;
    let Some(field) = schema::LIFECYCLE.field(name) else {
        let names = || schema::LIFECYCLE.field_names();
        let help = match diag::closest_match(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "its members are: {}",
                names().collect::<Vec<_>>().join(", ")
            ),
        };
        let message = format!("`lifecycle` of flag `{flag}` has no member `{name}`");
        report.warn(Code::UnknownMember, member.position, message, help);
        return;
    };
    let help = match (&member.value.kind, &field.field_type) {
        (NodeKind::Text(text), FieldType::OptionalChoice(known)) if !known.contains(&&**text) => {
            format!("write one of {}", known.join(", "))
        }
        (NodeKind::Null | NodeKind::Text(_), _) => return,
        _ => "write a string".to_owned(),
    };
    if !matches!(
        name,
        "status" | "created" | "createdAt" | "expires" | "expectedCleanupDate"
    ) {
        let message = format!("`{name}` of flag `{flag}` cannot be understood");
        report.warn(Code::Lifecycle, member.value.position, message, help);
    }
}

impl Lifecycle {
    fn set_member(&mut self, member: &Member) {
        let Some(text) = member.value.as_text() else {
            return;
        };
        match &*member.key {
            "owner" => self.owner = Some(text.into()),
            "kind" => self.kind = lookup(text, &PURPOSES),
            "created" | "createdAt" => self.created = parse_day(text),
            "expires" | "expectedCleanupDate" => self.expires = parse_day(text),
            "status" => self.status = lookup(text, &STATUSES),
            "ticket" | "jiraTicket" => self.ticket = Some(text.into()),
            _ => return,
        }
        let value = OwnedValue::Text(text.into());
        self.metadata.push((member.key.clone(), value));
    }
}

fn lookup<T: Copy>(text: &str, known: &[(&'static str, T)]) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, found)| *found)
}

fn parse_day(text: &str) -> Option<i64> {
    timestamp::parse_timestamp(text).map(|seconds| seconds.div_euclid(86_400))
}
